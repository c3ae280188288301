"""What ministack does otherwise than AWS, put right: one difference a file."""
