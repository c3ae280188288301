"""What would go wrong, before anything is created."""
