"""Training jobs that run."""
