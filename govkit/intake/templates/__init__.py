"""Empty forms and zone.toml for a new zone."""
