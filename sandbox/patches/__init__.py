"""What ministack does otherwise than AWS, put right: one difference a file, each with one function `apply`. registry.py is the list."""
