"""A document as one offline HTML file."""
