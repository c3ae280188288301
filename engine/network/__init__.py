"""The hosts of one training: where they are, how they know each other, and what they send each other over TCP."""
