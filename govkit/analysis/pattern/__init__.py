"""Where values gather."""
