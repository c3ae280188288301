"""Processing jobs that run."""
