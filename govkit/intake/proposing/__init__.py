"""What lies in a folder: which file is which table, and a zone.toml proposed from them."""
