"""Which reports a run makes."""
