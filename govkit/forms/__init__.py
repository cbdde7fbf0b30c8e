"""Forms of other bodies (一表通): recognised by the words of intake, filled with the zone's own numbers."""
