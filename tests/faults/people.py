"""What people with a role of the stacks cannot do without one of its actions; `calls.py` has the request that shows it."""

from tests.faults.grants import Grant
from tests.faults.needs import NEEDS, QUEUE_KEYS_PAGE, Need
from tests.faults.stage import EVERYTHING

PEOPLE = ("NotebookRole", "PeopleReadOnly", "PeopleDataScientist", "PeopleOperator")
PIPELINES = ("Comparison", "Pipeline")
# Action, and its resources where these make a difference, to what cannot be done without it.
_FAILS = {
    "cloudformation:DescribeStacks": "look up the stage: every command begins with it",
    "cloudformation:DescribeStackEvents": "read why an update of a stack failed",
    "cloudformation:DescribeStackResources": "see what a stack consists of",
    "cloudformation:GetTemplate": "look for drift: the deployed template is what it is compared with",
    "cloudformation:ListStackResources": "look for drift: which resources there are",
    "events:DescribeRule": "look for drift in the rules",
    "events:ListTargetsByRule": "see where a rule sends what",
    "iam:GetRole": "look for drift in the trust of roles, and in their tags",
    "iam:GetRolePolicy": "look for drift in what roles may do",
    "iam:ListAttachedRolePolicies": "see a foreign managed policy on a role",
    "iam:ListRolePolicies": "see a foreign policy in a role",
    "lambda:GetFunctionConfiguration": "look for drift in the functions",
    "lambda:GetPolicy": "see who else may call a function",
    "s3:GetBucketAcl": "see whether the bucket was opened by its access list",
    "s3:GetBucketPolicy": "look for drift in the bucket's policy",
    "s3:GetBucketPublicAccessBlock": "see whether the bucket could be opened",
    "s3:GetBucketVersioning": "see whether the bucket keeps former versions",
    "s3:GetEncryptionConfiguration": "see how the bucket is encrypted",
    "sagemaker:DescribeModelPackage": "look at a version of the model registry",
    "sagemaker:DescribeModelPackageGroup": "look at the group of the versions on the console",
    "sagemaker:ListModelPackageGroups": "find that group on the console",
    "sagemaker:ListModelPackages": "list the versions of the model registry",
    "sagemaker:ListTags model-package-group/blazingtext-<stage>-models-*": "see whose the versions are",
    "sagemaker:UpdateModelPackage": "approve or reject a version",
    "scheduler:GetSchedule": "see when the endpoint pauses and resumes",
    "states:DescribeStateMachine": "look for drift in what may update the serving stack",
    "cloudwatch:DescribeAlarms": "see which alarms ring",
    "cloudwatch:GetDashboard": "open the stage's dashboard",
    "cloudwatch:GetMetricData": "see the curves of the dashboard",
    "cloudwatch:ListMetrics": "find a metric",
    "iam:PassRole": "start a job or make a model with the stage's roles",
    "kms:Decrypt": "read an encrypted artifact or corpus",
    "kms:GenerateDataKey": "store an encrypted corpus",
    "lambda:InvokeFunction": "train, tune, transform or prepare a corpus: the launchers are not called",
    "logs:DescribeLogStreams": "find the log of a job",
    "logs:FilterLogEvents": "search the logs",
    "logs:GetLogEvents": "read the log of a job",
    "s3:ListBucket": "list corpora and runs",
    "s3:GetBucketLocation": "let the SageMaker SDK find the bucket",
    "s3:GetObject corpora/*": "read a corpus",
    "s3:GetObject corpora/*, transforms/*": "read a corpus, or predictions",
    "s3:GetObject corpora/*, processing/*, runs/*, transforms/*": "read an artifact, a corpus, predictions or the report of a job",
    "s3:GetObject runs/*": "read an artifact",
    "s3:GetObject corpora/*, runs/*, transforms/*": "read an artifact, a corpus or predictions",
    "s3:PutObject": "upload a corpus, what is to be predicted, or the code of a processing job",
    "s3:DeleteObject": "replace or remove a corpus",
    "s3:AbortMultipartUpload": "clean up after an upload that broke off",
    "s3:ListMultipartUploadParts": "go on with an upload that broke off",
    "sagemaker:ListTrainingJobs": "list runs",
    "sagemaker:ListHyperParameterTuningJobs": "list tuning jobs",
    "sagemaker:ListTransformJobs": "list transform jobs",
    "sagemaker:ListProcessingJobs": "list processing jobs",
    "sagemaker:DescribeProcessingJob": "look at a processing job",
    "sagemaker:StopProcessingJob": "stop a processing job",
    "sagemaker:CreateTransformJob": "predict files with the SDK",
    "sagemaker:DescribeTransformJob": "look at a transform job",
    "sagemaker:StopTransformJob": "stop a transform job",
    "sagemaker:CreateTrainingJob": "train with the SDK",
    "sagemaker:DescribeTrainingJob": "look at a run",
    "sagemaker:StopTrainingJob": "stop a run",
    "sagemaker:CreateHyperParameterTuningJob": "tune",
    "sagemaker:DescribeHyperParameterTuningJob": "look at a tuning job",
    "sagemaker:StopHyperParameterTuningJob": "stop a tuning job",
    "sagemaker:ListTrainingJobsForHyperParameterTuningJob": "see the runs of a tuning job",
    "sagemaker:CreateModel": "make a model of one's own",
    "sagemaker:DescribeModel": "see which artifact a model serves",
    "sagemaker:DeleteModel": "delete a model of one's own",
    "sagemaker:CreateEndpointConfig": "configure an endpoint of one's own",
    "sagemaker:DescribeEndpointConfig": "see what an endpoint serves",
    "sagemaker:DeleteEndpointConfig": "delete the configuration of an endpoint of one's own",
    "sagemaker:CreateEndpoint": "deploy an endpoint of one's own",
    "sagemaker:DescribeEndpoint endpoint/blazingtext-<stage>-*": "wait for an endpoint of one's own",
    "sagemaker:DescribeEndpoint": "look at the live endpoint",
    "sagemaker:DeleteEndpoint": "delete an endpoint of one's own",
    "sagemaker:InvokeEndpoint": "ask for predictions",
    "sagemaker:AddTags": "tag what one makes",
    "sagemaker:ListTags": "see whose it is",
    "sns:GetTopicAttributes": "look at the topic",
    "sns:ListSubscriptionsByTopic": "see who is told",
    "sns:Subscribe": "be told of promotions, failures and alarms",
    "sqs:GetQueueAttributes": "see how many messages wait, or are dead",
    "sqs:GetQueueUrl": "find a queue by its name",
    "sqs:ReceiveMessage": "read a dead letter",
    "sqs:SendMessage": "send a message anew",
    "sqs:DeleteMessage": "remove a dead letter",
    "sqs:ChangeMessageVisibility": "put a dead letter back at once",
    "sqs:StartMessageMoveTask": "move dead letters back to where they came from",
    "sqs:ListMessageMoveTasks": "see how far that is",
    "tag:GetResources": "see whether the tags are still the stage's, by which its costs and its owner are found",
    "states:DescribeExecution": "see whether an update of the serving stack has begun",
    "states:StartExecution": "promote, roll back, pause or resume",
}
_PIPELINE_FAILS = {"Comparison": "compare the stage with the code", "Pipeline": "deploy the stage"}


def need_of(grant: Grant, stage: str = EVERYTHING) -> Need | None:
    """Why something is granted to a service or a person on one of the two stages; None when nobody has said."""
    if grant.role in NEEDS[stage]:
        return NEEDS[stage][grant.role].get(grant.action)
    if grant.role in PIPELINES:
        return Need(_PIPELINE_FAILS[grant.role]) if grant.action == "sts:AssumeRole" else None
    if (grant.role, grant.action) == ("PeopleOperator", "kms:GenerateDataKey"):
        return Need("send a message anew to an encrypted queue", unseen="keys-elsewhere", page=QUEUE_KEYS_PAGE)
    said = _FAILS.get(f"{grant.action} {grant.on}", _FAILS.get(grant.action))
    return Need(said) if said and grant.role in PEOPLE else None
