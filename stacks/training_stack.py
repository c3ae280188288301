"""Training: the role jobs run with, the functions that start them and promote their models, notifications."""

import aws_cdk.aws_iam as iam
import aws_cdk.aws_s3 as s3
from constructs import Construct

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.job_protection import JobProtection
from blazingtext_lifecycle.naming import Output

from .dashboard import Dashboard
from .dead_letters import DeadLetters
from .execution_role import execution_role, hosting_role
from .function_alarms import FunctionAlarms
from .image import blazingtext_image
from .job_cleanup import JobCleanup
from .launcher import Launcher
from .network import Network
from .notebook_role import NotebookRole
from .notifications import Notifications
from .people import People
from .project_stack import ProjectStack
from .promotion import Promotion
from .rolled_back import RolledBack
from .settings import Settings


class TrainingStack(ProjectStack):
    """What turns a corpus into an artifact, and an artifact into the live model.

    Attributes:
        topic: the notifications.
        hosting_role: the role of the endpoint. It belongs to this stack, so that the serving stack needs no role, and so that role and
            policy are complete before a model needs them.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings, bucket: s3.IBucket, key_arn: str = "") -> None:
        super().__init__(
            scope,
            id_,
            settings=settings,
            stack_name=naming.training_stack(settings.stage),
            description="BlazingText: training jobs and promotion",
        )
        network = Network(settings.vpc_subnets, settings.vpc_security_groups)
        role = execution_role(self, "ExecutionRole", bucket=bucket, stage=settings.stage, key_arn=key_arn, network=network)
        self.hosting_role = hosting_role(self, "HostingRole", bucket=bucket, stage=settings.stage, key_arn=key_arn, network=network)
        self.topic = Notifications(self, "Notifications", email=settings.notification_email, key_arn=key_arn).topic
        dead_letters = DeadLetters(self, "DeadLetters", stage=settings.stage, topic=self.topic, key_arn=key_arn).queue
        launcher = Launcher(
            self,
            "Launcher",
            environment=self._launch_environment(settings, bucket, role, _protection(settings, key_arn, network)),
            bucket=bucket,
            execution_role=role,
            log_retention_days=settings.log_retention_days,
        )
        if settings.train_on_upload:
            launcher.start_on_upload(bucket=bucket, dead_letters=dead_letters)
        promotion = Promotion(
            self,
            "Promotion",
            stage=settings.stage,
            bucket=bucket,
            topic=self.topic,
            dead_letters=dead_letters,
            policy=settings.auto_promote,
            minimum_mean_rho=settings.minimum_mean_rho,
            minimum_accuracy=settings.minimum_accuracy,
            log_retention_days=settings.log_retention_days,
            key_arn=key_arn,
        )
        RolledBack(self, "RolledBack", stage=settings.stage, topic=self.topic, dead_letters=dead_letters)
        JobCleanup(
            self,
            "JobCleanup",
            stage=settings.stage,
            delete_jobs=settings.delete_data,
            execution_role=role,
            launcher=launcher.function,
            log_retention_days=settings.log_retention_days,
            key_arn=key_arn,
        )
        if settings.notebook_role:
            roles = [role, self.hosting_role]
            people = NotebookRole(
                self, "NotebookRole", stage=settings.stage, bucket=bucket, roles=roles, limits=settings.limits, key_arn=key_arn
            )
            self.publish({Output.NOTEBOOK_ROLE_ARN: people.role.role_arn})
        FunctionAlarms(self, "Functions", stage=settings.stage, launcher=launcher.function, promoter=promotion.function, topic=self.topic)
        if settings.dashboard:
            functions = [launcher.function, promotion.function]
            Dashboard(self, "Page", stage=settings.stage, functions=functions, queue=promotion.queue, dead_letters=dead_letters)
        if settings.people_policies:
            policies = People(
                self,
                "People",
                stage=settings.stage,
                bucket=bucket,
                launcher=launcher.function,
                topic=self.topic,
                queues=[promotion.queue, dead_letters],
                key_arn=key_arn,
            ).policies
            self.publish({name: policy.managed_policy_arn for name, policy in policies.items()})
        self.declare_use(naming.storage_in_use(settings.stage))
        self.publish(
            {
                Output.LAUNCHER_FUNCTION_NAME: launcher.function.function_name,
                Output.PROMOTER_FUNCTION_NAME: promotion.function.function_name,
                Output.SERVING_UPDATE_ARN: promotion.serving_update.arn,
                Output.TRAINING_ROLE_ARN: role.role_arn,
                Output.HOSTING_ROLE_ARN: self.hosting_role.role_arn,
                Output.NOTIFICATIONS_TOPIC_ARN: self.topic.topic_arn,
                Output.PROMOTION_QUEUE_URL: promotion.queue.queue_url,
                Output.DEAD_LETTER_QUEUE_URL: dead_letters.queue_url,
            }
        )

    def _launch_environment(self, settings: Settings, bucket: s3.IBucket, role: iam.Role, protection: JobProtection) -> LaunchEnvironment:
        return LaunchEnvironment(
            stage=settings.stage,
            bucket=bucket.bucket_name,
            role_arn=role.role_arn,
            image=blazingtext_image(self),
            instance_type=settings.training_instance_type,
            instance_count=settings.training_instance_count,
            volume_gb=settings.training_volume_gb,
            max_runtime_seconds=settings.training_max_runtime_seconds,
            spot=settings.training_spot,
            hyperparameters=settings.hyperparameters,
            limits=settings.limits,
            protection=protection,
        )


def _protection(settings: Settings, key_arn: str, network: Network) -> JobProtection:
    return JobProtection(
        key_arn=key_arn,
        vpc=network.request(),
        network_isolation=settings.training_network_isolation,
        traffic_encryption=settings.training_traffic_encryption,
        tags=settings.tags,
    )
