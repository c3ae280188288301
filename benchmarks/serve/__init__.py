"""How fast a served model answers."""
