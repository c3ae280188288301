"""The life of a BlazingText model, from Python: ``from blazingtext.client import BlazingText``."""

__version__ = "0.1.0"
