"""Training: threads, matrices, and the loops over a corpus."""
