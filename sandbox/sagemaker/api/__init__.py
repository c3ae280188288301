"""The API of SageMaker: requests checked, answers shaped, by botocore's model."""
