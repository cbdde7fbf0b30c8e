"""A text cell → a value: numbers, dates, units of measure, spellings, and what tells a person."""
