"""What a company asks of every training job of a stage, whatever a request says: key, network, isolation, tags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import instances


@dataclass(frozen=True)
class JobProtection:
    """The part of CreateTrainingJob that settings decide and requests cannot change.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html

    Attributes:
        key_arn: the KMS key of volumes and artifacts; ``""``: AWS's own.
        vpc: SageMaker's ``VpcConfig``, with ``Subnets`` and ``SecurityGroupIds``; empty: no network of the account.
        network_isolation: the container has no network.
        traffic_encryption: what the instances of one job send each other is encrypted.
        tags: tags of every job.
    """

    key_arn: str = ""
    vpc: Mapping[str, object] = field(default_factory=dict)
    network_isolation: bool = False
    traffic_encryption: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    def protect(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """A CreateTrainingJob request with this protection; the tags are not in it, since the caller has some of its own."""
        protected = dict(definition)
        if self.key_arn:
            # Left out, SageMaker would ask S3 for the account's own key, and not for the bucket's.
            protected["OutputDataConfig"] = {**definition["OutputDataConfig"], "KmsKeyId": self.key_arn}
            if not instances.encrypts_local_disk(definition["ResourceConfig"]["InstanceType"]):
                protected["ResourceConfig"] = {**definition["ResourceConfig"], "VolumeKmsKeyId": self.key_arn}
        if self.vpc:
            protected["VpcConfig"] = dict(self.vpc)
        if self.network_isolation:
            protected["EnableNetworkIsolation"] = True
        if self.traffic_encryption:
            protected["EnableInterContainerTrafficEncryption"] = True
        return protected
