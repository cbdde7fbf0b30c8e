"""A document as Word: true styles, levels, contents, captions, references and page numbers, to be edited further."""
