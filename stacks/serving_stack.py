"""Serving: the live model and its endpoint. Without a model yet, it holds a role and a log group and costs nothing."""

import aws_cdk.aws_s3 as s3
import aws_cdk.aws_sns as sns
from constructs import Construct

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.naming import Output

from .execution_role import hosting_role
from .hosting import Hosting
from .image import blazingtext_image
from .live_model import LiveModel
from .log_group import log_group
from .project_stack import ProjectStack
from .rollback_alarms import RollbackAlarms
from .settings import Settings


class ServingStack(ProjectStack):
    """The live model and its endpoint."""

    def __init__(self, scope: Construct, id_: str, *, settings: Settings, bucket: s3.IBucket, topic: sns.ITopic) -> None:
        super().__init__(
            scope,
            id_,
            settings=settings,
            stack_name=naming.serving_stack(settings.stage),
            description="BlazingText: the live model and its endpoint",
        )
        name = naming.endpoint(settings.stage)
        logs = log_group(self, "Logs", retention_days=settings.log_retention_days, name=naming.endpoint_log_group(settings.stage))
        role = hosting_role(self, "HostingRole", bucket=bucket, stage=settings.stage)
        live = LiveModel(self, "Live")
        hosting = Hosting(
            self,
            "Hosting",
            image=blazingtext_image(self),
            model_data_url=live.model_data_url,
            role=role,
            instance_type=settings.endpoint_instance_type,
            instance_count=settings.endpoint_instance_count,
            has_model=live.has_model,
        )
        alarms = RollbackAlarms(self, "Rollback", endpoint_name=name, condition=live.has_endpoint, topic=topic)
        endpoint = hosting.endpoint(
            name=name, alarm_names=alarms.names, bake_seconds=settings.endpoint_bake_seconds, condition=live.has_endpoint
        )
        # If the endpoint came first, SageMaker would create the log group itself, without a retention.
        endpoint.node.add_dependency(logs)
        self.publish({Output.ENDPOINT_NAME: name, Output.HOSTING_ROLE_ARN: role.role_arn})
