"""An AWS account on this machine: README.md says what is in it."""
