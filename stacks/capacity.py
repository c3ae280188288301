"""What an endpoint's variant runs on: instances, or nothing that one could count."""

from dataclasses import dataclass

import aws_cdk.aws_sagemaker as sagemaker

from blazingtext_lifecycle import instances, naming


@dataclass(frozen=True)
class Instances:
    """So many instances of one type.

    Attributes:
        type: of which type.
        count: how many; those that an endpoint begins with, if their number follows the load.
    """

    type: str
    count: int

    @property
    def has_volume(self) -> bool:
        """Whether there is a volume to encrypt: SageMaker refuses a key for a disk that encrypts itself."""
        return not instances.encrypts_local_disk(self.type)

    # The container only looks words up; it needs no network.
    network_isolation = True

    def variant(self, model_name: str) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        """The variant of an endpoint's configuration."""
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=naming.VARIANT,
            model_name=model_name,
            instance_type=self.type,
            initial_instance_count=self.count,
            initial_variant_weight=1,
        )


@dataclass(frozen=True)
class Serverless:
    """Memory while a request is answered, and none at other times.

    Attributes:
        memory_mb: from 1024 to 6144, in steps of 1024.
        concurrency: how many requests at a time.
    """

    memory_mb: int
    concurrency: int
    #: As one instance: a new model takes over all at once.
    count = 1
    has_volume = False
    #: SageMaker does not offer it here: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
    network_isolation = False

    def variant(self, model_name: str) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        """The variant of an endpoint's configuration."""
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=naming.VARIANT,
            model_name=model_name,
            initial_variant_weight=1,
            serverless_config=sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                memory_size_in_mb=self.memory_mb, max_concurrency=self.concurrency
            ),
        )


Capacity = Instances | Serverless
