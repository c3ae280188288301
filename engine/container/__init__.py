"""The container contract: the `/opt/ml` folder, hyperparameters, log lines, and how several hosts meet."""
