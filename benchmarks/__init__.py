"""What is fast is measured here, side by side with the named peers in one run."""
