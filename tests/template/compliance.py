"""cdk-nag's AWS Solutions rules, and every finding that this project accepts, with its reason.

The rules run in the tests, over every configuration, and not in the app: loading cdk-nag would cost seconds at each ``cdk`` command.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from blazingtext_lifecycle import naming
from blazingtext_stacks.settings import Settings

# Roles, by construct path.
EMPTIER = "Storage/Retirement/Retire/Role"
STOPPER = "Training/JobCleanup/Function/Role"
EXECUTION = "Training/ExecutionRole"
LAUNCHER = "Training/Launcher/LaunchTraining/Role"
TUNER = "Training/Tuner/LaunchTuning/Role"
TRANSFORMER = "Training/Transformer/LaunchTransform/Role"
TRANSFORM = "Training/TransformRole"
PROCESSOR = "Training/Processor/LaunchProcessing/Role"
PROCESSING = "Training/ProcessingRole"
PROMOTER = "Training/Promotion/PromoteModel/Role"
HOSTING = "Training/HostingRole"
VERSIONS = "Training/ModelRegistry/Cleanup/Role"
PEOPLE = tuple(f"Training/People/{who}" for who in ("ReadOnly", "DataScientist", "Operator"))
NOTEBOOK = "Training/NotebookRole/Role"
UPDATE = "Training/Promotion/ServingUpdate"
BUCKET = "Storage/Corpora/Bucket"

# What CDK calls the storage stack's output that carries the bucket's ARN to the other stacks; cdk-nag quotes it in its findings.
_BUCKET_ARN_OUTPUT = "PublishOutputFnGetAttCorporaBucket6BE47F9BArn1A400EF8"
_HERE = "<AWS::Region>:<AWS::AccountId>"


@dataclass(frozen=True)
class Accepted:
    """A finding that stays, and why.

    Attributes:
        finding: cdk-nag's id for it, to the letter.
        paths: the constructs where it may appear; anywhere else it is reported.
        reason: why it is right there.
    """

    finding: str
    paths: tuple[str, ...]
    reason: str


def add_rules(app: cdk.App, settings: Settings) -> None:
    """Makes synthesis fail on every AWS Solutions finding that is not accepted below; call it after the stacks were added.

    Args:
        app: the app with the stacks of one stage.
        settings: the settings they were made with.
    """
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    for each in accepted(settings):
        for path in each.paths:
            acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions::{each.finding}", reason=each.reason)
            cdk.Validations.of(_construct(app, path)).acknowledge(acknowledgment)


def accepted(settings: Settings) -> tuple[Accepted, ...]:
    """Every accepted finding under some settings."""
    groups = (_storage, _jobs, _updates, _artifacts, _notebooks, _network, _people, _versions)
    return tuple(finding for group in groups for finding in group(settings))


def _storage(settings: Settings) -> Iterator[Accepted]:
    if not settings.access_log_bucket:
        yield Accepted(
            "AwsSolutions-S1",
            (BUCKET,),
            "A second bucket for access logs would fill again while the stage is destroyed and outlive it. CloudTrail data events tell "
            "the same and are the account's to switch on; accessLogBucket names a bucket of the account's.",
        )
    if settings.delete_data:
        yield Accepted(
            _wildcard("<CorporaBucket6BE47F9B.Arn>/*"),
            (EMPTIER,),
            "Emptying a bucket means deleting every object in it. The resource is this one bucket, and only while data is not kept.",
        )


def _jobs(settings: Settings) -> Iterator[Accepted]:
    jobs, group = naming.job_prefix(settings.stage), naming.TRAINING_LOG_GROUP
    yield Accepted(
        _wildcard("*"),
        (STOPPER, EXECUTION, HOSTING, TRANSFORM, PROCESSING),
        "Listing jobs (stop_training_jobs), PutMetricData and DescribeAlarms (SageMaker's roles) cannot be limited to resources; the "
        "metrics are limited by namespace.",
    )
    yield Accepted(
        _wildcard(_arn("sagemaker", f"training-job/{jobs}*")),
        (STOPPER, LAUNCHER, PROMOTER),
        "Jobs get their names when they are launched. The prefix is this stage's and no other's, since a stage has no hyphen.",
    )
    yield Accepted(
        _wildcard(_arn("sagemaker", f"hyper-parameter-tuning-job/{jobs}*")),
        (STOPPER, TUNER, PROMOTER),
        "Tuning jobs get their names when they are launched. The prefix is this stage's and no other's.",
    )
    yield Accepted(
        _wildcard(_arn("sagemaker", f"transform-job/{jobs}*")),
        (STOPPER, TRANSFORMER),
        "Transform jobs get their names when they are launched. The prefix is this stage's and no other's.",
    )
    yield Accepted(
        _wildcard(_arn("sagemaker", f"processing-job/{jobs}*")),
        (STOPPER, PROCESSOR),
        "Processing jobs get their names when they are launched. The prefix is this stage's and no other's.",
    )
    yield Accepted(
        _wildcard(_arn("sagemaker", f"model/{jobs}*")),
        (STOPPER, TRANSFORMER),
        "The model of a transform job has the job's name. Those that are served have names that CloudFormation makes up.",
    )
    for kind, other, role in (
        ("transform", naming.TRANSFORM_LOG_GROUP, TRANSFORM),
        ("processing", naming.PROCESSING_LOG_GROUP, PROCESSING),
    ):
        for resource in (f"log-group:{other}:*", f"log-group:{other}:log-stream:{jobs}*"):
            yield Accepted(
                _wildcard(_arn("logs", resource)),
                (STOPPER, role) if settings.delete_data else (role,),
                f"As below, of {kind} jobs.",
            )
    yield Accepted(
        _wildcard(_arn("logs", f"log-group:{group}:*")),
        (STOPPER, EXECUTION) if settings.delete_data else (EXECUTION,),
        "IAM writes a log group with a trailing :*. It is SageMaker's one group for training jobs.",
    )
    yield Accepted(
        _wildcard(_arn("logs", f"log-group:{naming.endpoint_log_group(settings.stage)}:*")),
        (HOSTING,),
        "IAM writes a log group with a trailing :*. It is this stage's endpoint's.",
    )
    yield Accepted(
        _wildcard(_arn("logs", f"log-group:{group}:log-stream:{jobs}*")),
        (STOPPER, EXECUTION) if settings.delete_data else (EXECUTION,),
        "SageMaker names a stream after its job and adds a time. The prefix is this stage's.",
    )
    yield Accepted(
        _wildcard(_arn("cloudformation", f"stack/{naming.serving_stack(settings.stage)}/*")),
        (PROMOTER, f"{UPDATE}/Role"),
        "A stack's ARN ends in an id that CloudFormation makes up. The name is this stage's serving stack's, in full.",
    )


def _updates(settings: Settings) -> Iterator[Accepted]:
    yield Accepted(
        _wildcard(_arn("states", f"execution:{naming.serving_update(settings.stage)}:*")),
        (PROMOTER,),
        "Executions get their names when they are started. The state machine is the one that updates the serving stack.",
    )
    yield Accepted(
        "AwsSolutions-SF1",
        (f"{UPDATE}/StateMachine",),
        "Step Functions keeps the history of a standard execution for 90 days, and CloudFormation its events. Delivering logs as well "
        "needs log permissions on every resource, in the role that shall be able to do one thing only.",
    )
    yield Accepted(
        "AwsSolutions-SF2",
        (f"{UPDATE}/StateMachine",),
        "There is one task, and its call ends the execution: nothing to trace. X-Ray would need permissions on every resource.",
    )


def _artifacts(settings: Settings) -> Iterator[Accepted]:
    yield Accepted(
        _wildcard(f"{_bucket_arn(settings)}/{naming.CORPORA}*"),
        (EXECUTION, LAUNCHER, TUNER, PROCESSOR, PROCESSING),
        "Corpora come and go; their prefix is all that is known at deployment. Only processing jobs write them.",
    )
    for folder in (naming.RAW, naming.PROCESSING, naming.STAGING):
        yield Accepted(
            _wildcard(f"{_bucket_arn(settings)}/{folder}*"),
            (PROCESSING,),
            "Raw text, code, and what is not put together yet get their keys when a job is asked for. The prefixes are these jobs' own.",
        )
    for name in settings.source_buckets:
        yield Accepted(
            _wildcard(f"arn:<AWS::Partition>:s3:::{name}/*"),
            (PROCESSING,),
            "The settings name the bucket; which of its texts are prepared, a request says. Reading only.",
        )
    yield Accepted(
        _wildcard(f"{_bucket_arn(settings)}/{naming.RUNS}*"),
        (EXECUTION, PROMOTER, HOSTING, TRANSFORM, TRANSFORMER),
        "Each run has a folder of its own, named when it is launched. Jobs write there; promoter and endpoint read.",
    )
    yield Accepted(
        _wildcard(f"{_bucket_arn(settings)}/{naming.TRANSFORMS}*"),
        (TRANSFORM, TRANSFORMER),
        "What is predicted has a folder of its own, named when it is sent; its results are beside it.",
    )
    if settings.data_capture_percent:
        yield Accepted(
            _wildcard(f"{_bucket_arn(settings)}/{naming.CAPTURED}*"),
            (HOSTING,),
            "SageMaker makes up the names of the files with captured requests. Writing only.",
        )


def _notebooks(settings: Settings) -> Iterator[Accepted]:
    """What people may do with resources that get their names later: all are this stage's."""
    if not settings.notebook_role:
        return
    prefix = naming.job_prefix(settings.stage)
    kinds = ("training-job", "hyper-parameter-tuning-job", "transform-job", "model", "endpoint-config", "endpoint")
    stacks = (naming.storage_stack(settings.stage), naming.training_stack(settings.stage), naming.serving_stack(settings.stage))
    groups = [f"log-group:{each}:" for each in (naming.TRAINING_LOG_GROUP, naming.TRANSFORM_LOG_GROUP)]
    resources = [
        "*",  # ListTrainingJobs cannot be limited to resources
        *(_arn("sagemaker", f"{kind}/{prefix}*") for kind in kinds),
        *(_arn("cloudformation", f"stack/{name}/*") for name in stacks),
        *(_arn("logs", f"{group}{inside}") for group in groups for inside in ("*", f"log-stream:{prefix}*")),
        *(f"{_bucket_arn(settings)}/{folder}*" for folder in (naming.CORPORA, naming.TRANSFORMS, naming.RUNS)),
    ]
    reason = (
        "People name their jobs, endpoints and corpora themselves. The prefix, the bucket and the stacks are this stage's and no other's."
    )
    yield from (Accepted(_wildcard(resource), (NOTEBOOK,), reason) for resource in resources)


def _network(settings: Settings) -> Iterator[Accepted]:
    if not settings.vpc_subnets:
        return
    yield Accepted(
        _wildcard(_arn("ec2", "network-interface/*")),
        (EXECUTION, HOSTING, TRANSFORM, PROCESSING),
        "EC2 gives network interfaces their ids. They are made in the stage's subnets only, and touched in these only.",
    )
    named = [f"subnet/{each}" for each in settings.vpc_subnets] + [f"security-group/{each}" for each in settings.vpc_security_groups]
    for resource in named:
        yield Accepted(
            _wildcard(f"arn:<AWS::Partition>:ec2:<AWS::Region>:*:{resource}"),
            (EXECUTION, HOSTING, TRANSFORM, PROCESSING),
            "A shared subnet, and its security groups, may belong to another account. The id is given in full.",
        )


def _people(settings: Settings) -> Iterator[Accepted]:
    if not settings.people_policies:
        return
    prefix = naming.job_prefix(settings.stage)
    resources = [
        "*",  # alarms, metrics and listings cannot be limited to resources
        _arn("sagemaker", f"*-job/{prefix}*"),
        _arn("sagemaker", "endpoint-config/*"),
        _arn("sagemaker", "model/*"),
        _arn("cloudformation", f"stack/{prefix}*/*"),
        _arn("sqs", f"{prefix}*"),
        _arn("states", f"execution:{naming.serving_update(settings.stage)}:*"),
        _arn("logs", "log-group:/aws/sagemaker/*Jobs:*"),
        f"arn:<AWS::Partition>:iam::<AWS::AccountId>:role/{prefix}*",
        _arn("lambda", f"function:{prefix}*"),
        _arn("lambda", f"function:{prefix}*Launch*"),
        _arn("events", f"rule/{prefix}*"),
        _arn("scheduler", f"schedule/{naming.schedule_group(settings.stage)}/*"),
        _arn("logs", f"log-group:{naming.endpoint_log_group(settings.stage)}:*"),
        _arn("logs", f"log-group:{prefix}*:*"),
        *(f"{_bucket_arn(settings)}/{folder}*" for folder in (naming.CORPORA, naming.RUNS, naming.TRANSFORMS, naming.PROCESSING)),
    ]
    reason = "Jobs, streams, models and executions get their names later. Prefix, bucket, stacks are this stage's; the rest is looked at."
    yield from (Accepted(_wildcard(resource), PEOPLE, reason) for resource in resources)


def _versions(settings: Settings) -> Iterator[Accepted]:
    if settings.approval != "manual":
        return
    cleaner = (VERSIONS,) if settings.delete_data else ()
    looking = PEOPLE if settings.people_policies else ()
    group = naming.model_package_group(settings.stage, "*")
    yield Accepted(_wildcard("*"), (PROMOTER, *cleaner), "ListModelPackages lists the versions of every group or of none.")
    yield Accepted(
        _wildcard(_arn("sagemaker", f"model-package/{group}/*")),
        (PROMOTER, *cleaner, *looking),
        "Versions get their numbers when they are registered, and the group ends as its stack's id begins. The prefix is this stage's.",
    )
    yield Accepted(
        _wildcard(_arn("sagemaker", f"model-package-group/{group}")),
        (PROMOTER, *looking),
        "The group ends as its stack's id begins, so that one that was kept is not in the way. The prefix is this stage's.",
    )
    yield Accepted(
        _wildcard("arn:<AWS::Partition>:ecr:<AWS::Region>:*:repository/blazingtext"),
        (PROMOTER,),
        "The repository is AWS's own, in an account that differs from region to region. Reading only.",
    )
    yield Accepted(
        _wildcard(f"{_bucket_arn(settings)}/{naming.metrics_key('*')}"),
        (PROMOTER,),
        "Each run has a folder of its own, named when it is launched. Only the one file with its metrics is written.",
    )


def _wildcard(resource: str) -> str:
    return f"AwsSolutions-IAM5[Resource::{resource}]"


def _arn(service: str, resource: str) -> str:
    return f"arn:<AWS::Partition>:{service}:{_HERE}:{resource}"


def _bucket_arn(settings: Settings) -> str:
    """The bucket's ARN as the other stacks write it: a look-up in the storage stack's outputs."""
    region = settings.region or {"Ref": "AWS::Region"}
    output = {"StackName": naming.storage_stack(settings.stage), "Region": region, "OutputName": _BUCKET_ARN_OUTPUT}
    return json.dumps({"Fn::GetStackOutput": output}, separators=(",", ":"))


def _construct(app: cdk.App, path: str) -> IConstruct:
    root: IConstruct = app
    return reduce(lambda parent, id_: parent.node.find_child(id_), path.split("/"), root)
