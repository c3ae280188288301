"""An AWS account as the command line sees it, in memory: a session whose clients answer from dictionaries. No sockets."""

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, cast

import boto3

from blazingtext.cloud import Cloud
from blazingtext_lifecycle import naming
from tests.unit.lifecycle.aws_fakes import MACHINE, client_error

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

    def can_paginate(self, _operation: str) -> bool:
        return True

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


class FakeSession:
    """boto3's session over fake clients; other regions are empty unless `elsewhere` has clients for them."""

    region_name = "us-east-1"

    def __init__(self, **clients: Any) -> None:
        self.clients = clients
        self.elsewhere: dict[str, dict[str, Any]] = {}

    def client(self, service: str, region_name: str | None = None, **_: Any) -> Any:
        if region_name in (None, self.region_name):
            return self.clients[service.replace("-", "_")]
        return self.elsewhere.setdefault(str(region_name), account())[service]


def cloud(**clients: Any) -> Cloud:
    """A stage over fake clients; its stacks are deployed unless the test brings its own CloudFormation."""
    stacks = clients.setdefault("cloudformation", FakeStacks())
    clients.setdefault("stepfunctions", FakeUpdates(stacks))
    clients.setdefault("sagemaker", FakeJobs().serve())
    return Cloud("dev", cast("boto3.Session", FakeSession(**clients)))


class FakeStacks:
    """The three stacks; the serving stack takes updates at once."""

    def __init__(self, *, dead_letters: str = "", **serving: str) -> None:
        self.dead_letters = dead_letters
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
        outputs = {"BucketName": BUCKET, "LauncherFunctionName": "launcher", "ServingUpdateArn": MACHINE}
        if self.dead_letters:
            outputs["DeadLetterQueueUrl"] = self.dead_letters
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
        return {"executionArn": name}

    def describe_execution(self, **_: Any) -> dict[str, str]:
        return {"status": "SUCCEEDED"}


class FakeBucket:
    """S3 with one bucket: what is put is what is there, checksums included."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.heads: dict[str, dict[str, Any]] = {}
        self.sent: list[str] = []
        self.corrupt = False

    def upload_file(self, path: str, _bucket: str, key: str, *, ExtraArgs: dict[str, Any], Config: Any, Callback: Any) -> None:  # noqa: N803 - AWS's names
        content = Path(path).read_bytes()
        Callback(len(content))
        self.sent.append(key)
        self.put(key, content[:-1] + b"?" if self.corrupt else content, part=Config.multipart_chunksize, metadata=ExtraArgs["Metadata"])

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
        del Bucket
        if Key not in self.heads:
            raise client_error("404", "Not Found", "HeadObject")
        head = dict(self.heads[Key])
        if ChecksumMode != "ENABLED":
            del head["ChecksumSHA256"]
        return head

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803 - AWS's names
        del Bucket, self.objects[Key], self.heads[Key]

    def download_file(self, _bucket: str, key: str, path: str, *, Callback: Any) -> None:  # noqa: N803 - AWS's names
        Callback(len(self.objects[key]))
        Path(path).write_bytes(self.objects[key])

    def list_objects_v2(self, *, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        del Bucket
        return {"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]}

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


class FakeLauncher:
    """The Lambda client with the launcher behind it: answers what it is told to."""

    def __init__(self, answer: Mapping[str, Any], *, error: bool = False) -> None:
        self._answer = answer
        self._error = error
        self.events: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert FunctionName == "launcher"
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
        if TrainingJobName not in self.jobs:
            raise client_error("ValidationException", "Requested resource not found.", "DescribeTrainingJob")
        return self.jobs[TrainingJobName]

    def list_training_jobs(self, *, NameContains: str, StatusEquals: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's names
        named = [job for name, job in reversed(self.jobs.items()) if NameContains in name]
        return {"TrainingJobSummaries": [job for job in named if StatusEquals in ("", job["TrainingJobStatus"])]}

    def list_tags(self, *, ResourceArn: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        (tags,) = [job["tags"] for job in self.jobs.values() if job["TrainingJobArn"] == ResourceArn]
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def stop_training_job(self, *, TrainingJobName: str) -> None:  # noqa: N803 - AWS's names
        self.stopped.append(TrainingJobName)
        self.jobs[TrainingJobName]["TrainingJobStatus"] = "Stopping"

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if self.endpoint is None:
            raise client_error("ValidationException", f'Could not find endpoint "{EndpointName}".', "DescribeEndpoint")
        return self.endpoint

    def describe_endpoint_config(self, **_: Any) -> dict[str, Any]:
        self.looks_without_configuration -= 1
        if self.looks_without_configuration >= 0:
            raise client_error("ValidationException", "Could not find endpoint configuration.", "DescribeEndpointConfig")
        return {"ProductionVariants": [{"InstanceType": "ml.m4.xlarge", "InitialInstanceCount": 2, "ModelName": "model"}]}

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


# Every listing that an audit makes.
EMPTY_ACCOUNT = {
    "cloudformation": ["describe_stacks"],
    "sagemaker": ["list_endpoints", "list_endpoint_configs", "list_models", "list_training_jobs", "list_tags"],
    "s3": ["list_buckets", "list_object_versions"],
    "lambda": ["list_functions"],
    "stepfunctions": ["list_state_machines"],
    "sqs": ["list_queues"],
    "sns": ["list_topics"],
    "events": ["list_rules"],
    "cloudwatch": ["describe_alarms"],
    "logs": ["describe_log_groups", "describe_log_streams"],
    "iam": ["list_roles"],
    "resourcegroupstaggingapi": ["get_resources"],
}


def denying(code: str = "AccessDenied") -> Callable[..., Any]:
    """An operation that is refused."""

    def refuse(**_: Any) -> None:
        raise client_error(code, "refused")

    return refuse


def account(**answers: Any) -> dict[str, FakeClient]:
    """An empty account, but for `service__operation=answer`."""
    clients = {service: FakeClient(**dict.fromkeys(operations, lambda **_: {})) for service, operations in EMPTY_ACCOUNT.items()}
    clients["resourcegroupstaggingapi"].answer("get_resources", lambda **_: {"ResourceTagMappingList": []})
    clients["cloudformation"].answer("describe_stacks", described_stacks())
    for place, answer in answers.items():
        service, _, operation = place.partition("__")
        clients[service].answer(operation, answer if callable(answer) else lambda answer=answer, **_: answer)
    return clients


def described_stacks(*described: dict[str, Any]) -> Any:
    def describe(StackName: str = "") -> dict[str, Any]:  # noqa: N803 - AWS's names
        found = [stack for stack in described if StackName in ("", stack["StackName"])]
        if StackName and not found:
            raise client_error("ValidationError", f"Stack with id {StackName} does not exist")
        return {"Stacks": found}

    return describe
