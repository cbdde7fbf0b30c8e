"""What a standard, norm, ladder or plan demands, and what is there."""
