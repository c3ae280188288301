"""A folder for a container's PYTHONPATH, in which Python finds its `sitecustomize`."""
