"""The second table of docs/permissions.md: for every action that the stacks grant a role, what of a model's life fails without it.

What services do with their roles is shown by steps of the life (`steps.py`), what people do with theirs by requests of their own
(`calls.py`). What the sandbox does not ask for cannot be shown; it is said, with AWS's page.
"""

from dataclasses import dataclass

from tests.faults import steps
from tests.faults.steps import Step

ROLES_PAGE = "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html"
SQS_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"
DESTINATIONS_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"
EXECUTION_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"
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
    },
    "LauncherLaunchTrainingRole": {
        **_OWN_LOG,
        "sagemaker:CreateTrainingJob": shown(steps.launches, "no job starts"),
        "sagemaker:AddTags": shown(steps.launches, "no job starts: the stage's tags are a part of it"),
        "sagemaker:DescribeTrainingJob": shown(steps.launches, "no job starts: whether the request has one already cannot be seen"),
        "iam:PassRole": shown(steps.launches, "no job starts: it would have no role"),
        "s3:ListBucket": shown(steps.launches, "no job starts: the corpus cannot be found"),
        "s3:GetObject": shown(steps.launches, "no job starts: the corpus cannot be checked"),
        "kms:Decrypt": shown(steps.launches, "no job starts: the encrypted corpus cannot be checked"),
        "kms:GenerateDataKey": _DEAD_LETTER_KEY,
        "sqs:SendMessage": unseen("function-queues", DESTINATIONS_PAGE, "the event of a refused upload is lost"),
    },
    "PromotionPromoteModelRole": {
        **_OWN_LOG,
        "sagemaker:DescribeTrainingJob": shown(steps.promotes, "nothing is promoted: the job cannot be looked up"),
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
