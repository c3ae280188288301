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
from .data_capture import DataCapture
from .hosting import Hosting
from .idle_alarm import IdleAlarm
from .image import blazingtext_image
from .live_model import LiveModel
from .log_group import log_group
from .network import Network
from .project_stack import ProjectStack
from .rollback_alarms import RollbackAlarms
from .settings import Settings


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
        name = naming.endpoint(settings.stage)
        kept_logs = self._logs()
        live = LiveModel(self, "Live")
        hosting = self._hosting(live, hosting_role, DataCapture(settings.data_capture_percent, bucket, key_arn))
        scaling = Scaling(settings.endpoint_instance_count, settings.endpoint_maximum_instances or 0, settings.endpoint_target_invocations)
        alarms = RollbackAlarms(self, "Rollback", endpoint_name=name, condition=live.has_endpoint, topic=topic)
        if settings.idle_alarm_hours is not None:
            IdleAlarm(self, "Use", stage=settings.stage, hours=settings.idle_alarm_hours, condition=live.has_endpoint, topic=topic)
        endpoint = hosting.endpoint(
            name=name,
            alarm_names=alarms.names,
            bake_seconds=settings.endpoint_bake_seconds,
            condition=live.has_endpoint,
            guarded=live.auto_rollback,
            scaled=scaling.is_on,
        )
        if scaling.is_on:
            Autoscaling(self, "Scaling", endpoint=endpoint, name=name, scaling=scaling, condition=live.has_endpoint)
        live.publish_configuration(hosting.configuration_name)
        # If the endpoint came first, SageMaker would create the log group itself, without a retention.
        endpoint.node.add_dependency(kept_logs)
        self.declare_use(naming.storage_in_use(settings.stage))
        self.publish({Output.ENDPOINT_NAME: name})

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
            instance_type=settings.endpoint_instance_type,
            instance_count=settings.endpoint_instance_count,
            has_model=live.has_model,
            key_arn=self._key_arn,
            network=Network(settings.vpc_subnets, settings.vpc_security_groups),
            capture=capture,
        )
