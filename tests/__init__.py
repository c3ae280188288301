"""The tests. A package, so that ours is found before any other package called tests."""
