"""Batch transform jobs: a model's predictions of files in S3."""
