"""A zone folder opened: its settings, tables and districts."""
