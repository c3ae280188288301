"""What is faster in machine code, compiled by the Numba of the extra `engine`; whoever uses it does without where that is not installed."""
