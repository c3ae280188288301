"""Training: the role jobs run with, the functions that start them and promote their models, notifications."""

from collections.abc import Sequence

import aws_cdk.aws_iam as iam
import aws_cdk.aws_lambda as lambda_
import aws_cdk.aws_s3 as s3
import aws_cdk.aws_sqs as sqs
from constructs import Construct

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.environments import Approval, LaunchEnvironment
from blazingtext_lifecycle.job_protection import JobProtection
from blazingtext_lifecycle.naming import Output

from .budget import Budget
from .dashboard import Dashboard
from .dashboard_costs import Instances
from .data_capture import DataCapture
from .dead_letters import DeadLetters
from .execution_role import execution_role, hosting_role, processing_role, transform_role
from .function_alarms import FunctionAlarms
from .image import blazingtext_image
from .job_cleanup import JobCleanup
from .launcher import TRAINING, TUNING, Launcher, Starts
from .model_registry import ModelRegistry
from .network import Network
from .notebook_role import NotebookRole
from .notifications import Notifications
from .pause_schedule import PauseSchedule
from .people import People
from .processor import Processor
from .project_stack import ProjectStack
from .promotion import Promotion
from .rolled_back import RolledBack
from .settings import Settings
from .transformer import Transformer


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
        self._settings, self._bucket, self._key_arn = settings, bucket, key_arn
        network = Network(settings.vpc_subnets, settings.vpc_security_groups)
        stage = settings.stage
        self._execution_role = execution_role(self, "ExecutionRole", bucket=bucket, stage=stage, key_arn=key_arn, network=network)
        self._transform_role = transform_role(self, "TransformRole", bucket=bucket, stage=stage, key_arn=key_arn, network=network)
        self._processing_role = self._role_of_processing(network)
        capture = DataCapture(settings.data_capture_percent, bucket, key_arn)
        self.hosting_role = hosting_role(self, "HostingRole", bucket=bucket, stage=stage, capture=capture, key_arn=key_arn, network=network)
        self.topic = Notifications(self, "Notifications", email=settings.notification_email, key_arn=key_arn).topic
        if settings.monthly_budget is not None:
            Budget(self, "Budget", monthly_dollars=settings.monthly_budget, topic=self.topic)
        dead_letters = DeadLetters(self, "DeadLetters", stage=stage, topic=self.topic, key_arn=key_arn).queue
        environment = self._launch_environment(_protection(settings, key_arn, network))
        launcher = self._launcher("Launcher", TRAINING, environment)
        if settings.train_on_upload:
            launcher.start_on_upload(bucket=self._bucket, dead_letters=dead_letters)
        transformer = self._transformer(environment, dead_letters)
        processor = self._processor(environment)
        launchers = [launcher.function, self._launcher("Tuner", TUNING, environment).function, transformer.function, processor.function]
        promotion = self._promotion(dead_letters)
        RolledBack(self, "RolledBack", stage=stage, topic=self.topic, dead_letters=dead_letters)
        self._clean_up(launchers)
        self._watch(launchers, promotion, dead_letters)
        self._let_people_in(promotion, dead_letters)
        self._schedule(promotion, dead_letters)
        self.declare_use(naming.storage_in_use(stage))
        self.publish(
            {
                Output.LAUNCHER_FUNCTION_NAME: launchers[0].function_name,
                Output.TUNER_FUNCTION_NAME: launchers[1].function_name,
                Output.TRANSFORMER_FUNCTION_NAME: launchers[2].function_name,
                Output.PROCESSOR_FUNCTION_NAME: launchers[3].function_name,
                Output.PROMOTER_FUNCTION_NAME: promotion.function.function_name,
                Output.SERVING_UPDATE_ARN: promotion.serving_update.arn,
                Output.TRAINING_ROLE_ARN: self._execution_role.role_arn,
                Output.TRANSFORM_ROLE_ARN: self._transform_role.role_arn,
                Output.PROCESSING_ROLE_ARN: self._processing_role.role_arn,
                Output.HOSTING_ROLE_ARN: self.hosting_role.role_arn,
                Output.NOTIFICATIONS_TOPIC_ARN: self.topic.topic_arn,
                Output.PROMOTION_QUEUE_URL: promotion.queue.queue_url,
                Output.DEAD_LETTER_QUEUE_URL: dead_letters.queue_url,
            }
        )

    def _launcher(self, id_: str, starts: Starts, environment: LaunchEnvironment) -> Launcher:
        return Launcher(
            self,
            id_,
            starts=starts,
            environment=environment,
            bucket=self._bucket,
            execution_role=self._execution_role,
            log_retention_days=self._settings.log_retention_days,
        )

    def _transformer(self, environment: LaunchEnvironment, dead_letters: sqs.IQueue) -> Transformer:
        return Transformer(
            self,
            "Transformer",
            environment=environment,
            bucket=self._bucket,
            role=self._transform_role,
            dead_letters=dead_letters,
            log_retention_days=self._settings.log_retention_days,
        )

    def _role_of_processing(self, network: Network) -> iam.Role:
        settings = self._settings
        return processing_role(
            self,
            "ProcessingRole",
            bucket=self._bucket,
            stage=settings.stage,
            source_buckets=settings.source_buckets,
            key_arn=self._key_arn,
            network=network,
        )

    def _processor(self, environment: LaunchEnvironment) -> Processor:
        return Processor(
            self,
            "Processor",
            environment=environment,
            bucket=self._bucket,
            source_buckets=self._settings.source_buckets,
            role=self._processing_role,
            log_retention_days=self._settings.log_retention_days,
        )

    def _promotion(self, dead_letters: sqs.IQueue) -> Promotion:
        settings, key_arn = self._settings, self._key_arn
        registry = None
        if settings.approval is Approval.MANUAL:
            registry = ModelRegistry(
                self,
                "ModelRegistry",
                stage=settings.stage,
                delete_data=settings.delete_data,
                log_retention_days=settings.log_retention_days,
                key_arn=key_arn,
            )
            self.publish({Output.MODEL_PACKAGE_GROUP_NAME: registry.group_name})
        promotion = Promotion(
            self,
            "Promotion",
            stage=settings.stage,
            bucket=self._bucket,
            topic=self.topic,
            dead_letters=dead_letters,
            policy=settings.auto_promote,
            minimum_mean_rho=settings.minimum_mean_rho,
            minimum_accuracy=settings.minimum_accuracy,
            log_retention_days=settings.log_retention_days,
            key_arn=key_arn,
            model_package_group="" if registry is None else registry.group_name,
        )
        if registry is not None:
            registry.lead_to(promotion, stage=settings.stage, bucket=self._bucket, dead_letters=dead_letters, key_arn=key_arn)
        return promotion

    def _clean_up(self, launchers: Sequence[lambda_.Function]) -> None:
        JobCleanup(
            self,
            "JobCleanup",
            stage=self._settings.stage,
            delete_jobs=self._settings.delete_data,
            roles=[self._execution_role, self._transform_role, self._processing_role],
            launchers=launchers,
            log_retention_days=self._settings.log_retention_days,
            key_arn=self._key_arn,
        )

    def _let_people_in(self, promotion: Promotion, dead_letters: sqs.IQueue) -> None:
        """The role of notebooks and the policies of people, where the settings ask for them."""
        stage = self._settings.stage
        if self._settings.notebook_role:
            notebooks = NotebookRole(
                self,
                "NotebookRole",
                stage=stage,
                bucket=self._bucket,
                roles=[self._execution_role, self.hosting_role, self._transform_role],
                limits=self._settings.limits,
                key_arn=self._key_arn,
            )
            self.publish({Output.NOTEBOOK_ROLE_ARN: notebooks.role.role_arn})
        if self._settings.people_policies:
            people = People(
                self,
                "People",
                stage=stage,
                bucket=self._bucket,
                topic=self.topic,
                queues=[promotion.queue, dead_letters],
                key_arn=self._key_arn,
                approval=self._settings.approval is Approval.MANUAL,
            )
            self.publish({name: policy.managed_policy_arn for name, policy in people.policies.items()})

    def _schedule(self, promotion: Promotion, dead_letters: sqs.IQueue) -> None:
        """The times when the endpoint pauses and resumes by itself, where the settings have some."""
        settings = self._settings
        if settings.pause_schedule or settings.resume_schedule:
            PauseSchedule(
                self,
                "Schedule",
                stage=settings.stage,
                pause=settings.pause_schedule,
                resume=settings.resume_schedule,
                time_zone=settings.schedule_time_zone,
                serving_update_arn=promotion.serving_update.arn,
                topic=self.topic,
                dead_letters=dead_letters,
                allows_shadow=settings.shadow_percent is not None,
            )
            self.publish({Output.SCHEDULE_GROUP_NAME: naming.schedule_group(settings.stage)})

    def _watch(self, launchers: Sequence[lambda_.Function], promotion: Promotion, dead_letters: sqs.IQueue) -> None:
        """The alarms of the functions and, where the settings ask for it, the dashboard."""
        stage = self._settings.stage
        training, tuning, transform, processing = launchers
        FunctionAlarms(
            self,
            "Functions",
            stage=stage,
            launcher=training,
            tuner=tuning,
            transformer=transform,
            processor=processing,
            promoter=promotion.function,
            topic=self.topic,
        )
        if self._settings.dashboard:
            functions = [*launchers, promotion.function]
            settings = self._settings
            shadow = settings.shadow_percent is not None
            instances = Instances(settings.training_instance_type, settings.endpoint_instance_type, settings.region, shadow)
            Dashboard(self, "Page", stage=stage, instances=instances, functions=functions, queue=promotion.queue, dead_letters=dead_letters)

    def _launch_environment(self, protection: JobProtection) -> LaunchEnvironment:
        settings = self._settings
        return LaunchEnvironment(
            stage=settings.stage,
            bucket=self._bucket.bucket_name,
            role_arn=self._execution_role.role_arn,
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
