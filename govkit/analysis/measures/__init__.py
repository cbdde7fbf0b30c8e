"""Named measures and the counts they are made of."""
