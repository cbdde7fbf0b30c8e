"""What a run has made: files, journal, manifest, index, progress."""
