"""The second table of docs/permissions.md: for every action that the stacks grant a role, what of a model's life fails without it.

What services do with their roles is shown by steps of the life (`steps.py`), what people do with theirs by requests of their own
(`calls.py`). What the sandbox does not ask for cannot be shown; it is said, with AWS's page.
"""

from dataclasses import dataclass

from tests.faults import registry_steps, steps
from tests.faults.stage import APPROVED, EVERYTHING
from tests.faults.steps import Step

ROLES_PAGE = "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html"
SQS_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"
DESTINATIONS_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"
EXECUTION_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"
REGISTRY_PAGE = "https://docs.aws.amazon.com/sagemaker/latest/dg/security-iam-awsmanpol-model-registry.html"
QUEUE_KEYS_PAGE = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"
PARTS_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html"
MISSING_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"


@dataclass(frozen=True)
class Need:
    """Why an action is granted.

    Attributes:
        fails: what fails without it.
        step: what shows that; none for people, whose request is in `calls.py`.
        words: what is said without it, where that is not IAM's refusal.
        unseen: the gap of sandbox/data/unenforced.json that keeps the sandbox from showing it; `""` when it is shown.
        page: AWS's page that asks for it, when it is unseen.
    """

    fails: str
    step: Step | None = None
    words: str = ""
    unseen: str = ""
    page: str = ""


def shown(step: Step, fails: str, words: str = "") -> Need:
    return Need(fails, step, words)


def unseen(gap: str, page: str, fails: str) -> Need:
    return Need(fails, unseen=gap, page=page)


_OWN_LOG = {action: unseen("function-logs", EXECUTION_PAGE, "the function's log stays empty")
            for action in ("logs:CreateLogStream", "logs:PutLogEvents")}  # fmt: skip
_INTERFACES = {
    **{
        f"ec2:{what}": unseen("network-interfaces", ROLES_PAGE, "it cannot be placed in the account's subnets, or leaves interfaces there")
        for what in (
            "CreateNetworkInterface",
            "CreateNetworkInterfacePermission",
            "DeleteNetworkInterface",
            "DeleteNetworkInterfacePermission",
        )
    },
    **{
        f"ec2:Describe{what}": unseen("network-interfaces", ROLES_PAGE, "SageMaker cannot look at the account's network")
        for what in ("NetworkInterfaces", "Vpcs", "DhcpOptions", "Subnets", "SecurityGroups")
    },
}
_VOLUME = unseen("volumes", ROLES_PAGE, "the volumes cannot be encrypted with the key")
_NO_LOG = "gets no log lines"
_DEAD_LETTER_KEY = unseen("keys-elsewhere", QUEUE_KEYS_PAGE, "a dead letter cannot be written to the encrypted queue")

# Role, then action, and after it the resources where the same action is granted twice.
SERVICES: dict[str, dict[str, Need]] = {
    "ExecutionRole": {
        **_INTERFACES,
        "s3:ListBucket": shown(steps.trains, "SageMaker refuses the job: it sees no corpus", "No S3 objects found under S3 URL"),
        "s3:GetObject": shown(steps.trains, "the job fails at the download of its corpus"),
        "s3:PutObject": shown(steps.trains, "the job fails at the upload of its artifact"),
        "s3:AbortMultipartUpload": unseen(
            "large-artifacts", PARTS_PAGE, "a large artifact that was not stored leaves its parts, and a bill"
        ),
        "logs:CreateLogGroup": shown(steps.trains, "the first job of an account has no log", _NO_LOG),
        "logs:CreateLogStream": shown(steps.trains, "the job has no log", _NO_LOG),
        "logs:PutLogEvents": shown(steps.trains, "the job has no log"),
        "logs:DescribeLogStreams": unseen("log-streams", ROLES_PAGE, "SageMaker cannot look for the job's log stream"),
        "cloudwatch:PutMetricData": shown(steps.trains, "the job's metrics are not in CloudWatch"),
        "kms:Decrypt": shown(steps.trains, "the job fails at the download of an encrypted corpus"),
        "kms:GenerateDataKey": shown(steps.trains, "the job fails at the upload of an encrypted artifact"),
        "kms:Encrypt": unseen("volumes", ROLES_PAGE, "SageMaker's page names it for a job's output"),
        "kms:CreateGrant": _VOLUME,
    },
    "HostingRole": {
        **_INTERFACES,
        "s3:ListBucket": unseen("listed-models", ROLES_PAGE, "SageMaker's page names it for models"),
        "s3:GetObject": shown(steps.serves, "SageMaker refuses the model: it cannot read the artifact", "Could not access model data"),
        "logs:CreateLogStream": shown(steps.serves, "the endpoint has no log", _NO_LOG),
        "logs:PutLogEvents": shown(steps.serves, "the endpoint has no log"),
        "logs:DescribeLogStreams": unseen("log-streams", ROLES_PAGE, "SageMaker cannot look for the endpoint's log stream"),
        "cloudwatch:PutMetricData": unseen("endpoint-metrics", ROLES_PAGE, "the instances' metrics are not in CloudWatch"),
        "cloudwatch:DescribeAlarms": shown(steps.serves, "the update of the endpoint goes back: its rollback alarms cannot be read"),
        "kms:Decrypt": shown(steps.serves, "SageMaker refuses the model: its artifact is encrypted", "Could not access model data"),
        "kms:CreateGrant": _VOLUME,
        "s3:PutObject": shown(steps.captures, "what the endpoint was asked is not captured"),
        "kms:GenerateDataKey": shown(steps.captures, "what the endpoint was asked is not captured in an encrypted bucket"),
    },
    "TransformRole": {
        **_INTERFACES,
        "s3:ListBucket": shown(steps.transforms, "the job fails: it sees nothing to predict", "Unable to list objects"),
        "s3:GetObject": shown(steps.transforms, "no job starts: SageMaker cannot read the artifact", "make the model of the transform job"),
        "s3:PutObject": shown(steps.transforms, "the job fails at the upload of its results", "Unable to upload object"),
        "s3:AbortMultipartUpload": unseen(
            "large-artifacts", PARTS_PAGE, "large results that were not stored leave their parts, and a bill"
        ),
        "logs:CreateLogGroup": shown(steps.transforms, "the first transform job of an account has no log", _NO_LOG),
        "logs:CreateLogStream": shown(steps.transforms, "the job has no log", _NO_LOG),
        "logs:PutLogEvents": shown(steps.transforms, "the job has no log"),
        "logs:DescribeLogStreams": unseen("log-streams", ROLES_PAGE, "SageMaker cannot look for the job's log stream"),
        "cloudwatch:PutMetricData": unseen("endpoint-metrics", ROLES_PAGE, "the instances' metrics are not in CloudWatch"),
        "kms:Decrypt": shown(steps.transforms, "no job starts: the artifact is encrypted", "make the model of the transform job"),
        "kms:GenerateDataKey": shown(steps.transforms, "the job fails at the upload of encrypted results", "Unable to upload object"),
        "kms:Encrypt": unseen("volumes", ROLES_PAGE, "SageMaker's page names it for a job's output"),
        "kms:CreateGrant": _VOLUME,
    },
    "ProcessingRole": {
        **_INTERFACES,
        "s3:ListBucket": shown(steps.processes, "the job fails: it sees neither its code nor the raw text", "s3:ListBucket"),
        "s3:GetObject": shown(steps.processes, "the job fails: it cannot read its code, or the raw text"),
        "s3:PutObject": shown(steps.processes, "the job fails: its tasks leave nothing"),
        "s3:DeleteObject": shown(steps.processes, "what the tasks made stays for a week", "was not removed, and expires"),
        "s3:AbortMultipartUpload": unseen("large-artifacts", PARTS_PAGE, "what was not put together leaves its parts, and a bill"),
        "logs:CreateLogGroup": shown(steps.processes, "the first processing job of an account has no log", _NO_LOG),
        "logs:CreateLogStream": shown(steps.processes, "the job has no log", _NO_LOG),
        "logs:PutLogEvents": shown(steps.processes, "the job has no log"),
        "logs:DescribeLogStreams": unseen("log-streams", ROLES_PAGE, "SageMaker cannot look for the job's log stream"),
        "cloudwatch:PutMetricData": unseen("endpoint-metrics", ROLES_PAGE, "the instances' metrics are not in CloudWatch"),
        "kms:Decrypt": shown(steps.processes, "the job fails: its code and the raw text are encrypted"),
        "kms:GenerateDataKey": shown(steps.processes, "the job fails: what its tasks leave cannot be encrypted"),
        "kms:CreateGrant": _VOLUME,
    },
    "ScheduleRole": {"states:StartExecution": shown(steps.resumes, "the endpoint neither pauses nor resumes by itself")},
    "LauncherLaunchTrainingRole": {
        **_OWN_LOG,
        "sagemaker:CreateTrainingJob": shown(steps.launches, "no job starts"),
        "sagemaker:AddTags": shown(steps.launches, "no job starts: the stage's tags are a part of it"),
        "sagemaker:DescribeTrainingJob": shown(steps.launches, "no job starts: whether the request has one already cannot be seen"),
        "sagemaker:ListTags": shown(steps.launches_named, "a chosen name that exists is refused: whose request has it cannot be seen"),
        "iam:PassRole": shown(steps.launches, "no job starts: it would have no role"),
        "s3:ListBucket": shown(steps.launches, "no job starts: the corpus cannot be found"),
        "s3:GetObject": shown(steps.launches, "no job starts: the corpus cannot be checked"),
        "kms:Decrypt": shown(steps.launches, "no job starts: the encrypted corpus cannot be checked"),
        "kms:GenerateDataKey": _DEAD_LETTER_KEY,
        "sqs:SendMessage": unseen("function-queues", DESTINATIONS_PAGE, "the event of a refused upload is lost"),
    },
    "TunerLaunchTuningRole": {
        **_OWN_LOG,
        "sagemaker:CreateHyperParameterTuningJob": shown(steps.tunes, "no tuning job starts"),
        "sagemaker:AddTags": shown(steps.tunes, "no tuning job starts: the stage's tags are a part of it"),
        "sagemaker:DescribeHyperParameterTuningJob": shown(
            steps.tunes, "no tuning job starts: whether the request has one already cannot be seen"
        ),
        "sagemaker:ListTags": shown(
            steps.tunes, "nothing is learnt from an earlier tuning job, whose corpus cannot be seen; a chosen name that exists is refused"
        ),
        "iam:PassRole": shown(steps.tunes, "no tuning job starts: its training jobs would have no role"),
        "s3:ListBucket": shown(steps.tunes, "no tuning job starts: the corpus cannot be found"),
        "s3:GetObject": shown(steps.tunes, "no tuning job starts: the corpus cannot be checked"),
        "kms:Decrypt": shown(steps.tunes, "no tuning job starts: the encrypted corpus cannot be checked"),
    },
    "TransformerLaunchTransformRole": {
        **_OWN_LOG,
        "sagemaker:CreateTransformJob": shown(steps.transforms, "no transform job starts"),
        "sagemaker:DescribeTransformJob": shown(
            steps.transforms, "no transform job starts: whether the request has one already cannot be seen"
        ),
        "sagemaker:CreateModel": shown(steps.transforms, "no transform job starts: it would have no model"),
        "sagemaker:DeleteModel": shown(steps.transforms, "the model of a transform job stays after it"),
        "sagemaker:AddTags": shown(steps.transforms, "no transform job starts: the stage's tags are a part of it"),
        "iam:PassRole": shown(steps.transforms, "no transform job starts: its model would have no role"),
        "s3:ListBucket": shown(steps.transforms, "no transform job starts: what it predicts cannot be found"),
        "s3:GetObject": shown(steps.transforms, "no transform job starts: what it predicts cannot be checked"),
        "kms:Decrypt": shown(steps.transforms, "no transform job starts: what it predicts is encrypted"),
    },
    "ProcessorLaunchProcessingRole": {
        **_OWN_LOG,
        "sagemaker:CreateProcessingJob": shown(steps.processes, "no processing job starts"),
        "sagemaker:DescribeProcessingJob": shown(
            steps.processes, "no processing job starts: whether the request has one already cannot be seen"
        ),
        "sagemaker:AddTags": shown(steps.processes, "no processing job starts: the stage's tags are a part of it"),
        "iam:PassRole": shown(steps.processes, "no processing job starts: it would have no role"),
        "s3:ListBucket": shown(steps.processes, "no processing job starts: its sources cannot be found"),
        "s3:GetObject": shown(steps.processes, "a job whose corpus is there is not found: which request made it cannot be seen", "403"),
    },
    "PromotionPromoteModelRole": {
        **_OWN_LOG,
        "sagemaker:DescribeTrainingJob": shown(steps.promotes, "nothing is promoted: the job cannot be looked up"),
        "sagemaker:DescribeHyperParameterTuningJob": shown(
            steps.promotes_tuned, "nothing that was tuned is promoted: the best training job cannot be looked up"
        ),
        "sagemaker:ListTags": shown(steps.promotes, "nothing is promoted: whose job it is cannot be seen"),
        "sagemaker:AddTags": shown(steps.notes, "why a job was not promoted is not noted"),
        "sagemaker:DescribeEndpoint": shown(steps.promotes, "nothing is promoted: the endpoint cannot be compared with its stack"),
        "s3:GetObject": shown(steps.promotes, "nothing is promoted: whether the artifact is there cannot be seen", "403: Forbidden"),
        "s3:ListBucket": unseen("missing-objects", MISSING_PAGE, "a missing artifact is taken for a missing permission"),
        "cloudformation:DescribeStacks": shown(steps.promotes, "nothing is promoted: the serving stack cannot be looked at"),
        "states:StartExecution": shown(steps.promotes, "nothing is promoted: the update cannot be started"),
        "states:DescribeExecution": shown(steps.promotes, "how the update began is not known: it is a dead letter, though it goes on"),
        "sns:Publish": shown(steps.promotes, "nobody is told"),
        "sqs:SendMessage": shown(steps.buries, "what can never be done is delivered again and again"),
        "sqs:ChangeMessageVisibility": shown(steps.postpones, "a message that has to wait comes back late: after the visibility timeout"),
        "sqs:ReceiveMessage": unseen("function-queues", SQS_PAGE, "no message reaches the function"),
        "sqs:DeleteMessage": unseen("function-queues", SQS_PAGE, "every message comes again"),
        "sqs:GetQueueAttributes": unseen("function-queues", SQS_PAGE, "Lambda does not take the queue as a source"),
        "kms:Decrypt": unseen("keys-elsewhere", QUEUE_KEYS_PAGE, "encrypted messages cannot be read"),
        "kms:GenerateDataKey": _DEAD_LETTER_KEY,
    },
    "PromotionServingUpdateRole": {"cloudformation:UpdateStack": shown(steps.promotes, "nothing is promoted, rolled back or paused")},
    "JobCleanupFunctionRole": {
        **_OWN_LOG,
        "sagemaker:ListTrainingJobs": shown(steps.stops_jobs, "`cdk destroy` fails: what runs cannot be seen"),
        "sagemaker:ListHyperParameterTuningJobs": shown(steps.stops_jobs, "`cdk destroy` fails: what is tuned cannot be seen"),
        "sagemaker:StopHyperParameterTuningJob": shown(steps.stops_jobs, "`cdk destroy` fails: a running tuning job cannot be stopped"),
        "sagemaker:DeleteHyperParameterTuningJob": shown(
            steps.stops_jobs, "`cdk destroy` fails with `deleteData`: the records of tuning jobs stay"
        ),
        "sagemaker:ListTransformJobs": shown(steps.stops_jobs, "`cdk destroy` fails: what is transformed cannot be seen"),
        "sagemaker:StopTransformJob": shown(steps.stops_jobs, "`cdk destroy` fails: a running transform job cannot be stopped"),
        "sagemaker:ListProcessingJobs": shown(steps.stops_jobs, "`cdk destroy` fails: which corpora are prepared cannot be seen"),
        "sagemaker:StopProcessingJob": shown(steps.stops_jobs, "`cdk destroy` fails: a running processing job cannot be stopped"),
        "sagemaker:DeleteProcessingJob": shown(
            steps.stops_jobs, "`cdk destroy` fails with `deleteData`: the records of processing jobs stay"
        ),
        "sagemaker:ListModels": shown(steps.stops_jobs, "`cdk destroy` fails: the models of transform jobs cannot be seen"),
        "sagemaker:DeleteModel": shown(steps.stops_jobs, "`cdk destroy` fails: the models of transform jobs stay"),
        "sagemaker:ListTags": shown(steps.stops_jobs, "`cdk destroy` fails: whose jobs they are cannot be seen"),
        "sagemaker:StopTrainingJob": shown(steps.stops_jobs, "`cdk destroy` fails: a running job cannot be stopped"),
        "sagemaker:DeleteTrainingJob": shown(steps.stops_jobs, "`cdk destroy` fails with `deleteData`: the records of jobs stay"),
        "logs:DescribeLogStreams": shown(steps.stops_jobs, "`cdk destroy` fails with `deleteData`: the logs of jobs cannot be found"),
        "logs:DeleteLogStream": shown(steps.stops_jobs, "`cdk destroy` fails with `deleteData`: the logs of jobs stay"),
    },
    "RetirementRetireRole": {
        **_OWN_LOG,
        "s3:ListBucketVersions": shown(steps.empties_the_bucket, "`cdk destroy` fails: what is in the bucket cannot be seen"),
        "s3:ListBucketMultipartUploads": shown(steps.empties_the_bucket, "`cdk destroy` fails: unfinished uploads cannot be seen"),
        "s3:DeleteObject": shown(steps.empties_the_bucket, "`cdk destroy` fails: S3 asks for it with every deletion"),
        "s3:DeleteObjectVersion": shown(steps.empties_the_bucket, "`cdk destroy` fails: versions stay"),
        "s3:AbortMultipartUpload": shown(steps.empties_the_bucket, "`cdk destroy` fails: unfinished uploads stay"),
    },
}

_REGISTRY = "a run is not registered"
# The same of a stage whose models a person approves, for the roles that may do something else there.
APPROVAL: dict[str, dict[str, Need]] = {
    "PromotionPromoteModelRole": {
        **{action: need for action, need in SERVICES["PromotionPromoteModelRole"].items() if need.unseen},
        "sagemaker:DescribeTrainingJob": shown(registry_steps.registers, f"{_REGISTRY}: its job cannot be looked up"),
        "sagemaker:DescribeHyperParameterTuningJob": shown(
            registry_steps.registers_tuned, "nothing that was tuned is registered: the best training job cannot be looked up"
        ),
        "sagemaker:ListTags": shown(registry_steps.registers, f"{_REGISTRY}: whose job it is cannot be seen"),
        "sagemaker:AddTags": shown(steps.notes, "why a job was rejected is not noted"),
        "s3:GetObject": shown(registry_steps.registers, f"{_REGISTRY}: whether the artifact is there cannot be seen", "403: Forbidden"),
        "cloudformation:DescribeStacks": shown(registry_steps.registers, f"{_REGISTRY}: the serving stack cannot be looked at"),
        "s3:PutObject": shown(registry_steps.registers, f"{_REGISTRY}: its metrics cannot be written beside its artifact"),
        "kms:GenerateDataKey": shown(registry_steps.registers, f"{_REGISTRY}: its metrics cannot be written to an encrypted bucket"),
        "sagemaker:ListModelPackages": shown(registry_steps.registers, f"{_REGISTRY}: whether it is one already cannot be seen"),
        "sagemaker:CreateModelPackage": shown(registry_steps.registers, "no run is registered"),
        "sagemaker:DescribeModelPackage": shown(registry_steps.registers, "nobody is told of a run that was registered"),
        "sns:Publish": shown(registry_steps.registers, "nobody is told"),
        "sagemaker:DescribeEndpoint": shown(registry_steps.approves, "nothing approved is promoted: the endpoint cannot be compared"),
        "states:StartExecution": shown(registry_steps.approves, "nothing approved is promoted: the update cannot be started"),
        "states:DescribeExecution": shown(registry_steps.approves, "how the update began is not known: it is a dead letter"),
        "sqs:SendMessage": shown(steps.buries, "what can never be done is delivered again and again"),
        "sqs:ChangeMessageVisibility": shown(steps.postpones, "a message that has to wait comes back late: after the visibility timeout"),
        **{action: unseen("registered-models", REGISTRY_PAGE, f"{_REGISTRY}: its image cannot be looked at")
           for action in ("ecr:BatchGetImage", "ecr:DescribeImages")},
        **{action: unseen("registered-models", REGISTRY_PAGE, f"{_REGISTRY}: its record cannot be encrypted with the key")
           for action in ("kms:DescribeKey", "kms:CreateGrant")},
    },
    "ModelRegistryCleanupRole": {
        **_OWN_LOG,
        "sagemaker:ListModelPackages": shown(registry_steps.deletes_versions, "`cdk destroy` fails: the versions cannot be seen"),
        "sagemaker:DeleteModelPackage": shown(registry_steps.deletes_versions, "`cdk destroy` fails: the versions and their group stay"),
    },
}  # fmt: skip
# By the name of the stage.
NEEDS = {EVERYTHING: SERVICES, APPROVED: {**SERVICES, **APPROVAL}}
