"""Serving: the live model and its endpoint. Without a model yet, it holds a log group and costs nothing."""

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
import aws_cdk.aws_logs as logs
import aws_cdk.aws_s3 as s3
import aws_cdk.aws_sns as sns
from constructs import Construct

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.naming import Output

from .autoscaling import Autoscaling, Scaling
from .capacity import Capacity, Instances, Serverless
from .data_capture import DataCapture
from .hosting import Hosting
from .idle_alarm import IdleAlarm
from .image import blazingtext_image
from .live_model import LiveModel
from .log_group import log_group
from .network import Network
from .project_stack import ProjectStack
from .rollback_alarms import RollbackAlarms
from .rollout import Rollout
from .settings import Settings
from .shadow import Shadow


class ServingStack(ProjectStack):
    """The live model and its endpoint.

    It is updated with its previous template by a principal that may do nothing else, so it holds no IAM resource, which would need a
    capability, and no parameter of an SSM type, which CloudFormation reads with the caller's rights.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        bucket: s3.IBucket,
        hosting_role: iam.IRole,
        topic: sns.ITopic,
        key_arn: str = "",
        synthesizer: cdk.IStackSynthesizer | None = None,
    ) -> None:
        """Adds the stack.

        Args:
            scope: where it goes.
            id_: its construct id.
            settings: everything that can be chosen.
            bucket: where captured requests go.
            hosting_role: the role of the endpoint.
            topic: who hears of the endpoint's alarms.
            key_arn: the KMS key of the endpoint's volumes and of its log; ``""``: AWS's own.
            synthesizer: for an app with one of its own; it must leave out CDK's parameter ``BootstrapVersion``.
        """
        super().__init__(
            scope,
            id_,
            settings=settings,
            stack_name=naming.serving_stack(settings.stage),
            description="BlazingText: the live model and its endpoint",
            synthesizer=synthesizer or cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        self._settings, self._key_arn = settings, key_arn
        kept_logs = self._logs()
        live = LiveModel(self, "Live", allows_shadow=settings.shadow_percent is not None)
        hosting = self._hosting(live, hosting_role, DataCapture(settings.data_capture_percent, bucket, key_arn))
        endpoint = self._endpoint(hosting, live, topic)
        live.publish_configuration(hosting.configuration_name)
        # If the endpoint came first, SageMaker would create the log group itself, without a retention.
        endpoint.node.add_dependency(kept_logs)
        self.declare_use(naming.storage_in_use(settings.stage))
        self.publish({Output.ENDPOINT_NAME: naming.endpoint(settings.stage), **_shadow_outputs(settings)})

    def _logs(self) -> logs.ILogGroup:
        return log_group(
            self,
            "Logs",
            retention_days=self._settings.log_retention_days,
            name=naming.endpoint_log_group(self._settings.stage),
            key_arn=self._key_arn,
        )

    def _hosting(self, live: LiveModel, role: iam.IRole, capture: DataCapture) -> Hosting:
        settings = self._settings
        return Hosting(
            self,
            "Hosting",
            image=blazingtext_image(self),
            model_data_url=live.model_data_url,
            role_arn=role.role_arn,
            capacity=_capacity(settings),
            has_model=live.has_model,
            key_arn=self._key_arn,
            network=Network(settings.vpc_subnets, settings.vpc_security_groups),
            capture=capture,
            shadow=_shadow(settings, live),
        )

    def _endpoint(self, hosting: Hosting, live: LiveModel, topic: sns.ITopic) -> cdk.CfnResource:
        """The endpoint, with what watches it and what sets the number of its instances."""
        settings, name, condition = self._settings, naming.endpoint(self._settings.stage), live.has_endpoint
        scaling = Scaling(settings.endpoint_instance_count, settings.endpoint_maximum_instances or 0, settings.endpoint_target_invocations)
        alarms = RollbackAlarms(self, "Rollback", stage=settings.stage, condition=condition, topic=topic)
        if settings.idle_alarm_hours is not None:
            IdleAlarm(self, "Use", stage=settings.stage, hours=settings.idle_alarm_hours, condition=condition, topic=topic)
        endpoint = hosting.endpoint(
            name=name,
            alarm_names=alarms.names,
            rollout=Rollout(settings.endpoint_rollout, settings.endpoint_rollout_percent, settings.endpoint_bake_seconds),
            condition=condition,
            guarded=live.auto_rollback,
            scaled=scaling.is_on,
        )
        if scaling.is_on:
            Autoscaling(self, "Scaling", endpoint=endpoint, name=name, scaling=scaling, condition=condition)
        return endpoint


def _capacity(settings: Settings) -> Capacity:
    if settings.serverless_memory_mb is None:
        return Instances(settings.endpoint_instance_type, settings.endpoint_instance_count)
    return Serverless(settings.serverless_memory_mb, settings.serverless_max_concurrency)


def _shadow(settings: Settings, live: LiveModel) -> Shadow | None:
    if settings.shadow_percent is None or live.has_shadow is None:
        return None
    return Shadow(settings.shadow_percent, settings.shadow_instances, live.shadow_model_data_url, live.has_shadow)


def _shadow_outputs(settings: Settings) -> dict[Output, str]:
    """What a shadow would run on, so that its costs can be told before there is one."""
    if settings.shadow_percent is None:
        return {}
    return {Output.SHADOW_INSTANCE_TYPE: settings.endpoint_instance_type, Output.SHADOW_INSTANCE_COUNT: str(settings.shadow_instances)}
