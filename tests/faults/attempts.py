"""What somebody with more on their mind than their part would try, and the few who may."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.calls import TAG, Client, Scene

EXECUTION, HOSTING = "ExecutionRole", "HostingRole"
LAUNCHER, PROMOTER, MACHINE = "LauncherLaunchTrainingRole", "PromotionPromoteModelRole", "PromotionServingUpdateRole"
STOPPER, EMPTIER = "JobCleanupFunctionRole", "RetirementRetireRole"
TUNER = "TunerLaunchTuningRole"
TRANSFORM, TRANSFORMER = "TransformRole", "TransformerLaunchTransformRole"
PROCESSING, PROCESSOR = "ProcessingRole", "ProcessorLaunchProcessingRole"
NOTEBOOK, LOOKING, SCIENTIST, OPERATOR = "NotebookRole", "PeopleReadOnly", "PeopleDataScientist", "PeopleOperator"
COMPARISON, PIPELINE = "Comparison", "Pipeline"
SCHEDULE, CLEANER = "ScheduleRole", "ModelRegistryCleanupRole"
PEOPLE = (NOTEBOOK, LOOKING, SCIENTIST, OPERATOR)
# The roles as docs/permissions.md calls them, in its order.
NAMES = {
    EXECUTION: "training jobs",
    HOSTING: "endpoint",
    TRANSFORM: "transform jobs",
    PROCESSING: "processing jobs",
    LAUNCHER: "`launch_training`",
    TUNER: "`launch_tuning`",
    TRANSFORMER: "`launch_transform`",
    PROCESSOR: "`launch_processing`",
    PROMOTER: "`promote_model`",
    MACHINE: "state machine",
    SCHEDULE: "schedules",
    STOPPER: "`stop_training_jobs`",
    EMPTIER: "`empty_bucket`",
    CLEANER: "`delete_model_versions`",
    NOTEBOOK: "notebook role",
    LOOKING: "read-only",
    SCIENTIST: "data scientist",
    OPERATOR: "operator",
    COMPARISON: "GitHub, comparing",
    PIPELINE: "GitHub, deploying",
}


@dataclass(frozen=True)
class Attempt:
    """Something that most roles must be refused.

    Attributes:
        what: in words.
        call: does it, as somebody.
        may: the roles that may, by their part.
    """

    what: str
    call: Callable[[Client, Scene], object]
    may: tuple[str, ...] = ()


def longer(scene: Scene) -> dict[str, object]:
    return scene.stage.job_request(scene.stage.fresh(), StoppingCondition={"MaxRuntimeInSeconds": 86_401})


ALL = (
    # --- objects
    Attempt("read a corpus", lambda c, s: c("s3").get_object(**s.corpus), (EXECUTION, PROCESSING, LAUNCHER, TUNER, *PEOPLE)),
    Attempt("write a corpus", lambda c, s: c("s3").put_object(**s.upload, Body=b"1"), (PROCESSING, NOTEBOOK, SCIENTIST)),
    Attempt("read raw text", lambda c, s: c("s3").get_object(Bucket=s.stage.bucket, Key="raw/x"), (PROCESSING,)),
    Attempt("write raw text", lambda c, s: c("s3").put_object(Bucket=s.stage.bucket, Key="raw/x", Body=b"1")),
    Attempt("read an artifact", lambda c, s: c("s3").get_object(**s.artifact), (HOSTING, TRANSFORM, TRANSFORMER, PROMOTER, *PEOPLE)),
    Attempt("write an artifact", lambda c, s: c("s3").put_object(Bucket=s.stage.bucket, Key="runs/x/x", Body=b"1"), (EXECUTION,)),
    Attempt("read a captured request", lambda c, s: c("s3").get_object(Bucket=s.stage.bucket, Key="captured/x")),
    Attempt("write a captured request", lambda c, s: c("s3").put_object(Bucket=s.stage.bucket, Key="captured/x", Body=b"1"), (HOSTING,)),
    Attempt("delete an artifact", lambda c, s: c("s3").delete_object(Bucket=s.stage.bucket, Key="runs/x/x"), (EMPTIER,)),
    Attempt("change the bucket's policy", lambda c, s: c("s3").put_bucket_policy(Bucket=s.stage.bucket, Policy="{}")),
    Attempt("delete the bucket", lambda c, s: c("s3").delete_bucket(Bucket=s.stage.bucket)),
    Attempt("list another bucket", lambda c, s: c("s3").list_objects_v2(Bucket=s.elsewhere)),
    Attempt("read an object of another bucket", lambda c, s: c("s3").get_object(Bucket=s.elsewhere, Key="corpora/a")),
    Attempt("write an object of another bucket", lambda c, s: c("s3").put_object(Bucket=s.elsewhere, Key="runs/a", Body=b"1")),
    Attempt("delete an object of another bucket", lambda c, s: c("s3").delete_object(Bucket=s.elsewhere, Key="runs/a")),
    # --- jobs
    Attempt(
        "start a training job",
        lambda c, s: c("sagemaker").create_training_job(**s.stage.job_request(s.stage.fresh())),
        (LAUNCHER, NOTEBOOK),
    ),
    Attempt("start a job that runs longer than the limit", lambda c, s: c("sagemaker").create_training_job(**longer(s))),
    Attempt("start a job of another stage", lambda c, s: c("sagemaker").create_training_job(**s.stage.job_request("blazingtext-b-x"))),
    Attempt(
        "start a job with another role",
        lambda c, s: c("sagemaker").create_training_job(**s.stage.job_request(s.stage.fresh(), role=s.administrator)),
    ),
    Attempt("stop a job", lambda c, s: c("sagemaker").stop_training_job(TrainingJobName=s.job), (STOPPER, NOTEBOOK, SCIENTIST, OPERATOR)),
    Attempt("stop a job of another stage", lambda c, _: c("sagemaker").stop_training_job(TrainingJobName="blazingtext-b-x")),
    Attempt("delete the record of a job", lambda c, s: c("sagemaker").delete_training_job(TrainingJobName=s.stage.fresh()), (STOPPER,)),
    Attempt(
        "tag a job as it likes",
        lambda c, s: c("sagemaker").add_tags(ResourceArn=s.arn("training-job", s.job), Tags=TAG),
        (LAUNCHER, NOTEBOOK),
    ),
    Attempt(
        "start a tuning job",
        lambda c, s: c("sagemaker").create_hyper_parameter_tuning_job(**s.tuning_request(s.stage.fresh())),
        (TUNER, NOTEBOOK),
    ),
    Attempt(
        "start a tuning job of another stage",
        lambda c, s: c("sagemaker").create_hyper_parameter_tuning_job(**s.tuning_request("blazingtext-b-t")),
    ),
    Attempt(
        "stop a tuning job",
        lambda c, s: c("sagemaker").stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=s.tuning),
        (STOPPER, NOTEBOOK, SCIENTIST, OPERATOR),
    ),
    Attempt(
        "delete the record of a tuning job",
        lambda c, s: c("sagemaker").delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=s.stage.fresh()),
        (STOPPER,),
    ),
    Attempt(
        "start a transform job",
        lambda c, s: c("sagemaker").create_transform_job(**s.transform_request(s.stage.fresh())),
        (TRANSFORMER, NOTEBOOK),
    ),
    Attempt(
        "start a transform job of another stage",
        lambda c, s: c("sagemaker").create_transform_job(**s.transform_request("blazingtext-b-t")),
    ),
    Attempt(
        "stop a transform job",
        lambda c, s: c("sagemaker").stop_transform_job(TransformJobName=s.transform),
        (STOPPER, NOTEBOOK, SCIENTIST, OPERATOR),
    ),
    Attempt(
        "start a processing job",
        lambda c, s: c("sagemaker").create_processing_job(**s.processing_request(s.stage.fresh())),
        (PROCESSOR,),
    ),
    Attempt(
        "start a processing job of another stage",
        lambda c, s: c("sagemaker").create_processing_job(**s.processing_request("blazingtext-b-p")),
    ),
    Attempt(
        "stop a processing job",
        lambda c, s: c("sagemaker").stop_processing_job(ProcessingJobName=s.processing),
        (STOPPER, SCIENTIST, OPERATOR),
    ),
    # --- the live endpoint and its stack
    Attempt(
        "ask the live endpoint",
        lambda c, s: c("sagemaker-runtime").invoke_endpoint(EndpointName=s.live, Body=b"{}"),
        (NOTEBOOK, SCIENTIST, OPERATOR),
    ),
    Attempt("delete the live endpoint", lambda c, s: c("sagemaker").delete_endpoint(EndpointName=s.live)),
    Attempt(
        "give the live endpoint another configuration",
        lambda c, s: c("sagemaker").update_endpoint(EndpointName=s.live, EndpointConfigName=s.own),
    ),
    Attempt(
        "update the serving stack itself",
        lambda c, s: c("cloudformation").update_stack(StackName=s.stage.stack("serving"), UsePreviousTemplate=True),
        (MACHINE,),
    ),
    Attempt(
        "have the serving stack updated",
        lambda c, s: c("stepfunctions").start_execution(stateMachineArn=s.stage.output("training", "ServingUpdateArn"), input="{}"),
        (PROMOTER, SCHEDULE, OPERATOR),
    ),
    Attempt("change a schedule", lambda c, s: c("scheduler").update_schedule(**s.schedule)),
    Attempt(
        "change the state machine",
        lambda c, s: c("stepfunctions").update_state_machine(
            stateMachineArn=s.stage.output("training", "ServingUpdateArn"), definition="{}"
        ),
    ),
    Attempt("delete the serving stack", lambda c, s: c("cloudformation").delete_stack(StackName=s.stage.stack("serving"))),
    Attempt(
        "update the training stack",
        lambda c, s: c("cloudformation").update_stack(StackName=s.stage.stack("training"), UsePreviousTemplate=True),
    ),
    Attempt(
        "update the serving stack of another stage",
        lambda c, _: c("cloudformation").update_stack(StackName="blazingtext-b-serving", UsePreviousTemplate=True),
    ),
    Attempt(
        "make a change set of the serving stack",
        lambda c, s: c("cloudformation").create_change_set(
            StackName=s.stage.stack("serving"), ChangeSetName="mine", UsePreviousTemplate=True
        ),
    ),
    # --- permissions and keys
    Attempt("make a role", lambda c, _: c("iam").create_role(RoleName="mine", AssumeRolePolicyDocument="{}")),
    Attempt(
        "give a role a policy",
        lambda c, s: c("iam").put_role_policy(RoleName=s.role(EXECUTION), PolicyName="mine", PolicyDocument="{}"),
    ),
    Attempt(
        "attach a managed policy",
        lambda c, s: c("iam").attach_role_policy(RoleName=s.role(EXECUTION), PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    Attempt(
        "change who may assume a role",
        lambda c, s: c("iam").update_assume_role_policy(RoleName=s.role(EXECUTION), PolicyDocument="{}"),
    ),
    Attempt("make an access key", lambda c, _: c("iam").create_access_key(UserName="somebody")),
    Attempt(
        "assume the jobs' role",
        lambda c, s: c("sts").assume_role(RoleArn=s.stage.output("training", "TrainingRoleArn"), RoleSessionName="mine"),
    ),
    Attempt("assume an administrator's role", lambda c, s: c("sts").assume_role(RoleArn=s.administrator, RoleSessionName="mine")),
    Attempt(
        "assume the bootstrap's role that reads",
        lambda c, s: c("sts").assume_role(RoleArn=s.bootstrap_role("lookup"), RoleSessionName="mine"),
        (COMPARISON, PIPELINE),
    ),
    Attempt(
        "assume the bootstrap's role that deploys",
        lambda c, s: c("sts").assume_role(RoleArn=s.bootstrap_role("deploy"), RoleSessionName="mine"),
        (PIPELINE,),
    ),
    Attempt("delete the key", lambda c, s: c("kms").schedule_key_deletion(KeyId=s.key)),
    Attempt("change the key's policy", lambda c, s: c("kms").put_key_policy(KeyId=s.key, PolicyName="default", Policy="{}")),
    # --- functions, messages, logs, alarms
    Attempt(
        "call the launcher",
        lambda c, s: c("lambda").invoke(
            FunctionName=s.stage.function("LauncherLaunchTrainingFunction"), Payload=json.dumps({"corpus": "wiki", "dryRun": True}).encode()
        ),
        (SCIENTIST,),
    ),
    Attempt(
        "call the function that tunes",
        lambda c, s: c("lambda").invoke(FunctionName=s.stage.function("TunerLaunchTuningFunction"), Payload=b'{"dryRun": true}'),
        (SCIENTIST,),
    ),
    Attempt(
        "call the promoter",
        lambda c, s: c("lambda").invoke(FunctionName=s.stage.function("PromotionPromoteModelFunction"), Payload=b'{"Records": []}'),
    ),
    Attempt(
        "change the code of a function",
        lambda c, s: c("lambda").update_function_code(FunctionName=s.stage.function("LauncherLaunchTrainingFunction"), ZipFile=b""),
    ),
    Attempt(
        "change the settings of a function",
        lambda c, s: c("lambda").update_function_configuration(
            FunctionName=s.stage.function("LauncherLaunchTrainingFunction"), Environment={"Variables": {}}
        ),
    ),
    Attempt(
        "write to the promotion queue",
        lambda c, s: c("sqs").send_message(QueueUrl=s.queue("PromotionQueueUrl"), MessageBody="m"),
        (OPERATOR,),
    ),
    Attempt(
        "write to the dead-letter queue",
        lambda c, s: c("sqs").send_message(QueueUrl=s.queue(), MessageBody="m"),
        (LAUNCHER, PROMOTER, OPERATOR),
    ),
    Attempt("purge a queue", lambda c, s: c("sqs").purge_queue(QueueUrl=s.queue("PromotionQueueUrl"))),
    Attempt("publish to the topic", lambda c, s: c("sns").publish(TopicArn=s.topic, Message="m"), (PROMOTER,)),
    Attempt("delete the topic", lambda c, s: c("sns").delete_topic(TopicArn=s.topic)),
    Attempt("read the logs of jobs", lambda c, _: c("logs").filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs"), PEOPLE),
    Attempt(
        "delete the log of a job of another stage",
        lambda c, _: c("logs").delete_log_stream(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName="blazingtext-b-x/algo-1"),
    ),
    Attempt("delete a log group", lambda c, _: c("logs").delete_log_group(logGroupName="/aws/sagemaker/TrainingJobs")),
    Attempt("publish metrics of its own", lambda c, _: c("cloudwatch").put_metric_data(Namespace="mine", MetricData=[{"MetricName": "m"}])),
    Attempt("silence an alarm", lambda c, _: c("cloudwatch").disable_alarm_actions(AlarmNames=["any"])),
    Attempt("disable a rule", lambda c, _: c("events").disable_rule(Name="any")),
    Attempt("read a parameter", lambda c, _: c("ssm").get_parameter(Name="/cdk-bootstrap/blzgtxt/version")),
)
# Those of a stage whose models a person approves.
REGISTRY = (
    Attempt(
        "look at a version of the model registry",
        lambda c, s: c("sagemaker").describe_model_package(ModelPackageName=s.version),
        (PROMOTER, LOOKING, SCIENTIST, OPERATOR),
    ),
    Attempt(
        "register a version that waits for approval",
        lambda c, s: c("sagemaker").create_model_package(**s.version_request("PendingManualApproval")),
        (PROMOTER,),
    ),
    Attempt("register a version as approved", lambda c, s: c("sagemaker").create_model_package(**s.version_request("Approved"))),
    Attempt(
        "approve a version",
        lambda c, s: c("sagemaker").update_model_package(ModelPackageArn=s.version, ModelApprovalStatus="Approved"),
        (OPERATOR,),
    ),
    Attempt("delete a version", lambda c, s: c("sagemaker").delete_model_package(ModelPackageName=s.version), (CLEANER,)),
    Attempt(
        "delete a version of another stage",
        lambda c, s: c("sagemaker").delete_model_package(ModelPackageName=s.arn("model-package", "blazingtext-b-models-x/1")),
    ),
    Attempt("delete the group", lambda c, s: c("sagemaker").delete_model_package_group(ModelPackageGroupName=s.stage.group)),
)
