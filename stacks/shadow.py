"""A second model beside the live one: it gets a copy of some requests, and its answers reach nobody."""

from dataclasses import dataclass
from typing import cast

import aws_cdk as cdk

from blazingtext_lifecycle import naming


@dataclass(frozen=True)
class Shadow:
    """The shadow that a stage allows; there is one while its parameter names an artifact.

    Its instances are of the endpoint's type and their number does not follow the load: CloudFormation takes a scalable target away after
    the update that takes its variant away, and SageMaker refuses that update while the target is there
    (https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html).

    Attributes:
        percent: of the requests that are copied, from 1 to 100.
        count: how many instances it has.
        model_data_url: its artifact.
        condition: when there is one.
    """

    percent: int
    count: int
    model_data_url: str
    condition: cdk.CfnCondition

    def variants(self, model_name: str, instance_type: str) -> cdk.IResolvable:
        """The shadow variants of an endpoint's configuration: one, or none.

        The share of the requests is that of its weight in the production variant's, which is 1. That is how AWS's example reads
        (https://docs.aws.amazon.com/sagemaker/latest/dg/model-shadow-deployment.html); no page says it. `blazingtext status` shows how
        many were copied.
        """
        variant = {
            "VariantName": naming.SHADOW_VARIANT,
            "ModelName": model_name,
            "InstanceType": instance_type,
            "InitialInstanceCount": self.count,
            "InitialVariantWeight": self.percent / 100,
        }
        return cast(cdk.IResolvable, cdk.Fn.condition_if(self.condition.logical_id, [variant], cdk.Aws.NO_VALUE))
