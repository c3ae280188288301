"""A corpus prepared by PySpark: what runs in the processing job of `corpus prepare --on aws`."""
