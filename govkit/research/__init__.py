"""What a researcher asks of a zone: strings in, plain frames out."""
