"""Prints the tables of docs/scale.md: `python -m benchmarks.scale`."""

from .plan import plan, skew

print("\n".join([*plan(), "", *skew()]))
