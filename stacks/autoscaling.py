"""As many instances of the endpoint as its load asks for, between two numbers."""

from dataclasses import dataclass

import aws_cdk as cdk
import aws_cdk.aws_applicationautoscaling as autoscaling
import aws_cdk.aws_sagemaker as sagemaker
from constructs import Construct

from blazingtext_lifecycle import naming

_SERVICE, _DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
_METRIC = "SageMakerVariantInvocationsPerInstance"


@dataclass(frozen=True)
class Scaling:
    """Between which numbers of instances, and towards which load.

    Attributes:
        minimum: the least instances, and those that an endpoint begins with.
        maximum: the most; when it is not more, their number does not change.
        invocations: a minute, for each instance.
    """

    minimum: int
    maximum: int
    invocations: int

    @property
    def is_on(self) -> bool:
        """Whether the number of instances follows the load."""
        return self.maximum > self.minimum


class Autoscaling(Construct):
    """Target tracking of an endpoint's invocations; it exists as long as the endpoint does.

    A promotion keeps the number of instances: the endpoint retains it (`Hosting.endpoint`). SageMaker refuses to give a variant that is
    scaled another type of instance: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """

    def __init__(
        self, scope: Construct, id_: str, *, endpoint: sagemaker.CfnEndpoint, name: str, scaling: Scaling, condition: cdk.CfnCondition
    ) -> None:
        super().__init__(scope, id_)
        target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            # By text: a reference to the endpoint is its ARN.
            resource_id=f"endpoint/{name}/variant/{naming.VARIANT}",
            scalable_dimension=_DIMENSION,
            service_namespace=_SERVICE,
            min_capacity=scaling.minimum,
            max_capacity=scaling.maximum,
        )
        target.cfn_options.condition = condition
        target.add_dependency(endpoint)
        tracking = autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=scaling.invocations,
            predefined_metric_specification=autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                predefined_metric_type=_METRIC
            ),
        )
        policy = autoscaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=f"{name}-invocations",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=tracking,
        )
        policy.cfn_options.condition = condition
