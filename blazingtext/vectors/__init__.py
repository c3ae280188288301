"""Word vectors on this machine: neighbours, evaluation, the map."""
