"""An executed notebook → documents: HTML, PDF, slides, and the findings of `govkit check`."""
