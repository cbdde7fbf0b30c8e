"""Pure geometry of polygon layers: frames in, frames or Series out; no files, no findings, no words for readers."""
