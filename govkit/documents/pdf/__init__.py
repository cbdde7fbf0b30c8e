"""A document as PDF, set by Typst."""
