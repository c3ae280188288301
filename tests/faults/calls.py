"""What a person with one of the roles for people asks AWS for: for each action a request that needs it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.stage import IMAGE, MEASURED, OWN_IMAGE, Stage

#: Gives the clients of whoever asks.
Client = Callable[[str], Any]


@dataclass(frozen=True)
class Scene:
    """What there is to ask about.

    Attributes:
        stage: the stage; its model is live.
        job: a finished training job.
        tuning: a tuning job.
        transform: a transform job.
        processing: a processing job.
        own: the name of a model, an endpoint configuration and an endpoint beside the live one, each of its own.
        execution: the ARN of an execution of the state machine.
    """

    stage: Stage
    job: str
    tuning: str
    own: str
    execution: str
    transform: str = "none"
    processing: str = "none"

    @property
    def live(self) -> str:
        return f"blazingtext-{self.stage.name}"

    @property
    def corpus(self) -> dict[str, str]:
        return {"Bucket": self.stage.bucket, "Key": "corpora/wiki/train/wiki.txt"}

    @property
    def upload(self) -> dict[str, str]:
        """A place for an object that nobody needs."""
        return {"Bucket": self.stage.bucket, "Key": "corpora/other/train/other.txt"}

    @property
    def artifact(self) -> dict[str, str]:
        return {"Bucket": self.stage.bucket, "Key": f"runs/{self.job}/output/model.tar.gz"}

    def queue(self, name: str = "DeadLetterQueueUrl") -> str:
        return self.stage.output("training", name)

    @property
    def elsewhere(self) -> str:
        """A bucket that is not the stage's."""
        return "not-of-the-stage"

    @property
    def administrator(self) -> str:
        """A role that SageMaker and everybody here may assume, and that may do everything."""
        return "arn:aws:iam::000000000000:role/administrator"

    @property
    def key(self) -> str:
        return self.stage.physical("Key", "AWS::KMS::Key")

    def role(self, construct: str) -> str:
        return self.stage.physical(construct, "AWS::IAM::Role")

    @property
    def rule(self) -> str:
        """The name of a rule, which CloudFormation here keeps as an ARN."""
        return self.stage.physical("PromotionFinished", "AWS::Events::Rule").rpartition("/")[2]

    @property
    def schedule(self) -> dict[str, Any]:
        """One that pauses the endpoint at once."""
        target = {"Arn": self.stage.output("training", "ServingUpdateArn"), "RoleArn": self.administrator, "Input": "{}"}
        given = {"GroupName": f"{self.live}-schedules", "Name": "pause", "FlexibleTimeWindow": {"Mode": "OFF"}}
        return {**given, "ScheduleExpression": "rate(1 days)", "Target": target}

    def bootstrap_role(self, kind: str) -> str:
        return f"arn:aws:iam::000000000000:role/cdk-blzgtxt-{kind}-role-000000000000-us-east-1"

    @property
    def topic(self) -> str:
        return self.stage.output("training", "NotificationsTopicArn")

    @property
    def version(self) -> str:
        """The ARN of a version in the stage's model package group, whether there is one or not."""
        return self.arn("model-package", f"{self.stage.group}/1")

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:sagemaker:us-east-1:000000000000:{kind}/{name}"

    def tuning_request(self, name: str) -> dict[str, Any]:
        definition = self.stage.job_request(name, AlgorithmSpecification=MEASURED)
        ranges = [{"Name": "epochs", "MinValue": "1", "MaxValue": "9", "ScalingType": "Linear"}]
        return {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobConfig": {
                "Strategy": "Random",
                "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "train:mean_rho"},
                "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
                "ParameterRanges": {"IntegerParameterRanges": ranges},
            },
            "TrainingJobDefinition": {
                "StaticHyperParameters": {"mode": "batch_skipgram"},
                **{key: definition[key] for key in ("AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig",
                                                    "ResourceConfig", "StoppingCondition")},
            },
        }  # fmt: skip

    def transform_request(self, name: str) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.stage.bucket}/transforms/none/"}
        return {
            "TransformJobName": name,
            "ModelName": self.own,
            "TransformInput": {"DataSource": {"S3DataSource": source}, "ContentType": "application/jsonlines", "SplitType": "Line"},
            "TransformOutput": {"S3OutputPath": f"s3://{self.stage.bucket}/transforms/none/out"},
            "TransformResources": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
        }

    def processing_request(self, name: str, seconds: int = 1) -> dict[str, Any]:
        """A processing job that does nothing for some time; an account has few at once."""
        return {
            "ProcessingJobName": name,
            "RoleArn": self.stage.output("training", "ProcessingRoleArn"),
            "AppSpecification": {"ImageUri": OWN_IMAGE, "ContainerEntrypoint": ["sleep", str(seconds)]},
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        }

    def version_request(self, approval: str) -> dict[str, Any]:
        """A version of the finished job's artifact."""
        container = {"Image": IMAGE, "ModelDataUrl": f"s3://{self.artifact['Bucket']}/{self.artifact['Key']}"}
        return {
            "ModelPackageGroupName": self.stage.group,
            "ModelPackageDescription": "attempt",
            "ModelApprovalStatus": approval,
            "InferenceSpecification": {"Containers": [container], "SupportedContentTypes": ["application/json"],
                                       "SupportedResponseMIMETypes": ["application/json"]},
        }  # fmt: skip

    def model_request(self, name: str) -> dict[str, Any]:
        address = f"s3://{self.artifact['Bucket']}/{self.artifact['Key']}"
        role = self.stage.output("training", "HostingRoleArn")
        return {"ModelName": name, "ExecutionRoleArn": role, "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": address}}

    def config_request(self, name: str) -> dict[str, Any]:
        variant = {"VariantName": "AllTraffic", "ModelName": self.own, "InitialInstanceCount": 1, "InstanceType": "ml.m4.xlarge"}
        return {"EndpointConfigName": name, "ProductionVariants": [variant]}


TAG = [{"Key": "note", "Value": "mine"}]
Request = Callable[[Client, Scene], object]


def listed(kind: str) -> Request:
    own = kind.replace("*", "training")
    return lambda c, s: c("sagemaker").list_tags(ResourceArn=s.arn(own, _named(own, s)))


def tagged(kind: str) -> Request:
    return lambda c, s: c("sagemaker").add_tags(ResourceArn=s.arn(kind, _named(kind, s)), Tags=TAG)


def _named(kind: str, scene: Scene) -> str:
    jobs = {
        "training-job": scene.job,
        "*-job": scene.job,
        "hyper-parameter-tuning-job": scene.tuning,
        "transform-job": scene.transform,
        "processing-job": scene.processing,
    }
    return jobs.get(kind, scene.own)


def expression(name: str) -> dict[str, Any]:
    return {"Id": "m", "MetricStat": {"Metric": {"Namespace": "AWS/SageMaker", "MetricName": name}, "Period": 60, "Stat": "Sum"}}


#: Action, and what of it when there are several resources, to a request that needs it.
REQUESTS: dict[str, Request] = {
    "cloudformation:DescribeStacks": lambda c, s: c("cloudformation").describe_stacks(StackName=s.stage.stack("serving")),
    "cloudformation:DescribeStackEvents": lambda c, s: c("cloudformation").describe_stack_events(StackName=s.stage.stack("serving")),
    "cloudformation:DescribeStackResources": lambda c, s: c("cloudformation").describe_stack_resources(StackName=s.stage.stack("serving")),
    "cloudformation:GetTemplate": lambda c, s: c("cloudformation").get_template(StackName=s.stage.stack("serving")),
    "cloudformation:ListStackResources": lambda c, s: c("cloudformation").list_stack_resources(StackName=s.stage.stack("serving")),
    "events:DescribeRule": lambda c, s: c("events").describe_rule(Name=s.rule),
    "events:ListTargetsByRule": lambda c, s: c("events").list_targets_by_rule(Rule=s.rule),
    "iam:GetRole": lambda c, s: c("iam").get_role(RoleName=s.role("ExecutionRole")),
    "iam:GetRolePolicy": lambda c, s: c("iam").get_role_policy(RoleName=s.role("ExecutionRole"), PolicyName="none"),
    "iam:ListAttachedRolePolicies": lambda c, s: c("iam").list_attached_role_policies(RoleName=s.role("ExecutionRole")),
    "iam:ListRolePolicies": lambda c, s: c("iam").list_role_policies(RoleName=s.role("ExecutionRole")),
    "lambda:GetFunctionConfiguration": lambda c, s: c("lambda").get_function_configuration(
        FunctionName=s.stage.function("LauncherLaunchTrainingFunction")
    ),
    "lambda:GetPolicy": lambda c, s: c("lambda").get_policy(FunctionName=s.stage.function("LauncherLaunchTrainingFunction")),
    "s3:GetBucketAcl": lambda c, s: c("s3").get_bucket_acl(Bucket=s.stage.bucket),
    "s3:GetBucketPolicy": lambda c, s: c("s3").get_bucket_policy(Bucket=s.stage.bucket),
    "s3:GetBucketPublicAccessBlock": lambda c, s: c("s3").get_public_access_block(Bucket=s.stage.bucket),
    "s3:GetBucketVersioning": lambda c, s: c("s3").get_bucket_versioning(Bucket=s.stage.bucket),
    "s3:GetEncryptionConfiguration": lambda c, s: c("s3").get_bucket_encryption(Bucket=s.stage.bucket),
    "scheduler:GetSchedule": lambda c, s: c("scheduler").get_schedule(GroupName=f"{s.live}-schedules", Name="pause"),
    "states:DescribeStateMachine": lambda c, s: c("stepfunctions").describe_state_machine(
        stateMachineArn=s.stage.output("training", "ServingUpdateArn")
    ),
    "cloudwatch:DescribeAlarms": lambda c, _: c("cloudwatch").describe_alarms(),
    "cloudwatch:GetDashboard": lambda c, s: c("cloudwatch").get_dashboard(DashboardName=s.live),
    "cloudwatch:GetMetricData": lambda c, _: c("cloudwatch").get_metric_data(
        MetricDataQueries=[expression("Invocations")], StartTime=1_700_000_000, EndTime=1_700_000_060
    ),
    "cloudwatch:ListMetrics": lambda c, _: c("cloudwatch").list_metrics(),
    "iam:PassRole": lambda c, s: c("sagemaker").create_training_job(**s.stage.job_request(s.stage.fresh())),
    "kms:Decrypt": lambda c, s: c("s3").get_object(**s.artifact)["Body"].read(),
    "kms:GenerateDataKey": lambda c, s: c("s3").put_object(**s.upload, Body=b"1"),
    "lambda:InvokeFunction": lambda c, s: c("lambda").invoke(
        FunctionName=s.stage.function("LauncherLaunchTrainingFunction"), Payload=json.dumps({"corpus": "wiki", "dryRun": True}).encode()
    ),
    "logs:DescribeLogStreams": lambda c, _: c("logs").describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs"),
    "logs:FilterLogEvents": lambda c, _: c("logs").filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs"),
    "logs:GetLogEvents": lambda c, s: c("logs").get_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=s.stage.log_stream(s.job)
    ),
    "s3:ListBucket": lambda c, s: c("s3").list_objects_v2(Bucket=s.stage.bucket, Prefix="corpora/"),
    "s3:GetBucketLocation": lambda c, s: c("s3").get_bucket_location(Bucket=s.stage.bucket),
    "s3:GetObject corpora/*": lambda c, s: c("s3").get_object(**s.corpus),
    "s3:GetObject corpora/*, transforms/*": lambda c, s: c("s3").get_object(**s.corpus),
    "s3:GetObject corpora/*, processing/*, transforms/*": lambda c, s: c("s3").get_object(**s.corpus),
    "s3:GetObject corpora/*, processing/*, runs/*, transforms/*": lambda c, s: c("s3").get_object(**s.artifact),
    "s3:GetObject runs/*": lambda c, s: c("s3").get_object(**s.artifact),
    "s3:GetObject corpora/*, runs/*, transforms/*": lambda c, s: c("s3").get_object(**s.artifact),
    "s3:PutObject": lambda c, s: c("s3").put_object(**s.upload, Body=b"1"),
    "s3:DeleteObject": lambda c, s: c("s3").delete_object(**s.upload),
    "s3:AbortMultipartUpload": lambda c, s: c("s3").abort_multipart_upload(**s.upload, UploadId=s.stage.unfinished(**s.upload)),
    "s3:ListMultipartUploadParts": lambda c, s: c("s3").list_parts(**s.upload, UploadId=s.stage.unfinished(**s.upload)),
    "sagemaker:ListTrainingJobs": lambda c, _: c("sagemaker").list_training_jobs(),
    "sagemaker:ListHyperParameterTuningJobs": lambda c, _: c("sagemaker").list_hyper_parameter_tuning_jobs(),
    "sagemaker:ListProcessingJobs": lambda c, _: c("sagemaker").list_processing_jobs(),
    "sagemaker:DescribeProcessingJob": lambda c, s: c("sagemaker").describe_processing_job(ProcessingJobName=s.processing),
    "sagemaker:StopProcessingJob": lambda c, s: c("sagemaker").stop_processing_job(ProcessingJobName=s.processing),
    "sagemaker:ListTransformJobs": lambda c, _: c("sagemaker").list_transform_jobs(),
    "sagemaker:CreateTransformJob": lambda c, s: c("sagemaker").create_transform_job(**s.transform_request(s.stage.fresh())),
    "sagemaker:DescribeTransformJob": lambda c, s: c("sagemaker").describe_transform_job(TransformJobName=s.transform),
    "sagemaker:StopTransformJob": lambda c, s: c("sagemaker").stop_transform_job(TransformJobName=s.transform),
    "sagemaker:CreateTrainingJob": lambda c, s: c("sagemaker").create_training_job(**s.stage.job_request(s.stage.fresh())),
    "sagemaker:DescribeTrainingJob": lambda c, s: c("sagemaker").describe_training_job(TrainingJobName=s.job),
    "sagemaker:StopTrainingJob": lambda c, s: c("sagemaker").stop_training_job(TrainingJobName=s.job),
    "sagemaker:CreateHyperParameterTuningJob": lambda c, s: c("sagemaker").create_hyper_parameter_tuning_job(
        **s.tuning_request(s.stage.fresh())
    ),
    "sagemaker:DescribeHyperParameterTuningJob": lambda c, s: c("sagemaker").describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=s.tuning
    ),
    "sagemaker:StopHyperParameterTuningJob": lambda c, s: c("sagemaker").stop_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=s.tuning
    ),
    "sagemaker:ListTrainingJobsForHyperParameterTuningJob": lambda c, s: c(
        "sagemaker"
    ).list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=s.tuning),
    "sagemaker:CreateModel": lambda c, s: c("sagemaker").create_model(**s.model_request(s.stage.fresh())),
    "sagemaker:DescribeModel": lambda c, s: c("sagemaker").describe_model(ModelName=s.own),
    "sagemaker:DeleteModel": lambda c, s: c("sagemaker").delete_model(ModelName=s.stage.fresh()),
    "sagemaker:CreateEndpointConfig": lambda c, s: c("sagemaker").create_endpoint_config(**s.config_request(s.stage.fresh())),
    "sagemaker:DescribeEndpointConfig": lambda c, s: c("sagemaker").describe_endpoint_config(EndpointConfigName=s.own),
    "sagemaker:DeleteEndpointConfig": lambda c, s: c("sagemaker").delete_endpoint_config(EndpointConfigName=s.stage.fresh()),
    "sagemaker:CreateEndpoint": lambda c, s: c("sagemaker").create_endpoint(EndpointName=s.own, EndpointConfigName=s.own),
    "sagemaker:DescribeEndpoint": lambda c, s: c("sagemaker").describe_endpoint(EndpointName=s.live),
    "sagemaker:DescribeEndpoint endpoint/blazingtext-<stage>-*": lambda c, s: c("sagemaker").describe_endpoint(EndpointName=s.own),
    "sagemaker:DeleteEndpoint": lambda c, s: c("sagemaker").delete_endpoint(EndpointName=s.stage.fresh()),
    "sagemaker:InvokeEndpoint": lambda c, s: c("sagemaker-runtime").invoke_endpoint(EndpointName=s.live, Body=b"{}"),
    **{
        f"sagemaker:{action} {kind}/blazingtext-<stage>{suffix}": request(kind)
        for kind in ("*-job", "training-job", "hyper-parameter-tuning-job", "transform-job", "model", "endpoint-config", "endpoint")
        for action, request in (("AddTags", tagged), ("ListTags", listed))
        for suffix in ("-*",)
    },
    "sagemaker:ListTags endpoint/blazingtext-<stage>": lambda c, s: c("sagemaker").list_tags(ResourceArn=s.arn("endpoint", s.live)),
    "sagemaker:DescribeModelPackage": lambda c, s: c("sagemaker").describe_model_package(ModelPackageName=s.version),
    "sagemaker:DescribeModelPackageGroup": lambda c, s: c("sagemaker").describe_model_package_group(ModelPackageGroupName=s.stage.group),
    "sagemaker:ListModelPackageGroups": lambda c, _: c("sagemaker").list_model_package_groups(),
    "sagemaker:ListModelPackages": lambda c, s: c("sagemaker").list_model_packages(ModelPackageGroupName=s.stage.group),
    "sagemaker:ListTags model-package-group/blazingtext-<stage>-models-*": lambda c, s: c("sagemaker").list_tags(
        ResourceArn=s.arn("model-package-group", s.stage.group)
    ),
    "sagemaker:UpdateModelPackage": lambda c, s: c("sagemaker").update_model_package(
        ModelPackageArn=s.version, ModelApprovalStatus="Rejected"
    ),
    "sns:GetTopicAttributes": lambda c, s: c("sns").get_topic_attributes(TopicArn=s.topic),
    "sns:ListSubscriptionsByTopic": lambda c, s: c("sns").list_subscriptions_by_topic(TopicArn=s.topic),
    "sts:AssumeRole": lambda c, s: c("sts").assume_role(RoleArn=s.bootstrap_role("lookup"), RoleSessionName="mine"),
    "sns:Subscribe": lambda c, s: c("sns").subscribe(TopicArn=s.topic, Protocol="email", Endpoint="someone@example.org"),
    "sqs:GetQueueAttributes": lambda c, s: c("sqs").get_queue_attributes(QueueUrl=s.queue()),
    "sqs:GetQueueUrl": lambda c, s: c("sqs").get_queue_url(QueueName=s.queue().rpartition("/")[2]),
    "sqs:ReceiveMessage": lambda c, s: c("sqs").receive_message(QueueUrl=s.queue()),
    "sqs:SendMessage": lambda c, s: c("sqs").send_message(QueueUrl=s.queue(), MessageBody="m"),
    "sqs:DeleteMessage": lambda c, s: c("sqs").delete_message(QueueUrl=s.queue(), ReceiptHandle=s.stage.receipt(s.queue())),
    "sqs:ChangeMessageVisibility": lambda c, s: c("sqs").change_message_visibility(
        QueueUrl=s.queue(), ReceiptHandle=s.stage.receipt(s.queue()), VisibilityTimeout=0
    ),
    "sqs:StartMessageMoveTask": lambda c, s: c("sqs").start_message_move_task(SourceArn=s.stage.queue_arn(s.queue())),
    "sqs:ListMessageMoveTasks": lambda c, s: c("sqs").list_message_move_tasks(SourceArn=s.stage.queue_arn(s.queue())),
    "tag:GetResources": lambda c, s: c("resourcegroupstaggingapi").get_resources(ResourceARNList=[f"arn:aws:s3:::{s.stage.bucket}"]),
    "states:DescribeExecution": lambda c, s: c("stepfunctions").describe_execution(executionArn=s.execution),
    "states:StartExecution": lambda c, s: c("stepfunctions").start_execution(
        stateMachineArn=s.stage.output("training", "ServingUpdateArn"), input="{}"
    ),
}  # fmt: skip


def request_for(action: str, on: str) -> Request | None:
    """The request that needs an action on some resources."""
    return REQUESTS.get(f"{action} {on}", REQUESTS.get(action))
