"""Mutation testing: small deliberate faults, one at a time, and whether a test notices. See docs/decisions/0023 and `make mutants`."""
