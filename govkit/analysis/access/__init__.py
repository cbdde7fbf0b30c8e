"""Who is within reach of what."""
