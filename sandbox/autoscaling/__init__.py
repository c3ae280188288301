"""Application Auto Scaling, as far as it is about the variants of SageMaker's endpoints."""
