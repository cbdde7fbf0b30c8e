"""Still twins of charts that live in a browser: the same data drawn by matplotlib, for paper and Word."""
