"""Models, endpoint configurations and endpoints that answer."""
