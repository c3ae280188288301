"""What is live: promotion, waiting for it, asking it."""
