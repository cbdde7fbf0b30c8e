"""Which reports, what was made, by which processes."""
