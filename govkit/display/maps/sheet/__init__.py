"""A printed map: frame, legend, labels."""
