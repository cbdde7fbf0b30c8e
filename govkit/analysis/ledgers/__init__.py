"""Ledgers, checklists, ratings and problems."""
