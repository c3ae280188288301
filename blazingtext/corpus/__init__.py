"""Corpora: read, normalised, counted, fetched and uploaded."""
