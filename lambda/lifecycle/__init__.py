"""The vocabulary of a model's life, shared by the stacks, the functions and the command line."""
