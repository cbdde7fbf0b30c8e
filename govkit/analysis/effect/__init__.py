"""What a pilot did."""
