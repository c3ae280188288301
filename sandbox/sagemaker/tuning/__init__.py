"""Hyperparameter tuning jobs: many training jobs that search for the best values."""
