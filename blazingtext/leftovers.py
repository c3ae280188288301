"""Where things of a stage may still be: every service is asked for its own resources.

They are known by exact name prefix (``blazingtext-<stage>-``: a stage has no hyphen, so no other stage shares it) and, where
CloudFormation chooses the names, by exact tag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.training_jobs import ACTIVE

from .cloud import Cloud

# Without a page size, SQS gives no token for the next page, and S3 refuses to list the buckets of an account with very many.
_PAGE_SIZES = {"list_queues": 1000, "list_buckets": 1000}


@dataclass(frozen=True)
class Leftover:
    """Something that exists.

    Attributes:
        kind: what it is.
        name: its name or ARN.
        bills: whether its existence costs money.
        detail: size, status and the like.
        region: where it is; "" for what belongs to no region.
        remove: the command that removes it once no stack holds it; "" when none is known.
    """

    kind: str
    name: str
    bills: bool = False
    detail: str = ""
    region: str = ""
    remove: str = ""


@dataclass(frozen=True)
class Scope:
    """The stage whose resources are looked for."""

    cloud: Cloud

    @property
    def stage(self) -> str:
        """The stage."""
        return self.cloud.stage

    @property
    def prefix(self) -> str:
        """What the names of the stage's resources begin with."""
        return naming.job_prefix(self.stage)

    def has(self, tags: Sequence[Mapping[str, Any]]) -> bool:
        """Whether tags are those of this project and stage."""
        found = {tag.get("Key"): tag.get("Value") for tag in tags}
        return all(found.get(key) == value for key, value in naming.tags(self.stage).items())

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
        """The items of all pages of a listing."""
        size = {"PaginationConfig": {"PageSize": _PAGE_SIZES[operation]}} if operation in _PAGE_SIZES else {}
        for page in self.cloud.client(service).get_paginator(operation).paginate(**parameters, **size):
            yield from page.get(key, [])

    def named(self, kind: str, items: Iterator[Any], name: str, *, bills: bool = False) -> Iterator[Leftover]:
        """The items whose name has the stage's prefix."""
        for item in items:
            if item[name].startswith(self.prefix):
                yield Leftover(kind, item[name], bills)


Finder = Callable[[Scope], Iterator[Leftover]]


def _stacks(scope: Scope) -> Iterator[Leftover]:
    for stack in scope.pages("cloudformation", "describe_stacks", "Stacks"):
        if stack["StackName"].startswith(scope.prefix) or scope.has(stack.get("Tags", [])):
            yield Leftover("stack", stack["StackName"], detail=stack["StackStatus"])


def _buckets(scope: Scope) -> Iterator[Leftover]:
    for bucket in scope.pages("s3", "list_buckets", "Buckets"):
        if bucket["Name"].startswith(scope.prefix):
            yield Leftover(
                "bucket", bucket["Name"], bills=True, detail=contents(scope, bucket["Name"]), region=bucket.get("BucketRegion", "")
            )


def contents(scope: Scope, bucket: str) -> str:
    """How many object versions a bucket holds: deleted objects still cost money as versions."""
    count = size = 0
    for page in scope.cloud.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = page.get("Versions", [])
        count += len(versions) + len(page.get("DeleteMarkers", []))
        size += sum(version["Size"] for version in versions)
    return f"{count} object versions, {size / 1e6:.1f} MB"


def _roles(scope: Scope) -> Iterator[Leftover]:
    return scope.named("role", scope.pages("iam", "list_roles", "Roles"), "RoleName")


def _functions(scope: Scope) -> Iterator[Leftover]:
    return scope.named("function", scope.pages("lambda", "list_functions", "Functions"), "FunctionName")


def _state_machines(scope: Scope) -> Iterator[Leftover]:
    return scope.named("state machine", scope.pages("stepfunctions", "list_state_machines", "stateMachines"), "name")


def _log_groups(scope: Scope) -> Iterator[Leftover]:
    endpoint = naming.endpoint_log_group(scope.stage)
    for group in scope.pages("logs", "describe_log_groups", "logGroups"):
        # A log group of a service has the name of what it logs as a part: /aws/lambda/<function>.
        name = group["logGroupName"]
        if name == endpoint or any(part.startswith(scope.prefix) for part in name.split("/")):
            yield Leftover("log group", name, bills=group.get("storedBytes", 0) > 0, detail=f"{group.get('storedBytes', 0)} bytes")


def _log_streams(scope: Scope) -> Iterator[Leftover]:
    """The log streams of training, transform and processing jobs; their groups are shared by the whole account."""
    for group in (naming.TRAINING_LOG_GROUP, naming.TRANSFORM_LOG_GROUP, naming.PROCESSING_LOG_GROUP):
        groups = scope.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=group)
        if any(each["logGroupName"] == group for each in groups):
            for stream in scope.pages("logs", "describe_log_streams", "logStreams", logGroupName=group, logStreamNamePrefix=scope.prefix):
                yield Leftover("log stream", f"{group}:{stream['logStreamName']}", bills=True)


def _queues(scope: Scope) -> Iterator[Leftover]:
    for url in scope.pages("sqs", "list_queues", "QueueUrls", QueueNamePrefix=scope.prefix):
        yield Leftover("queue", url.rsplit("/", 1)[-1])


def _topics(scope: Scope) -> Iterator[Leftover]:
    for topic in scope.pages("sns", "list_topics", "Topics"):
        name = topic["TopicArn"].rsplit(":", 1)[-1]
        if name.startswith(scope.prefix):
            yield Leftover("topic", name)


def _alarms(scope: Scope) -> Iterator[Leftover]:
    # Application Auto Scaling names its alarms after what they watch.
    for prefix in (scope.prefix, f"TargetTracking-endpoint/{naming.endpoint(scope.stage)}/"):
        for alarm in scope.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix):
            yield Leftover("alarm", alarm["AlarmName"], bills=True)


def _rules(scope: Scope) -> Iterator[Leftover]:
    return scope.named("rule", scope.pages("events", "list_rules", "Rules", NamePrefix=scope.prefix), "Name")


def _schedule_groups(scope: Scope) -> Iterator[Leftover]:
    groups = scope.pages("scheduler", "list_schedule_groups", "ScheduleGroups", NamePrefix=scope.prefix)
    return scope.named("schedule group", groups, "Name")


def _jobs(scope: Scope) -> Iterator[Leftover]:
    for job in scope.pages("sagemaker", "list_training_jobs", "TrainingJobSummaries", NameContains=scope.prefix):
        if job["TrainingJobName"].startswith(scope.prefix):
            running = job["TrainingJobStatus"] in ACTIVE
            yield Leftover("training job", job["TrainingJobName"], bills=running, detail=job["TrainingJobStatus"])


def _tuning_jobs(scope: Scope) -> Iterator[Leftover]:
    listing = scope.pages("sagemaker", "list_hyper_parameter_tuning_jobs", "HyperParameterTuningJobSummaries", NameContains=scope.prefix)
    for job in listing:
        name, status = job["HyperParameterTuningJobName"], job["HyperParameterTuningJobStatus"]
        if name.startswith(scope.prefix):
            yield Leftover("tuning job", name, bills=status in ACTIVE, detail=status)


def _transform_jobs(scope: Scope) -> Iterator[Leftover]:
    """Those that run: AWS keeps the records of the others, which cost nothing, and has no operation that deletes one."""
    for status in ACTIVE:
        listing = scope.pages("sagemaker", "list_transform_jobs", "TransformJobSummaries", NameContains=scope.prefix, StatusEquals=status)
        for job in listing:
            if job["TransformJobName"].startswith(scope.prefix):
                yield Leftover("transform job", job["TransformJobName"], bills=True, detail=status)


def _processing_jobs(scope: Scope) -> Iterator[Leftover]:
    for job in scope.pages("sagemaker", "list_processing_jobs", "ProcessingJobSummaries", NameContains=scope.prefix):
        name, status = job["ProcessingJobName"], job["ProcessingJobStatus"]
        if name.startswith(scope.prefix):
            yield Leftover("processing job", name, bills=status in ACTIVE, detail=status)


def _models(scope: Scope) -> Iterator[Leftover]:
    return _tagged(scope, "model", scope.pages("sagemaker", "list_models", "Models"), "Model")


def _endpoint_configs(scope: Scope) -> Iterator[Leftover]:
    return _tagged(scope, "endpoint config", scope.pages("sagemaker", "list_endpoint_configs", "EndpointConfigs"), "EndpointConfig")


def _model_package_groups(scope: Scope) -> Iterator[Leftover]:
    listing = scope.pages("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList", NameContains=scope.prefix)
    for group in listing:
        name = group["ModelPackageGroupName"]
        if name.startswith(scope.prefix):
            versions = scope.pages("sagemaker", "list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=name)
            count = sum(1 for _ in versions)
            yield Leftover("model package group", name, detail=f"{count} version{'' if count == 1 else 's'}")


def _endpoints(scope: Scope) -> Iterator[Leftover]:
    for endpoint in scope.pages("sagemaker", "list_endpoints", "Endpoints", NameContains=naming.endpoint(scope.stage)):
        if endpoint["EndpointName"] == naming.endpoint(scope.stage) or endpoint["EndpointName"].startswith(scope.prefix):
            yield Leftover("endpoint", endpoint["EndpointName"], bills=True, detail=endpoint["EndpointStatus"])


def _tagged(scope: Scope, kind: str, items: Iterator[Any], noun: str) -> Iterator[Leftover]:
    """Resources whose names CloudFormation generates without the stack's name: they are known by their tags."""
    for item in items:
        name, arn = item[f"{noun}Name"], item[f"{noun}Arn"]
        if name.startswith(scope.prefix) or scope.has(list(scope.pages("sagemaker", "list_tags", "Tags", ResourceArn=arn))):
            yield Leftover(kind, name)


def _tagged_resources(scope: Scope) -> Iterator[Leftover]:
    """Resources with the stage's tags under any other name.

    The tag index is eventually consistent and may list what is gone; resources with our names were looked up in their own services above.
    """
    filters = [{"Key": key, "Values": [value]} for key, value in naming.tags(scope.stage).items()]
    for found in scope.pages("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=filters):
        arn = found["ResourceARN"]
        ours = any(name.startswith((scope.prefix, naming.endpoint(scope.stage))) for name in arn.replace("/", ":").split(":"))
        if ours or ":sagemaker:" in arn:
            continue
        if ":kms:" in arn:
            yield from _key(scope, arn)
        else:
            yield Leftover("tagged resource", arn)


def _key(scope: Scope, arn: str) -> Iterator[Leftover]:
    """A key that is kept; one that waits for its deletion costs nothing and goes by itself (https://aws.amazon.com/kms/pricing/)."""
    try:
        state = scope.cloud.client("kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]
    except ClientError:
        # The key's policy decides who may look; that it is there was seen.
        state = ""
    if state != "PendingDeletion":
        yield Leftover("tagged resource", arn, bills=True, detail=state)


def _policies(scope: Scope) -> Iterator[Leftover]:
    for policy in scope.pages("iam", "list_policies", "Policies", Scope="Local"):
        if policy["PolicyName"].startswith(scope.prefix):
            yield Leftover("managed policy", policy["Arn"], detail=f"attached {policy.get('AttachmentCount', 0)} times")


def _dashboards(scope: Scope) -> Iterator[Leftover]:
    name = naming.endpoint(scope.stage)
    for page in scope.pages("cloudwatch", "list_dashboards", "DashboardEntries", DashboardNamePrefix=name):
        if page["DashboardName"] == name or page["DashboardName"].startswith(scope.prefix):
            yield Leftover("dashboard", page["DashboardName"], bills=True)


def _budgets(scope: Scope) -> Iterator[Leftover]:
    account = scope.cloud.client("sts").get_caller_identity()["Account"]
    return scope.named("budget", scope.pages("budgets", "describe_budgets", "Budgets", AccountId=account), "BudgetName")


# What belongs to the whole account: looked for once, whatever the regions.
GLOBAL: Mapping[str, Finder] = {
    "buckets": _buckets,
    "roles": _roles,
    "managed policies": _policies,
    "dashboards": _dashboards,
    "budgets": _budgets,
}
REGIONAL: Mapping[str, Finder] = {
    "stacks": _stacks,
    "endpoints": _endpoints,
    "endpoint configs": _endpoint_configs,
    "models": _models,
    "model package groups": _model_package_groups,
    "transform jobs": _transform_jobs,
    "processing jobs": _processing_jobs,
    "tuning jobs": _tuning_jobs,
    "training jobs": _jobs,
    "functions": _functions,
    "state machines": _state_machines,
    "queues": _queues,
    "topics": _topics,
    "rules": _rules,
    "schedule groups": _schedule_groups,
    "alarms": _alarms,
    "log groups": _log_groups,
    "log streams": _log_streams,
    "tagged resources": _tagged_resources,
}
