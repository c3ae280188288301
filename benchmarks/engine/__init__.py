"""The engine beside its named peers: the same text, the same hyperparameters, one run, in turn."""
