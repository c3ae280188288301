"""How long a search for the nearest words takes."""
