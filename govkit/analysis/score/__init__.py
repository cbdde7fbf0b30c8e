"""A scheme of indicators: scores, ranks, and what they rest on."""
