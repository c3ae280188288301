"""Training jobs and their artifacts."""
