"""The plan for corpora of any size, on paper (docs/scale.md)."""
