"""A notebook as slides: reveal.js and PowerPoint."""
