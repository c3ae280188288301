"""What somebody has changed of a stage beside its stacks."""
