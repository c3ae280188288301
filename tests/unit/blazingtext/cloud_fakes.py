"""An AWS account as the command line sees it, in memory: a session whose clients answer from dictionaries. No sockets."""

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Self, cast

import boto3

from blazingtext.cloud import Cloud
from blazingtext_lifecycle import naming
from tests.unit.aws_requests import CheckedClient
from tests.unit.lifecycle.aws_fakes import MACHINE, client_error

ACCOUNT = "123456789012"
BUCKET = "blazingtext-dev-storage-corpora"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class FakePaginator:
    """Pages of a listing: the first is empty, so that whoever reads only one finds nothing."""

    def __init__(self, operation: Callable[..., dict[str, Any]]) -> None:
        self._operation = operation

    def paginate(self, **wish: Any) -> Iterator[dict[str, Any]]:
        whole = self._operation(**wish)
        yield {key: [] if isinstance(value, list) else value for key, value in whole.items()}
        yield whole


class FakeClient:
    """A client with the operations that a test gives it; every call is remembered."""

    def __init__(self, **operations: Callable[..., Any]) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        for name, operation in operations.items():
            self.answer(name, operation)

    def answer(self, name: str, operation: Callable[..., Any]) -> None:
        def call(**wish: Any) -> Any:
            self.calls.append((name, wish))
            return operation(**wish)

        setattr(self, name, call)

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


class FakeSession:
    """boto3's session over fake clients, which refuse what botocore would.

    Other regions are empty unless `elsewhere` has clients for them.
    """

    region_name = "us-east-1"

    def __init__(self, **clients: Any) -> None:
        self.clients = clients
        self.elsewhere: dict[str, dict[str, Any]] = {}

    def client(self, service: str, region_name: str | None = None, **_: Any) -> CheckedClient:
        here = region_name in {None, self.region_name}
        clients = self.clients if here else self.elsewhere.setdefault(str(region_name), account())
        return CheckedClient(service, clients[service.replace("-", "_")])


def cloud(**clients: Any) -> Cloud:
    """A stage over fake clients; its stacks are deployed unless the test brings its own CloudFormation."""
    stacks = clients.setdefault("cloudformation", FakeStacks())
    clients.setdefault("stepfunctions", FakeUpdates(stacks))
    clients.setdefault("sagemaker", FakeJobs().serve())
    return Cloud("dev", cast("boto3.Session", FakeSession(**clients)))


class FakeStacks:
    """The three stacks; the serving stack takes updates at once."""

    def __init__(self, *, dead_letters: str = "", schedules: str = "", **serving: str) -> None:
        self.dead_letters, self.schedules = dead_letters, schedules
        self.model_package_group = ""
        defaults = {"ModelDataUrl": "", "PreviousModelDataUrl": "", "PromotedThrough": "", "EndpointState": "running", "AutoRollback": "on"}
        self.parameters = {**defaults, **serving}
        self.statuses = dict.fromkeys(("storage", "training", "serving"), "CREATE_COMPLETE")
        self.updates: list[dict[str, Any]] = []
        self.updated: datetime | None = None
        self.configuration = ""
        self.on_update: Callable[[dict[str, str]], None] = lambda _: None
        self.events: list[dict[str, str]] = []

    def roll_back(self, began: datetime, reason: str) -> None:
        """An update that began then has failed and was rolled back."""
        self.statuses["serving"] = "UPDATE_ROLLBACK_COMPLETE"
        self.updated = began
        name = "blazingtext-dev-serving"
        self.events = [
            {"LogicalResourceId": name, "ResourceStatus": "UPDATE_ROLLBACK_COMPLETE"},
            {"LogicalResourceId": "Alarm", "ResourceStatus": "UPDATE_FAILED", "ResourceStatusReason": "Resource update cancelled"},
            {"LogicalResourceId": "Endpoint", "ResourceStatus": "UPDATE_FAILED", "ResourceStatusReason": reason},
            {"LogicalResourceId": name, "ResourceStatus": "UPDATE_IN_PROGRESS", "ResourceStatusReason": "User Initiated"},
            {"LogicalResourceId": "Endpoint", "ResourceStatus": "UPDATE_FAILED", "ResourceStatusReason": "of an older update"},
        ]

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))

    def describe_stack_events(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert StackName == "blazingtext-dev-serving"
        return {"StackEvents": self.events}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        part = StackName.removeprefix("blazingtext-dev-")
        if part not in self.statuses:
            raise client_error("ValidationError", f"Stack with id {StackName} does not exist", "DescribeStacks")
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        outputs = {"BucketName": BUCKET, "LauncherFunctionName": "launcher", "TunerFunctionName": "tuner"}
        outputs |= {"TransformerFunctionName": "transformer", "ProcessorFunctionName": "processor", "ServingUpdateArn": MACHINE}
        if self.model_package_group and part == "training":
            outputs |= {"ModelPackageGroupName": self.model_package_group, "PromotionQueueUrl": "https://sqs/promotion"}
        if self.dead_letters:
            outputs["DeadLetterQueueUrl"] = self.dead_letters
        if self.schedules:
            outputs["ScheduleGroupName"] = self.schedules
        if self.configuration and self.parameters["ModelDataUrl"]:
            outputs["EndpointConfigName"] = self.configuration
        return {
            "Stacks": [
                {
                    "StackName": StackName,
                    "StackStatus": self.statuses[part],
                    "CreationTime": NOON,
                    **({"LastUpdatedTime": self.updated} if self.updated else {}),
                    "Parameters": parameters if part == "serving" else [],
                    "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
                }
            ]
        }

    def update_stack(self, **request: Any) -> None:
        self.updates.append(request)
        for parameter in request["Parameters"]:
            if not parameter.get("UsePreviousValue"):
                self.parameters[parameter["ParameterKey"]] = parameter["ParameterValue"]
        self.statuses["serving"] = "UPDATE_COMPLETE"
        self.on_update(self.parameters)


class FakeUpdates:
    """The state machine that updates the serving stack: every execution succeeds."""

    def __init__(self, stacks: Any) -> None:
        self._stacks = stacks

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, str]:  # noqa: A002, N803 - AWS's names
        assert stateMachineArn == MACHINE
        self._stacks.update_stack(**json.loads(input))
        return {"executionArn": f"execution:{name}"}

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803 - AWS's names
        assert executionArn.startswith("execution:")
        return {"status": "SUCCEEDED"}


class FakeBucket:
    """S3 with one bucket: what is put is what is there, with a checksum where one was asked for."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.heads: dict[str, dict[str, Any]] = {}
        self.sent: list[str] = []
        self.corrupt = False

    @staticmethod
    def _check(bucket: str) -> None:
        if bucket != BUCKET:
            raise client_error("NoSuchBucket", "The specified bucket does not exist")

    def upload_file(self, path: str, bucket: str, key: str, *, ExtraArgs: dict[str, Any], Config: Any, Callback: Any) -> None:  # noqa: N803 - AWS's names
        self._check(bucket)
        content = Path(path).read_bytes()
        Callback(len(content))
        self.sent.append(key)
        # One object while it is smaller than the threshold.
        part = Config.multipart_chunksize if len(content) >= Config.multipart_threshold else 1 << 30
        self.put(key, content[:-1] + b"?" if self.corrupt else content, part=part, metadata=ExtraArgs["Metadata"])
        self.heads[key]["ContentType"] = ExtraArgs["ContentType"]
        if ExtraArgs.get("ChecksumAlgorithm") != "SHA256":
            del self.heads[key]["ChecksumSHA256"]

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803 - AWS's names
        assert (Bucket, ContentType) == (BUCKET, "application/json")
        self.sent.append(Key)
        self.put(Key, Body)

    def put(self, key: str, content: bytes, *, part: int = 1 << 30, metadata: Mapping[str, str] | None = None) -> None:
        digests = [hashlib.sha256(content[start : start + part]).digest() for start in range(0, max(len(content), 1), part)]
        whole = len(digests) == 1
        checksum = base64.b64encode(digests[0] if whole else hashlib.sha256(b"".join(digests)).digest()).decode()
        self.objects[key] = content
        self.heads[key] = {
            "ContentLength": len(content),
            "ETag": f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"',
            "Metadata": dict(metadata or {}),
            "ChecksumSHA256": checksum if whole else f"{checksum}-{len(digests)}",
        }

    def head_object(self, *, Bucket: str, Key: str, ChecksumMode: str = "") -> dict[str, Any]:  # noqa: N803 - AWS's names
        self._check(Bucket)
        if Key not in self.heads:
            raise client_error("404", "Not Found", "HeadObject")
        head = dict(self.heads[Key])
        if ChecksumMode != "ENABLED":
            head.pop("ChecksumSHA256", None)
        return head

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        self._check(Bucket)
        if Key not in self.objects:
            raise client_error("NoSuchKey", "The specified key does not exist.", "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803 - AWS's names
        self._check(Bucket)
        del self.objects[Key], self.heads[Key]

    def download_file(self, bucket: str, key: str, path: str, *, Callback: Any) -> None:  # noqa: N803 - AWS's names
        self._check(bucket)
        Callback(len(self.objects[key]))
        Path(path).write_bytes(self.objects[key])

    def download_fileobj(self, bucket: str, key: str, stream: IO[bytes]) -> None:
        self._check(bucket)
        stream.write(self.objects[key])

    def list_objects_v2(self, *, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        self._check(Bucket)
        found = [{"Key": key, "Size": len(self.objects[key])} for key in sorted(self.objects) if key.startswith(Prefix)]
        # S3 leaves out the list that is empty.
        return {"Contents": found} if found else {}

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


# What the launcher says about the costs of a job.
COST = {
    "instanceType": "ml.c5.xlarge",
    "instanceCount": 2,
    "maxRuntimeSeconds": 1800,
    "hourlyDollars": 0.408,
    "maximumDollars": 0.204,
    "pricesOf": "2026-04-21",
}


class FakeLauncher:
    """The Lambda client with the launcher behind it: answers what it is told to."""

    def __init__(self, answer: Mapping[str, Any], *, error: bool = False, function: str = "launcher") -> None:
        self._function = function
        self._answer = {"cost": COST, **answer} if not error else answer
        self._error = error
        self.events: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert FunctionName == self._function
        self.events.append(json.loads(Payload))
        said: dict[str, Any] = {"Payload": io.BytesIO(json.dumps(self._answer).encode())}
        return {**said, "FunctionError": "Unhandled"} if self._error else said


class FakeEndpoint:
    """The runtime client with a Word2Vec container behind it: words of `known` have vectors, all others zeros."""

    def __init__(self, known: Mapping[str, list[float]], dimension: int = 2) -> None:
        self._known = known
        self._zeros = [0.0] * dimension
        self.bodies: list[dict[str, Any]] = []

    def invoke_endpoint(self, *, EndpointName: str, ContentType: str, Accept: str, Body: bytes) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert (EndpointName, ContentType, Accept) == ("blazingtext-dev", "application/json", "application/json")
        body = json.loads(Body)
        self.bodies.append(body)
        answers = [{"vector": self._known.get(word, self._zeros), "word": word} for word in body["instances"]]
        return {"Body": io.BytesIO(json.dumps(answers).encode())}


class FakeJobs:
    """SageMaker's training jobs and one endpoint."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.endpoint: dict[str, Any] | None = None
        self.stopped: list[str] = []
        self.looks_without_configuration = 0
        self.model = artifact("none")

    def add(self, job: str, status: str = "Completed", **more: Any) -> str:
        self.jobs[job] = {
            "TrainingJobName": job,
            "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:1:training-job/{job}",
            "TrainingJobStatus": status,
            "SecondaryStatus": more.pop("phase", status),
            "CreationTime": NOON,
            "HyperParameters": {"mode": "skipgram"},
            "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
            "ModelArtifacts": {"S3ModelArtifacts": artifact(job)},
            "tags": more.pop("tags", naming.tags("dev")),
            "InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": f"s3://{BUCKET}/corpora/wiki/train/"}}}],
            **more,
        }
        return job

    def describe_training_job(self, *, TrainingJobName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        # SageMaker refuses another name for its form, which botocore does not look at.
        assert naming.TRAINING_JOB_PATTERN.fullmatch(TrainingJobName)
        if TrainingJobName not in self.jobs:
            raise client_error("ValidationException", "Requested resource not found.", "DescribeTrainingJob")
        return self.jobs[TrainingJobName]

    def describe_hyper_parameter_tuning_job(self, **_: Any) -> dict[str, Any]:
        raise client_error("ResourceNotFound", "Amazon SageMaker can't find a tuning job.", "DescribeHyperParameterTuningJob")

    def list_hyper_parameter_tuning_jobs(self, **_: Any) -> dict[str, Any]:
        return {"HyperParameterTuningJobSummaries": []}

    def describe_transform_job(self, **_: Any) -> dict[str, Any]:
        raise client_error("ResourceNotFound", "Could not find transform job", "DescribeTransformJob")

    def describe_processing_job(self, **wish: Any) -> dict[str, Any]:
        raise client_error("ValidationException", f"Could not find requested job with name: {wish['ProcessingJobName']}")

    def list_training_jobs(
        self,
        *,
        NameContains: str,  # noqa: N803 - AWS's names
        StatusEquals: str = "",  # noqa: N803 - likewise
        SortBy: str = "CreationTime",  # noqa: N803 - likewise
        SortOrder: str = "Ascending",  # noqa: N803 - likewise
    ) -> dict[str, Any]:
        """Jobs were created in the order in which they were added; the defaults of the sort are AWS's."""
        assert SortBy == "CreationTime"
        named = [job for name, job in self.jobs.items() if NameContains in name and StatusEquals in ("", job["TrainingJobStatus"])]
        return {"TrainingJobSummaries": named if SortOrder == "Ascending" else named[::-1]}

    def list_tags(self, *, ResourceArn: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        (tags,) = [job["tags"] for job in self.jobs.values() if job["TrainingJobArn"] == ResourceArn]
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def stop_training_job(self, *, TrainingJobName: str) -> None:  # noqa: N803 - AWS's names
        self.stopped.append(TrainingJobName)
        self.jobs[TrainingJobName]["TrainingJobStatus"] = "Stopping"

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if self.endpoint is None or EndpointName != "blazingtext-dev":
            raise client_error("ValidationException", f'Could not find endpoint "{EndpointName}".', "DescribeEndpoint")
        return self.endpoint

    def describe_endpoint_config(self, *, EndpointConfigName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        # During a pause, the stack still holds a configuration.
        assert EndpointConfigName == (self.endpoint or {"EndpointConfigName": "config"})["EndpointConfigName"]
        self.looks_without_configuration -= 1
        if self.looks_without_configuration >= 0:
            raise client_error("ValidationException", "Could not find endpoint configuration.", "DescribeEndpointConfig")
        return {"ProductionVariants": [{"InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 2, "ModelName": "model"}]}

    def describe_model(self, *, ModelName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if not self.model:
            raise client_error("ValidationException", f'Could not find model "{ModelName}".', "DescribeModel")
        return {"PrimaryContainer": {"ModelDataUrl": self.model}}

    def serve(self, status: str = "InService", failure: str = "", configuration: str = "config") -> Self:
        self.endpoint = {"EndpointStatus": status, "EndpointConfigName": configuration, "LastModifiedTime": NOON, "FailureReason": failure}
        return self

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


def artifact(job: str) -> str:
    """Where a job's model is."""
    return f"s3://{BUCKET}/runs/{job}/output/model.tar.gz"


def packed(members: Mapping[str, bytes], **links: str) -> bytes:
    """A model.tar.gz; links by name, with _ for the dot."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in links.items():
            info = tarfile.TarInfo(name.replace("_", "."))
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return buffer.getvalue()


def _with(member: str, begins: str = "", contains: str = "") -> Callable[[Mapping[str, Any], Mapping[str, Any]], bool]:
    """Whether an item is among what was asked for, by parameters that filter by the begin or by a part of a member."""

    def chosen(item: Mapping[str, Any], wish: Mapping[str, Any]) -> bool:
        name: str = item[member]
        return name.startswith(wish.get(begins, "")) and wish.get(contains, "") in name

    return chosen


def _tagged(item: Mapping[str, Any], wish: Mapping[str, Any]) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in item["Tags"]}
    return all(tags.get(each["Key"]) in each["Values"] for each in wish["TagFilters"])


# Every listing that an audit makes: the key of its items, and which of them a request asks for. Items of a listing that belongs to a
# resource have the resource's name or ARN under "of".
LISTINGS: Mapping[tuple[str, str], tuple[str, Callable[[Any, Mapping[str, Any]], bool]]] = {
    ("cloudformation", "describe_stacks"): ("Stacks", lambda item, wish: wish.get("StackName") in (None, item["StackName"])),
    ("sagemaker", "list_endpoints"): ("Endpoints", _with("EndpointName", contains="NameContains")),
    ("sagemaker", "list_endpoint_configs"): ("EndpointConfigs", _with("EndpointConfigName", contains="NameContains")),
    ("sagemaker", "list_models"): ("Models", _with("ModelName", contains="NameContains")),
    ("sagemaker", "list_model_package_groups"): (
        "ModelPackageGroupSummaryList",
        _with("ModelPackageGroupName", contains="NameContains"),
    ),
    ("sagemaker", "list_model_packages"): ("ModelPackageSummaryList", lambda item, wish: item["of"] == wish["ModelPackageGroupName"]),
    ("sagemaker", "list_training_jobs"): ("TrainingJobSummaries", _with("TrainingJobName", contains="NameContains")),
    ("sagemaker", "list_hyper_parameter_tuning_jobs"): (
        "HyperParameterTuningJobSummaries",
        _with("HyperParameterTuningJobName", contains="NameContains"),
    ),
    ("sagemaker", "list_processing_jobs"): ("ProcessingJobSummaries", _with("ProcessingJobName", contains="NameContains")),
    ("sagemaker", "list_transform_jobs"): (
        "TransformJobSummaries",
        lambda item, wish: wish["NameContains"] in item["TransformJobName"] and item["TransformJobStatus"] == wish["StatusEquals"],
    ),
    ("sagemaker", "list_tags"): ("Tags", lambda item, wish: item["of"] == wish["ResourceArn"]),
    ("s3", "list_buckets"): ("Buckets", _with("Name", begins="Prefix")),
    ("s3", "list_object_versions"): ("Versions", lambda item, wish: item["of"] == wish["Bucket"]),
    ("lambda", "list_functions"): ("Functions", lambda _item, _wish: True),
    ("stepfunctions", "list_state_machines"): ("stateMachines", lambda _item, _wish: True),
    ("sqs", "list_queues"): ("QueueUrls", lambda url, wish: url.rpartition("/")[2].startswith(wish.get("QueueNamePrefix", ""))),
    ("sns", "list_topics"): ("Topics", lambda _item, _wish: True),
    ("events", "list_rules"): ("Rules", _with("Name", begins="NamePrefix")),
    ("cloudwatch", "describe_alarms"): ("MetricAlarms", _with("AlarmName", begins="AlarmNamePrefix")),
    ("logs", "describe_log_groups"): ("logGroups", _with("logGroupName", begins="logGroupNamePrefix")),
    (
        "logs",
        "describe_log_streams",
    ): (
        "logStreams",
        lambda item, wish: item["of"] == wish["logGroupName"] and item["logStreamName"].startswith(wish.get("logStreamNamePrefix", "")),
    ),
    ("iam", "list_roles"): ("Roles", lambda _item, _wish: True),
    ("iam", "list_policies"): ("Policies", lambda item, wish: item.get("Scope", "Local") == wish.get("Scope", "All")),
    ("cloudwatch", "list_dashboards"): ("DashboardEntries", _with("DashboardName", begins="DashboardNamePrefix")),
    ("budgets", "describe_budgets"): ("Budgets", lambda _item, wish: wish["AccountId"] == ACCOUNT),
    ("scheduler", "list_schedule_groups"): ("ScheduleGroups", _with("Name", begins="NamePrefix")),
    ("resourcegroupstaggingapi", "get_resources"): ("ResourceTagMappingList", _tagged),
}


def denying(code: str = "AccessDenied") -> Callable[..., Any]:
    """An operation that is refused."""

    def refuse(**_: Any) -> None:
        raise client_error(code, "refused")

    return refuse


class FakeListings:
    """The listings of one service over what a test planted, an item a page; every call is remembered."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.items: dict[str, list[Any]] = {operation: [] for each, operation in LISTINGS if each == service}
        self.refused: dict[str, Callable[..., Any]] = {}
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    def pages(self, operation: str, wish: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        self.calls.append((operation, wish))
        if operation in self.refused:
            self.refused[operation]()
        key, is_wanted = LISTINGS[self._service, operation]
        wanted = [item for item in self.items[operation] if is_wanted(item, wish)]
        if operation == "describe_stacks" and "StackName" in wish and not wanted:
            raise client_error("ValidationError", f"Stack with id {wish['StackName']} does not exist", "DescribeStacks")
        if operation in {"list_queues", "list_buckets"} and "PageSize" not in wish.get("PaginationConfig", {}):
            # Without a page size, SQS and S3 give no token for the next page.
            wanted = wanted[:1]
        yield from ({key: [item]} for item in wanted)
        if not wanted:
            # What has no items is left out of most answers.
            yield {key: []} if operation == "get_resources" else {}

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        """A call without a paginator: the first page, or the whole of what has no paginator."""
        if operation.startswith("_") or operation not in self.items:
            raise AttributeError(operation)

        def first_page(**wish: Any) -> dict[str, Any]:
            return next(self.pages(operation, wish))

        return first_page

    def get_paginator(self, operation: str) -> "FakeListingPaginator":
        return FakeListingPaginator(self, operation)


class FakeListingPaginator:
    def __init__(self, listings: FakeListings, operation: str) -> None:
        self._listings, self._operation = listings, operation

    def paginate(self, **wish: Any) -> Iterator[dict[str, Any]]:
        return self._listings.pages(self._operation, wish)


def account(**planted: list[Any] | Callable[..., Any]) -> dict[str, Any]:
    """An empty account, but for `service__operation=[items of its listing]`, or =`denying()`."""
    clients: dict[str, Any] = {service: FakeListings(service) for service, _ in LISTINGS}
    clients["sts"] = FakeClient(get_caller_identity=lambda: {"Account": ACCOUNT})
    for place, items in planted.items():
        service, _, operation = place.partition("__")
        if callable(items):
            clients[service].refused[operation] = items
        else:
            clients[service].items[operation] += items
    return clients
