"""Compiled code: micro-kernels on rows and the training steps built from them."""
