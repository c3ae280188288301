"""Every statement of every policy, written out: who may do what, on which resource, on which condition."""

from collections import defaultdict
from typing import Any

from blazingtext_stacks.settings import Settings
from tests.template.matrix import GIVEN_KEY, Synthesis
from tests.template.references import named, statements

# What one role may do: for a resource (and after it, in brackets, the condition) the actions.
Rights = dict[str, set[str]]

BUCKET = "<CorporaBucket.Arn>"
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
READING_LOGS = {"logs:GetLogEvents", "logs:DescribeLogStreams", "logs:FilterLogEvents"}
# What the CDK lets a rule do with its target.
SENDING = {"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"}
WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}
ROOT_OF_ACCOUNT = "arn:<AWS::Partition>:iam::<AWS::AccountId>:root"
SAME_ACCOUNT = {"aws:SourceAccount": "<AWS::AccountId>"}
BUDGETS_OF_THE_ACCOUNT = {"StringEquals": SAME_ACCOUNT, "ArnLike": {"aws:SourceArn": "arn:<AWS::Partition>:budgets::<AWS::AccountId>:*"}}


def arn(service: str, resource: str) -> str:
    return f"arn:<AWS::Partition>:{service}:<AWS::Region>:<AWS::AccountId>:{resource}"


def on(resource: str, **condition: object) -> str:
    return f"{resource} {condition}" if condition else resource


def jobs(stage: str) -> str:
    return arn("sagemaker", f"training-job/blazingtext-{stage}-*")


def serving_stack(stage: str) -> str:
    return arn("cloudformation", f"stack/blazingtext-{stage}-serving/*")


def training_streams(stage: str) -> str:
    return arn("logs", f"log-group:/aws/sagemaker/TrainingJobs:log-stream:blazingtext-{stage}-*")


TRAINING_LOGS = arn("logs", "log-group:/aws/sagemaker/TrainingJobs:*")


TRANSFORM_LOGS = arn("logs", "log-group:/aws/sagemaker/TransformJobs:*")


def transform_streams(stage: str) -> str:
    return arn("logs", f"log-group:/aws/sagemaker/TransformJobs:log-stream:blazingtext-{stage}-*")


PROCESSING_LOGS = arn("logs", "log-group:/aws/sagemaker/ProcessingJobs:*")


def processing_streams(stage: str) -> str:
    return arn("logs", f"log-group:/aws/sagemaker/ProcessingJobs:log-stream:blazingtext-{stage}-*")


def key(settings: Settings) -> str:
    """The customer's key, when there is one."""
    return "<Key.Arn>" if settings.kms_key == "make" else settings.kms_key


def with_key(settings: Settings, *actions: str) -> Rights:
    return {key(settings): {f"kms:{action}" for action in actions}} if settings.kms_key else {}


def _volumes(settings: Settings) -> Rights:
    """What SageMaker needs to encrypt a volume, and to make a network interface in the account's subnets."""
    rights: Rights = {}
    if settings.kms_key:
        rights[on(key(settings), Bool={"kms:GrantIsForAWSResource": "true"})] = {"kms:CreateGrant"}
    if settings.vpc_subnets:
        subnets = [f"arn:<AWS::Partition>:ec2:<AWS::Region>:*:subnet/{each}" for each in settings.vpc_subnets]
        groups = [f"arn:<AWS::Partition>:ec2:<AWS::Region>:*:security-group/{each}" for each in settings.vpc_security_groups]
        interfaces = arn("ec2", "network-interface/*")
        rights |= {each: {"ec2:CreateNetworkInterface"} for each in [*subnets, *groups, interfaces]}
        others = ("CreateNetworkInterfacePermission", "DeleteNetworkInterface", "DeleteNetworkInterfacePermission")
        rights[on(interfaces, ArnLike={"ec2:Subnet": subnets})] = {f"ec2:{each}" for each in others}
        looking = ("NetworkInterfaces", "Vpcs", "DhcpOptions", "Subnets", "SecurityGroups")
        rights["*"] = {f"ec2:Describe{each}" for each in looking}
    return rights


def _sagemaker(settings: Settings) -> dict[str, Rights]:
    stage, volumes = settings.stage, _volumes(settings)
    return {
        "ExecutionRole": {
            **volumes,
            **with_key(settings, "Decrypt", "Encrypt", "GenerateDataKey"),
            on(BUCKET, StringLike={"s3:prefix": ["corpora/*", "runs/*"]}): {"s3:ListBucket"},
            f"{BUCKET}/corpora/*": {"s3:GetObject"},
            f"{BUCKET}/runs/*": {"s3:PutObject", "s3:AbortMultipartUpload"},
            TRAINING_LOGS: {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"},
            training_streams(stage): {"logs:PutLogEvents"},
            on("*", StringEquals={"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"}): {"cloudwatch:PutMetricData"},
        },
        "TransformRole": {
            **volumes,
            **with_key(settings, "Decrypt", "Encrypt", "GenerateDataKey"),
            on(BUCKET, StringLike={"s3:prefix": ["runs/*", "transforms/*"]}): {"s3:ListBucket"},
            f"{BUCKET}/runs/*": {"s3:GetObject"},
            f"{BUCKET}/transforms/*": {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"},
            TRANSFORM_LOGS: {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"},
            transform_streams(stage): {"logs:PutLogEvents"},
            on("*", StringEquals={"cloudwatch:namespace": "/aws/sagemaker/TransformJobs"}): {"cloudwatch:PutMetricData"},
        },
        "ProcessingRole": _processing(settings),
        "HostingRole": {
            **volumes,
            **with_key(settings, "Decrypt", *(["GenerateDataKey"] if settings.data_capture_percent else [])),
            on(BUCKET, StringLike={"s3:prefix": ["runs/*"]}): {"s3:ListBucket"},
            f"{BUCKET}/runs/*": {"s3:GetObject"},
            **({f"{BUCKET}/captured/*": {"s3:PutObject"}} if settings.data_capture_percent else {}),
            arn("logs", f"log-group:/aws/sagemaker/Endpoints/blazingtext-{stage}:*"): {*LOGGING, "logs:DescribeLogStreams"},
            on("*", StringEquals={"cloudwatch:namespace": "/aws/sagemaker/Endpoints"}): {"cloudwatch:PutMetricData"},
            "*": {"cloudwatch:DescribeAlarms"} | volumes.get("*", set()),
        },
    }


def types(settings: Settings) -> dict[str, Any]:
    allowed = settings.allowed_instance_types
    return {"ForAllValues:StringLike": {"sagemaker:InstanceTypes": list(allowed)}} if allowed else {}


def limits(settings: Settings) -> dict[str, Any]:
    return types(settings) | {"NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": str(settings.maximum_training_seconds)}}


def _processing(settings: Settings) -> Rights:
    """What prepares corpora: it reads raw text, and what it writes lies in a place beside the corpora until it is one."""
    listed = ["raw/*", "processing/*", "staging/*", "corpora/*"]
    elsewhere: Rights = {}
    for name in settings.source_buckets:
        elsewhere |= {f"arn:<AWS::Partition>:s3:::{name}": {"s3:ListBucket"}, f"arn:<AWS::Partition>:s3:::{name}/*": {"s3:GetObject"}}
    own = {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}
    return {
        **_volumes(settings),
        **with_key(settings, "Decrypt", "GenerateDataKey"),
        on(BUCKET, StringLike={"s3:prefix": listed}): {"s3:ListBucket"},
        f"{BUCKET}/raw/*": {"s3:GetObject"},
        f"{BUCKET}/processing/*": {"s3:GetObject", "s3:PutObject"},
        f"{BUCKET}/staging/*": own,
        f"{BUCKET}/corpora/*": own,
        **elsewhere,
        PROCESSING_LOGS: {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"},
        processing_streams(settings.stage): {"logs:PutLogEvents"},
        on("*", StringEquals={"cloudwatch:namespace": "/aws/sagemaker/ProcessingJobs"}): {"cloudwatch:PutMetricData"},
    }


def processings(stage: str) -> str:
    return arn("sagemaker", f"processing-job/blazingtext-{stage}-*")


def _processor(settings: Settings) -> Rights:
    """What starts processing jobs: it lists what they read, and reads none of it."""
    stage = settings.stage
    return {
        "<ProcessorLaunchProcessingLogs.Arn>": LOGGING,
        on(processings(stage), **limits(settings)): {"sagemaker:CreateProcessingJob"},
        processings(stage): {"sagemaker:DescribeProcessingJob", "sagemaker:AddTags"},
        on("<ProcessingRole.Arn>", StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"}): {"iam:PassRole"},
        on(BUCKET, StringLike={"s3:prefix": ["raw/*", "processing/*", "corpora/*"]}): {"s3:ListBucket"},
        f"{BUCKET}/corpora/*": {"s3:GetObject"},
        **{f"arn:<AWS::Partition>:s3:::{name}": {"s3:ListBucket"} for name in settings.source_buckets},
    }


def _launcher(settings: Settings) -> Rights:
    sending: Rights = {"<DeadLettersQueue.Arn>": {"sqs:SendMessage"}} if settings.train_on_upload else {}
    used = ("Decrypt", "GenerateDataKey") if settings.train_on_upload else ("Decrypt",)
    with_stage: Rights = {
        "<LauncherLaunchTrainingLogs.Arn>": LOGGING,
        on(jobs(settings.stage), **limits(settings)): {"sagemaker:CreateTrainingJob"},
        jobs(settings.stage): {"sagemaker:DescribeTrainingJob", "sagemaker:AddTags", "sagemaker:ListTags"},
        on("<ExecutionRole.Arn>", StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"}): {"iam:PassRole"},
        on(BUCKET, StringLike={"s3:prefix": ["corpora/*"]}): {"s3:ListBucket"},
        f"{BUCKET}/corpora/*": {"s3:GetObject"},
    }
    return sending | with_key(settings, *used) | with_stage


def tunings(stage: str) -> str:
    return arn("sagemaker", f"hyper-parameter-tuning-job/blazingtext-{stage}-*")


def _tuner(settings: Settings) -> Rights:
    """What starts tuning jobs: it may start no training job itself."""
    own = {f"sagemaker:{each}" for each in ("DescribeHyperParameterTuningJob", "AddTags", "ListTags")}
    return with_key(settings, "Decrypt") | {
        "<TunerLaunchTuningLogs.Arn>": LOGGING,
        on(tunings(settings.stage), **limits(settings)): {"sagemaker:CreateHyperParameterTuningJob"},
        tunings(settings.stage): own,
        on("<ExecutionRole.Arn>", StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"}): {"iam:PassRole"},
        on(BUCKET, StringLike={"s3:prefix": ["corpora/*"]}): {"s3:ListBucket"},
        f"{BUCKET}/corpora/*": {"s3:GetObject"},
    }


def transforms(stage: str) -> str:
    return arn("sagemaker", f"transform-job/blazingtext-{stage}-*")


def models(stage: str) -> str:
    return arn("sagemaker", f"model/blazingtext-{stage}-*")


def _transformer(settings: Settings) -> Rights:
    """What starts transform jobs: it makes and removes their models."""
    stage = settings.stage
    creating: Rights = {on(transforms(stage), **types(settings)): {"sagemaker:CreateTransformJob"}}
    return with_key(settings, "Decrypt") | together(
        creating,
        {
            "<TransformerLaunchTransformLogs.Arn>": LOGGING,
            transforms(stage): {"sagemaker:DescribeTransformJob", "sagemaker:AddTags"},
            models(stage): {"sagemaker:CreateModel", "sagemaker:DeleteModel", "sagemaker:AddTags"},
            on("<TransformRole.Arn>", StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"}): {"iam:PassRole"},
            BUCKET: {"s3:ListBucket"},
            f"{BUCKET}/transforms/*": {"s3:GetObject"},
            f"{BUCKET}/runs/*": {"s3:GetObject"},
        },
    )


def groups(stage: str) -> str:
    return arn("sagemaker", f"model-package-group/blazingtext-{stage}-models-*")


def versions(stage: str) -> str:
    return arn("sagemaker", f"model-package/blazingtext-{stage}-models-*/*")


def _registering(settings: Settings) -> Rights:
    """What the promoter may do in the model registry: it approves nothing."""
    if settings.approval != "manual":
        return {}
    unapproved = {"StringEquals": {"sagemaker:ModelApprovalStatus": ["PendingManualApproval", "Rejected"]}}
    granting: Rights = {on(key(settings), Bool={"kms:GrantIsForAWSResource": "true"}): {"kms:CreateGrant"}} if settings.kms_key else {}
    return granting | {
        **{on(each(settings.stage), **unapproved): {"sagemaker:CreateModelPackage"} for each in (groups, versions)},
        versions(settings.stage): {"sagemaker:DescribeModelPackage"},
        "*": {"sagemaker:ListModelPackages"},
        f"{BUCKET}/runs/*/output/metrics.json": {"s3:PutObject"},
        "arn:<AWS::Partition>:ecr:<AWS::Region>:*:repository/blazingtext": {"ecr:BatchGetImage", "ecr:DescribeImages"},
    }


def _version_cleaner(settings: Settings) -> Rights:
    deleting: Rights = {"*": {"sagemaker:ListModelPackages"}, versions(settings.stage): {"sagemaker:DeleteModelPackage"}}
    return {"<ModelRegistryCleanupLogs.Arn>": LOGGING} | (deleting if settings.delete_data else {})


def _promoter(settings: Settings) -> Rights:
    stage = settings.stage
    receiving = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
    described = ("DescribeKey",) if settings.approval == "manual" else ()
    return (
        with_key(settings, "Decrypt", "GenerateDataKey", *described)
        | _registering(settings)
        | {
            "<PromotionPromoteModelLogs.Arn>": LOGGING,
            arn("states", f"stateMachine:blazingtext-{stage}-serving-update"): {"states:StartExecution"},
            arn("states", f"execution:blazingtext-{stage}-serving-update:*"): {"states:DescribeExecution"},
            serving_stack(stage): {"cloudformation:DescribeStacks"},
            jobs(stage): {"sagemaker:DescribeTrainingJob", "sagemaker:ListTags"},
            tunings(stage): {"sagemaker:DescribeHyperParameterTuningJob", "sagemaker:ListTags"},
            on(
                jobs(stage),
                **{"ForAllValues:StringEquals": {"aws:TagKeys": ["blazingtext:promotion"]}, "Null": {"aws:TagKeys": "false"}},
            ): {"sagemaker:AddTags"},
            arn("sagemaker", f"endpoint/blazingtext-{stage}"): {"sagemaker:DescribeEndpoint"},
            f"{BUCKET}/runs/*": {"s3:GetObject"},
            BUCKET: {"s3:ListBucket"},
            "<NotificationsTopic>": {"sns:Publish"},
            "<DeadLettersQueue.Arn>": {"sqs:SendMessage"},
            "<PromotionQueue.Arn>": {f"sqs:{action}" for action in receiving},
        }
    )


def _emptier(settings: Settings) -> Rights:
    deleting = {
        BUCKET: {"s3:ListBucketVersions", "s3:ListBucketMultipartUploads"},
        f"{BUCKET}/*": {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"},
    }
    return {"<RetirementRetireLogs.Arn>": LOGGING} | (deleting if settings.delete_data else {})


def _stopper(settings: Settings) -> Rights:
    stopping = {"sagemaker:ListTags", "sagemaker:StopTrainingJob"}
    listing = {f"sagemaker:List{kind}s" for kind in ("TrainingJob", "HyperParameterTuningJob", "TransformJob", "ProcessingJob", "Model")}
    tuned = {"sagemaker:ListTags", "sagemaker:StopHyperParameterTuningJob"}
    rights: Rights = {
        "<JobCleanupFunctionLogs.Arn>": LOGGING,
        "*": listing,
        jobs(settings.stage): stopping,
        tunings(settings.stage): tuned,
        transforms(settings.stage): {"sagemaker:ListTags", "sagemaker:StopTransformJob"},
        processings(settings.stage): {"sagemaker:ListTags", "sagemaker:StopProcessingJob"},
        models(settings.stage): {"sagemaker:ListTags", "sagemaker:DeleteModel"},
    }
    if settings.delete_data:
        rights[jobs(settings.stage)] = {*stopping, "sagemaker:DeleteTrainingJob"}
        rights[tunings(settings.stage)] = {*tuned, "sagemaker:DeleteHyperParameterTuningJob"}
        rights[processings(settings.stage)] |= {"sagemaker:DeleteProcessingJob"}
        rights[PROCESSING_LOGS] = {"logs:DescribeLogStreams"}
        rights[processing_streams(settings.stage)] = {"logs:DeleteLogStream"}
        rights[TRAINING_LOGS] = {"logs:DescribeLogStreams"}
        rights[training_streams(settings.stage)] = {"logs:DeleteLogStream"}
        rights[TRANSFORM_LOGS] = {"logs:DescribeLogStreams"}
        rights[transform_streams(settings.stage)] = {"logs:DeleteLogStream"}
    return rights


def _people(settings: Settings) -> Rights:
    """What a person may do with the SageMaker SDK: own names beside the live endpoint's, which can be asked and not changed."""
    stage, tagging = settings.stage, {"sagemaker:AddTags", "sagemaker:ListTags"}
    passed = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    tuning = ("Describe", "Stop", "ListTrainingJobsFor")
    tuned = arn("sagemaker", f"hyper-parameter-tuning-job/blazingtext-{stage}-*")
    reading = {"logs:GetLogEvents", "logs:DescribeLogStreams", "logs:FilterLogEvents"}

    def own(kind: str, name: str, *more: str) -> Rights:
        actions = {f"sagemaker:{verb}{name}" for verb in ("Describe", "Delete")} | tagging | {f"sagemaker:{each}" for each in more}
        resource, limited = arn("sagemaker", f"{kind}/blazingtext-{stage}-*"), types(settings) if name == "EndpointConfig" else {}
        creating = {f"sagemaker:Create{name}"}
        return {resource: actions, on(resource, **limited): creating} if limited else {resource: actions | creating}

    writing = {f"s3:{verb}" for verb in ("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload", "ListMultipartUploadParts")}
    creating: Rights = {on(transforms(stage), **types(settings)): {"sagemaker:CreateTransformJob"}}
    transforming = together(creating, {transforms(stage): {f"sagemaker:{verb}TransformJob" for verb in ("Describe", "Stop")} | tagging})
    return with_key(settings, "Decrypt", "GenerateDataKey") | {
        on(BUCKET, StringLike={"s3:prefix": ["corpora/*", "transforms/*", "runs/*"]}): {"s3:ListBucket"},
        BUCKET: {"s3:GetBucketLocation"},
        f"{BUCKET}/corpora/*": writing,
        f"{BUCKET}/transforms/*": writing,
        **transforming,
        f"{BUCKET}/runs/*": {"s3:GetObject"},
        on(jobs(stage), **limits(settings)): {"sagemaker:CreateTrainingJob"},
        jobs(stage): {f"sagemaker:{verb}TrainingJob" for verb in ("Describe", "Stop")} | tagging,
        on(tuned, **limits(settings)): {"sagemaker:CreateHyperParameterTuningJob"},
        tuned: {
            *tagging,
            *(f"sagemaker:{verb}HyperParameterTuningJob" for verb in tuning),
        },
        **own("model", "Model"),
        **own("endpoint-config", "EndpointConfig", "CreateEndpoint"),
        **own("endpoint", "Endpoint", "InvokeEndpoint"),
        arn("sagemaker", f"endpoint/blazingtext-{stage}"): {"sagemaker:InvokeEndpoint", "sagemaker:DescribeEndpoint"},
        "*": {"sagemaker:ListTrainingJobs"},
        **{on(f"<{role}.Arn>", **passed): {"iam:PassRole"} for role in ("ExecutionRole", "HostingRole", "TransformRole")},
        **{
            arn("cloudformation", f"stack/blazingtext-{stage}-{part}/*"): {"cloudformation:DescribeStacks"}
            for part in ("storage", "training", "serving")
        },
        TRAINING_LOGS: reading,
        training_streams(stage): reading,
        TRANSFORM_LOGS: reading,
        transform_streams(stage): reading,
    }


def expected(settings: Settings) -> dict[str, Rights]:
    """What every role may do under some settings."""
    return {
        **_sagemaker(settings),
        "LauncherLaunchTrainingRole": _launcher(settings),
        "TunerLaunchTuningRole": _tuner(settings),
        "TransformerLaunchTransformRole": _transformer(settings),
        "ProcessorLaunchProcessingRole": _processor(settings),
        "PromotionPromoteModelRole": _promoter(settings),
        "PromotionServingUpdateRole": {serving_stack(settings.stage): {"cloudformation:UpdateStack"}},
        "RetirementRetireRole": _emptier(settings),
        "JobCleanupFunctionRole": _stopper(settings),
        **({"NotebookRole": _people(settings)} if settings.notebook_role else {}),
        **({"ModelRegistryCleanupRole": _version_cleaner(settings)} if settings.approval == "manual" else {}),
        **({"ScheduleRole": _scheduler(settings)} if settings.pause_schedule or settings.resume_schedule else {}),
        **(_delivery() if settings.github_repository else {}),
    }


def _scheduler(settings: Settings) -> Rights:
    return {arn("states", f"stateMachine:blazingtext-{settings.stage}-serving-update"): {"states:StartExecution"}}


def _delivery() -> dict[str, Rights]:
    def bootstrap(*kinds: str) -> Rights:
        role = "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/cdk-blzgtxt-{}-role-<AWS::AccountId>-<AWS::Region>"
        return {role.format(kind): {"sts:AssumeRole"} for kind in kinds}

    return {"Comparison": bootstrap("lookup"), "Pipeline": bootstrap("deploy", "file-publishing", "lookup")}


def rights(synthesis: Synthesis, document: dict[str, Any]) -> Rights:
    found: Rights = defaultdict(set)
    for statement in statements(synthesis, document):
        assert statement["Effect"] == "Allow"
        assert statement.keys() <= {"Action", "Condition", "Effect", "Resource"}
        for resource in statement["Resource"]:
            found[on(resource, **statement.get("Condition", {}))].update(statement["Action"])
    return dict(found)


def test_every_role_may_do_this_and_nothing_else(each: Synthesis) -> None:
    policies = named(each, "AWS::IAM::Policy").values()

    assert {policy["Roles"][0]: rights(each, policy["PolicyDocument"]) for policy in policies} == {
        f"<{role}>": allowed for role, allowed in expected(each.settings).items()
    }
    assert all(len(policy["Roles"]) == 1 and set(policy) == {"PolicyDocument", "PolicyName", "Roles"} for policy in policies)


def test_every_role_is_assumed_by_this_service_on_this_condition(each: Synthesis) -> None:
    machine = arn("states", f"stateMachine:blazingtext-{each.settings.stage}-serving-update")
    assuming = {"Effect": "Allow", "Action": ["sts:AssumeRole"]}
    sagemaker = [assuming | {"Principal": {"Service": "sagemaker.amazonaws.com"}, "Condition": {"StringEquals": SAME_ACCOUNT}}]
    functions = [assuming | {"Principal": {"Service": "lambda.amazonaws.com"}}]
    states = assuming | {"Principal": {"Service": "states.amazonaws.com"}}

    account = assuming | {"Principal": {"AWS": "arn:<AWS::Partition>:iam::<AWS::AccountId>:root"}}
    people = {"NotebookRole": [*sagemaker, account]} if each.settings.notebook_role else {}

    group = {"aws:SourceArn": arn("scheduler", f"schedule-group/blazingtext-{each.settings.stage}-schedules")}
    scheduler = assuming | {"Principal": {"Service": "scheduler.amazonaws.com"}, "Condition": {"StringEquals": SAME_ACCOUNT | group}}
    scheduled = each.settings.pause_schedule or each.settings.resume_schedule

    roles = {name: role for name, role in named(each, "AWS::IAM::Role").items() if name not in _delivery()}  # see test_delivery.py
    trusts = {role: statements(each, properties["AssumeRolePolicyDocument"]) for role, properties in roles.items()}
    assert trusts == people | {
        "ExecutionRole": sagemaker,
        "HostingRole": sagemaker,
        "TransformRole": sagemaker,
        "ProcessingRole": sagemaker,
        "LauncherLaunchTrainingRole": functions,
        "TunerLaunchTuningRole": functions,
        "TransformerLaunchTransformRole": functions,
        "ProcessorLaunchProcessingRole": functions,
        "PromotionPromoteModelRole": functions,
        "PromotionServingUpdateRole": [states | {"Condition": {"StringEquals": SAME_ACCOUNT, "ArnLike": {"aws:SourceArn": machine}}}],
        "RetirementRetireRole": functions,
        "JobCleanupFunctionRole": functions,
        **({"ModelRegistryCleanupRole": functions} if each.settings.approval == "manual" else {}),
        **({"ScheduleRole": [scheduler]} if scheduled else {}),
        **({"NotebookRole": [*sagemaker, assuming | {"Principal": {"AWS": ROOT_OF_ACCOUNT}}]} if each.settings.notebook_role else {}),
    }


def senders(synthesis: Synthesis, policy: str) -> dict[str, set[str]]:
    """Which rules may do what with a queue."""
    (queue,) = named(synthesis, "AWS::SQS::QueuePolicy")[policy]["Queues"]
    document = named(synthesis, "AWS::SQS::QueuePolicy")[policy]["PolicyDocument"]
    found: dict[str, set[str]] = {}
    for statement in statements(synthesis, document):
        assert statement["Resource"] == [queue.replace(">", ".Arn>")]
        if statement["Effect"] == "Deny":
            assert (statement["Action"], statement["Principal"], statement["Condition"]) == (["sqs:*"], {"AWS": "*"}, WITHOUT_TLS)
            continue
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        ((operator, source),) = statement["Condition"].items()
        assert operator == "ArnEquals"
        found[source["aws:SourceArn"]] = set(statement["Action"])
    return found


def test_a_queue_takes_messages_of_the_rules_that_send_there_and_of_no_others(each: Synthesis) -> None:
    uploads = {"<LauncherUploads.Arn>"} if each.settings.train_on_upload else set()
    approvals = {"<ModelRegistryApproved.Arn>"} if each.settings.approval == "manual" else set()
    jobs_and_updates = {"<PromotionFinished.Arn>", "<PromotionTuned.Arn>", "<PromotionUpdated.Arn>"} | approvals
    rolled_back = {"<RolledBackComplete.Arn>", "<RolledBackFailed.Arn>", "<RolledBackEndpoint.Arn>"}

    scheduled = {"<ScheduleFailed.Arn>"} if each.settings.pause_schedule or each.settings.resume_schedule else set()

    assert named(each, "AWS::SQS::QueuePolicy").keys() == {"PromotionQueuePolicy", "DeadLettersQueuePolicy"}
    assert senders(each, "PromotionQueuePolicy") == dict.fromkeys(jobs_and_updates, SENDING)
    assert senders(each, "DeadLettersQueuePolicy") == {
        rule: {"sqs:SendMessage"} for rule in jobs_and_updates | rolled_back | uploads | scheduled | {"<TransformerEnded.Arn>"}
    }


def test_the_topic_takes_messages_of_rules_and_of_this_accounts_alarms(each: Synthesis) -> None:
    ((_, policy),) = named(each, "AWS::SNS::TopicPolicy").items()

    assert policy["Topics"] == ["<NotificationsTopic>"]
    found = statements(each, policy["PolicyDocument"])
    ours = {"AlarmsOfThisAccount"} | ({"BudgetsOfThisAccount"} if each.settings.monthly_budget else set())
    assert ours <= {statement.get("Sid", "") for statement in found}, "what the console calls them"
    assert {tuple(statement["Resource"]) for statement in found} == {("<NotificationsTopic>",)}
    assert {tuple(statement["Action"]) for statement in found} == {("sns:Publish",)}
    budget = [("Allow", {"Service": "budgets.amazonaws.com"}, BUDGETS_OF_THE_ACCOUNT)] if each.settings.monthly_budget else []
    assert [(statement["Effect"], statement["Principal"], statement.get("Condition")) for statement in found] == [
        ("Deny", "*", WITHOUT_TLS),
        ("Allow", {"Service": "cloudwatch.amazonaws.com"}, {"StringEquals": SAME_ACCOUNT}),
        *budget,
        ("Allow", {"Service": "events.amazonaws.com"}, None),
    ]


def test_the_bucket_refuses_every_request_without_tls(each: Synthesis) -> None:
    ((_, policy),) = named(each, "AWS::S3::BucketPolicy").items()
    refused = statements(each, policy["PolicyDocument"])[0]

    assert policy["Bucket"] == "<CorporaBucket>"
    assert (refused["Effect"], refused["Action"], refused["Principal"]) == ("Deny", ["s3:*"], {"AWS": "*"})
    assert (refused["Resource"], refused["Condition"]) == ([BUCKET, f"{BUCKET}/*"], WITHOUT_TLS)


def people(settings: Settings) -> dict[str, Rights]:
    """What each of the managed policies for people allows."""
    stage = settings.stage
    live, queues = arn("sagemaker", f"endpoint/blazingtext-{stage}"), ("<PromotionQueue.Arn>", "<DeadLettersQueue.Arn>")
    logs = ("/aws/sagemaker/*Jobs:*", f"/aws/sagemaker/Endpoints/blazingtext-{stage}:*", f"blazingtext-{stage}-*:*")
    any_job, kinds = arn("sagemaker", f"*-job/blazingtext-{stage}-*"), ("Training", "HyperParameterTuning", "Transform", "Processing")
    read = ("DescribeStacks", "DescribeStackEvents", "DescribeStackResources", "GetTemplate", "ListStackResources")
    stacks = {f"cloudformation:{each}" for each in read}
    shared = ("Acl", "Policy", "PublicAccessBlock", "Versioning")
    looking: Rights = {
        arn("cloudformation", f"stack/blazingtext-{stage}-*/*"): stacks,
        on(BUCKET, StringLike={"s3:prefix": ["corpora/*", "runs/*", "transforms/*", "processing/*"]}): {"s3:ListBucket"},
        **{f"{BUCKET}/{folder}/*": {"s3:GetObject"} for folder in ("corpora", "runs", "transforms", "processing")},
        any_job: {
            *(f"sagemaker:Describe{kind}Job" for kind in kinds),
            *("sagemaker:ListTags", "sagemaker:ListTrainingJobsForHyperParameterTuningJob"),
        },
        live: {"sagemaker:DescribeEndpoint", "sagemaker:ListTags"},
        arn("sagemaker", "endpoint-config/*"): {"sagemaker:DescribeEndpointConfig"},
        arn("sagemaker", "model/*"): {"sagemaker:DescribeModel"},
        arn("states", f"execution:blazingtext-{stage}-serving-update:*"): {"states:DescribeExecution"},
        arn("scheduler", f"schedule/blazingtext-{stage}-schedules/*"): {"scheduler:GetSchedule"},
        f"arn:<AWS::Partition>:iam::<AWS::AccountId>:role/blazingtext-{stage}-*": {
            f"iam:{each}" for each in ("GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies")
        },
        BUCKET: {*(f"s3:GetBucket{each}" for each in shared), "s3:GetEncryptionConfiguration"},
        arn("lambda", f"function:blazingtext-{stage}-*"): {"lambda:GetFunctionConfiguration", "lambda:GetPolicy"},
        arn("events", f"rule/blazingtext-{stage}-*"): {"events:DescribeRule", "events:ListTargetsByRule"},
        arn("states", f"stateMachine:blazingtext-{stage}-serving-update"): {"states:DescribeStateMachine"},
        **{arn("logs", f"log-group:{group}"): READING_LOGS for group in logs},
        arn("sqs", f"blazingtext-{stage}-*"): {"sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
        "<NotificationsTopic>": {"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"},
        f"arn:<AWS::Partition>:cloudwatch::<AWS::AccountId>:dashboard/blazingtext-{stage}": {"cloudwatch:GetDashboard"},
        "*": {
            *(f"cloudwatch:{each}" for each in ("DescribeAlarms", "GetMetricData", "ListMetrics")),
            *(f"sagemaker:List{kind}Jobs" for kind in kinds),
            "tag:GetResources",
        },
    }
    stopping: Rights = {
        any_job: {f"sagemaker:Stop{kind}Job" for kind in kinds},
        live: {"sagemaker:InvokeEndpoint"},
    }
    writing = {f"s3:{each}" for each in ("PutObject", "DeleteObject", "AbortMultipartUpload", "ListMultipartUploadParts")}
    moving = ("ReceiveMessage", "SendMessage", "DeleteMessage", "ChangeMessageVisibility", "StartMessageMoveTask", "ListMessageMoveTasks")
    training: Rights = {
        **{f"{BUCKET}/{folder}/*": writing for folder in ("corpora", "transforms", "processing")},
        arn("lambda", f"function:blazingtext-{stage}-*Launch*"): {"lambda:InvokeFunction"},
    }
    operating: Rights = {
        arn("states", f"stateMachine:blazingtext-{stage}-serving-update"): {"states:StartExecution"},
        **{queue: {f"sqs:{each}" for each in moving} for queue in queues},
        "<NotificationsTopic>": {"sns:Subscribe"},
    }
    used = with_key(settings, "Decrypt", "GenerateDataKey")
    if settings.approval == "manual":
        looking[versions(stage)] = {"sagemaker:DescribeModelPackage"}
        looking[groups(stage)] = {"sagemaker:DescribeModelPackageGroup", "sagemaker:ListTags"}
        looking["*"] |= {"sagemaker:ListModelPackages", "sagemaker:ListModelPackageGroups"}
        operating[versions(stage)] = {"sagemaker:UpdateModelPackage"}
    return {
        "PeopleReadOnly": together(looking, with_key(settings, "Decrypt")),
        "PeopleDataScientist": together(looking, stopping, training, used),
        "PeopleOperator": together(looking, stopping, operating, used),
    }


def together(*parts: Rights) -> Rights:
    found: Rights = defaultdict(set)
    for part in parts:
        for resource, actions in part.items():
            found[resource] |= actions
    return dict(found)


def test_each_policy_for_people_allows_this_and_nothing_else_and_is_nobodys_yet(each: Synthesis) -> None:
    policies = named(each, "AWS::IAM::ManagedPolicy")

    expected_ = people(each.settings) if each.settings.people_policies else {}
    assert {name: rights(each, policy["PolicyDocument"]) for name, policy in policies.items()} == expected_
    assert not [policy for policy in policies.values() if {"Roles", "Users", "Groups"} & policy.keys()]


def test_the_policy_of_a_made_key_lets_the_account_and_these_services_use_it(whole_matrix: dict[str, Synthesis]) -> None:
    made = whole_matrix["made-key"]
    found = {
        statement.get("Sid", "Account"): (statement["Principal"], set(statement["Action"]), statement.get("Condition"))
        for statement in statements(made, named(made, "AWS::KMS::Key")["Key"]["KeyPolicy"])
    }
    groups = ["blazingtext-dev-*", "/aws/sagemaker/Endpoints/blazingtext-dev"]
    context = {"kms:EncryptionContext:aws:logs:arn": [arn("logs", f"log-group:{group}") for group in groups]}
    encrypting = {f"kms:{verb}*" for verb in ("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "Describe")}
    sending = {"kms:Decrypt", "kms:GenerateDataKey*"}

    assert found == {
        "Account": ({"AWS": ROOT_OF_ACCOUNT}, {"kms:*"}, None),
        "LogGroups": ({"Service": "logs.<AWS::Region>.<AWS::URLSuffix>"}, encrypting, {"ArnLike": context}),
        # A condition on the source would lose every message: SNS says that it is not supported for rules.
        "RulesToQueuesAndTopic": ({"Service": "events.amazonaws.com"}, sending, None),
        "AlarmsToTopic": ({"Service": "cloudwatch.amazonaws.com"}, sending, {"StringEquals": SAME_ACCOUNT}),
        "BudgetsToTopic": ({"Service": "budgets.amazonaws.com"}, sending, BUDGETS_OF_THE_ACCOUNT),
    }
    assert not named(whole_matrix["given-key"], "AWS::KMS::Key")
    assert whole_matrix["given-key"].settings.kms_key == GIVEN_KEY


def test_every_role_policy_and_rule_says_in_the_console_what_it_is_for(each: Synthesis) -> None:
    described = ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::Events::Rule")
    texts = [(id_, resource["Properties"].get("Description", "")) for id_, resource in each.resources() if resource["Type"] in described]

    assert [id_ for id_, text in texts if len(text.split()) < 2] == []
    assert len({text for _, text in texts}) == len(texts)
