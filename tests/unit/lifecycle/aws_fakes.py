"""AWS services as the functions see them, in memory. Each refuses what the real one refuses; none opens a socket."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import quote

from botocore.exceptions import ClientError

from tests.unit.aws_requests import CheckedPaginator, paginated, validate

STARTED = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
REGION_AND_ACCOUNT = "us-east-1:123456789012"


def client_error(code: str, message: str, operation: str = "Operation") -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"RequestId": "request-1"}}
    return ClientError(response, operation)


class Paginator:
    def __init__(self, pages: Any) -> None:
        self._pages = pages

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        yield from self._pages(**parameters)


class Paginated:
    """A client of a service, whose get_paginator finds the method ``_<operation>``."""

    service: str

    def get_paginator(self, operation: str) -> CheckedPaginator:
        assert operation in paginated(self.service), f"botocore has no paginator for {self.service} {operation}"
        return CheckedPaginator(self.service, operation, Paginator(getattr(self, f"_{operation}")))


class FakeS3(Paginated):
    """One bucket; objects by key, old versions and unfinished uploads when a test adds them."""

    service = "s3"

    def __init__(self, bucket: str, objects: Mapping[str, bytes] | None = None) -> None:
        self.bucket = bucket
        self.objects = dict(objects or {})
        self.versions: list[tuple[str, str]] = []
        self.markers: list[tuple[str, str]] = []
        self.uploads: list[tuple[str, str]] = []
        self.undeletable: set[str] = set()
        #: Keys that S3 is once too busy for, with the code by which it says so.
        self.busy: dict[str, str] = {}
        self.reads: list[str] = []
        self.batches: list[int] = []

    def _check(self, bucket: str) -> None:
        if bucket != self.bucket:
            raise client_error("NoSuchBucket", "The specified bucket does not exist")

    def _list_objects_v2(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - AWS's names
        self._check(Bucket)
        found = sorted(key for key in self.objects if key.startswith(Prefix))
        if not found:
            yield {"KeyCount": 0}
        for key in found:
            yield {"Contents": [{"Key": key, "ETag": f'"{hash(self.objects[key])}"', "Size": len(self.objects[key])}]}

    def get_object(self, *, Bucket: str, Key: str, Range: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        self._check(Bucket)
        self.reads.append(Key)
        last = int(Range.removeprefix("bytes=0-"))
        return {"Body": io.BytesIO(self.objects[Key][: last + 1])}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        self._check(Bucket)
        if Key not in self.objects:
            raise client_error("404", "Not Found", "HeadObject")
        return {"ContentLength": len(self.objects[Key])}

    def put_object(self, **request: Any) -> None:
        validate("s3", "PutObject", request)
        self._check(request["Bucket"])
        self.objects[request["Key"]] = request["Body"]

    def _list_object_versions(self, *, Bucket: str, PaginationConfig: dict[str, int]) -> Iterator[dict[str, Any]]:  # noqa: N803 - AWS's names
        self._check(Bucket)
        size = PaginationConfig["PageSize"]
        everything = [("Versions", *each) for each in self.versions] + [("DeleteMarkers", *each) for each in self.markers]
        for start in range(0, len(everything), size):
            page: dict[str, Any] = {"Versions": [], "DeleteMarkers": []}
            for kind, key, version in everything[start : start + size]:
                page[kind].append({"Key": key, "VersionId": version, **({"Size": 1} if kind == "Versions" else {})})
            yield page

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - AWS's names
        self._check(Bucket)
        assert len(Delete["Objects"]) <= 1000
        assert not any(letter < " " for each in Delete["Objects"] for letter in each["Key"]), "MalformedXML"
        self.batches.append(len(Delete["Objects"]))
        kept = {**dict.fromkeys(self.undeletable, "AccessDenied"), **self.busy}
        self.busy = {}
        errors = [each for each in Delete["Objects"] if each["Key"] in kept]
        gone = {(each["Key"], each["VersionId"]) for each in Delete["Objects"] if each["Key"] not in kept}
        self.versions = [each for each in self.versions if each not in gone]
        self.markers = [each for each in self.markers if each not in gone]
        return {"Errors": [{"Key": each["Key"], "Code": kept[each["Key"]], "Message": "Access Denied"} for each in errors]}

    def delete_object(self, *, Bucket: str, Key: str, VersionId: str) -> None:  # noqa: N803 - AWS's names
        self._check(Bucket)
        self.versions = [each for each in self.versions if each != (Key, VersionId)]
        self.markers = [each for each in self.markers if each != (Key, VersionId)]

    def _list_multipart_uploads(self, *, Bucket: str, EncodingType: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - AWS's names
        self._check(Bucket)
        assert EncodingType == "url"
        yield {"Uploads": [{"Key": quote(key), "UploadId": upload} for key, upload in self.uploads]}

    def abort_multipart_upload(self, *, Bucket: str, Key: str, UploadId: str) -> None:  # noqa: N803 - AWS's names
        self._check(Bucket)
        self.uploads.remove((Key, UploadId))


class FakeSageMaker(Paginated):
    """Training jobs by name; creation is checked by botocore's own validator."""

    service = "sagemaker"

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.stops: list[str] = []
        self.tag_requests: list[str] = []
        self.listings: list[dict[str, Any]] = []
        self.page_size = 100
        self.refusal: ClientError | None = None
        self.endpoint: Callable[[], dict[str, str] | None] = lambda: None

    def add(self, name: str, status: str, tags: Mapping[str, str], **more: Any) -> dict[str, Any]:
        arn = f"arn:aws:sagemaker:{REGION_AND_ACCOUNT}:training-job/{name}"
        job = {
            "TrainingJobName": name,
            "TrainingJobArn": arn,
            "TrainingJobStatus": status,
            "SecondaryStatus": status,
            "CreationTime": STARTED,
            **more,
        }
        self.jobs[name] = job
        self.tags[arn] = dict(tags)
        return job

    def create_training_job(self, **parameters: Any) -> dict[str, str]:
        validate("sagemaker", "CreateTrainingJob", parameters)
        if self.refusal:
            raise self.refusal
        name = parameters["TrainingJobName"]
        if name in self.jobs:
            raise client_error("ResourceInUse", "Training job names must be unique within an AWS account and region", "CreateTrainingJob")
        tags = {tag["Key"]: tag["Value"] for tag in parameters.pop("Tags")}
        return {"TrainingJobArn": self.add(name, "InProgress", tags, **parameters)["TrainingJobArn"]}

    def describe_training_job(self, *, TrainingJobName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if TrainingJobName not in self.jobs:
            raise client_error("ValidationException", "Requested resource not found.", "DescribeTrainingJob")
        return self.jobs[TrainingJobName]

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, str]:  # noqa: N803 - AWS's names
        found = self.endpoint()
        if found is None:
            raise client_error("ValidationException", f'Could not find endpoint "{EndpointName}".', "DescribeEndpoint")
        return found

    def add_tags(self, **request: Any) -> None:
        validate("sagemaker", "AddTags", request)
        self.tags[request["ResourceArn"]].update({tag["Key"]: tag["Value"] for tag in request["Tags"]})

    def _list_tags(self, *, ResourceArn: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - AWS's names
        self.tag_requests.append(ResourceArn.rpartition("/")[2])
        yield {"Tags": [{"Key": key, "Value": value} for key, value in self.tags[ResourceArn].items()]}

    def _list_training_jobs(self, **wish: Any) -> Iterator[dict[str, Any]]:
        self.listings.append(wish)
        after = wish.get("CreationTimeAfter")
        found = [
            job
            for name, job in self.jobs.items()
            if wish["NameContains"] in name
            and job["TrainingJobStatus"] == wish["StatusEquals"]
            and (after is None or job["CreationTime"] > after)
        ]
        for start in range(0, max(len(found), 1), self.page_size):
            yield {"TrainingJobSummaries": found[start : start + self.page_size]}

    def stop_training_job(self, *, TrainingJobName: str) -> None:  # noqa: N803 - AWS's names
        if self.jobs[TrainingJobName]["TrainingJobStatus"] != "InProgress":
            raise client_error("ValidationException", "The job has ended already", "StopTrainingJob")
        self.stops.append(TrainingJobName)
        self.jobs[TrainingJobName]["TrainingJobStatus"] = "Stopping"

    def delete_training_job(self, *, TrainingJobName: str) -> None:  # noqa: N803 - AWS's names
        assert self.jobs[TrainingJobName]["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"}
        del self.jobs[TrainingJobName]

    def finish_stopping(self, _seconds: float = 0) -> None:
        """What time does: stopping jobs are stopped."""
        for job in self.jobs.values():
            if job["TrainingJobStatus"] == "Stopping":
                job["TrainingJobStatus"] = "Stopped"


class FakeCloudFormation:
    """One stack with parameters; an update is taken at once and left in progress until `finish`."""

    def __init__(self, name: str, parameters: Mapping[str, str], status: str = "CREATE_COMPLETE") -> None:
        self.name = name
        self.parameters = dict(parameters)
        self.status = status
        self.updates: list[dict[str, str]] = []
        self.refusal: ClientError | None = None
        self.status_after_refusal = ""
        self.updated = STARTED

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs that depend on what is live."""
        live = self.parameters.get("ModelDataUrl", "")
        return {"EndpointConfigName": f"config-of-{live}"} if live else {}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if StackName != self.name:
            raise client_error("ValidationError", f"Stack with id {StackName} does not exist", "DescribeStacks")
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        stack = {"StackName": StackName, "StackStatus": self.status, "Parameters": parameters, "LastUpdatedTime": self.updated}
        return {"Stacks": [{**stack, "Outputs": outputs}]}

    def update_stack(self, **request: Any) -> dict[str, str]:
        validate("cloudformation", "UpdateStack", request)
        if self.refusal:
            self.status = self.status_after_refusal or self.status
            raise self.refusal
        assert request["UsePreviousTemplate"] is True
        assert {each["ParameterKey"] for each in request["Parameters"]} == set(self.parameters)
        changes = {each["ParameterKey"]: each["ParameterValue"] for each in request["Parameters"] if not each.get("UsePreviousValue")}
        self.updates.append(changes)
        self.parameters.update(changes)
        self.status = "UPDATE_IN_PROGRESS"
        self.updated += timedelta(seconds=1)
        return {"StackId": "arn"}

    def finish(self, status: str = "UPDATE_COMPLETE") -> None:
        self.status = status


MACHINE = f"arn:aws:states:{REGION_AND_ACCOUNT}:stateMachine:blazingtext-dev-serving-update"


class FakeStateMachine:
    """The state machine that updates the stack, and its executions; each has ended when it is first described."""

    def __init__(self, cloudformation: FakeCloudFormation) -> None:
        self.cloudformation = cloudformation
        self.executions: dict[str, dict[str, str]] = {}
        self.looks_before_the_end = 0
        self.failure: dict[str, str] | None = None

    def start_execution(self, **request: Any) -> dict[str, str]:
        validate("stepfunctions", "StartExecution", request)
        assert request["stateMachineArn"] == MACHINE
        arn = f"arn:aws:states:{REGION_AND_ACCOUNT}:execution:blazingtext-dev-serving-update:{request['name']}"
        if arn in self.executions:
            raise client_error("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'", "StartExecution")
        self.executions[arn] = self.failure or self._run(json.loads(request["input"])["Parameters"])
        return {"executionArn": arn}

    def _run(self, parameters: list[dict[str, Any]]) -> dict[str, str]:
        try:
            self.cloudformation.update_stack(StackName=self.cloudformation.name, UsePreviousTemplate=True, Parameters=parameters)
        except ClientError as error:
            said = error.response["Error"]
            status = 500 if said["Code"] == "InternalFailure" else 400
            cause = f"{said['Message']} (Service: CloudFormation, Status Code: {status}, Request ID: 1)"
            return {"status": "FAILED", "error": "CloudFormation.CloudFormationException", "cause": cause}
        return {"status": "SUCCEEDED"}

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803 - AWS's names
        if executionArn not in self.executions:
            raise client_error("ExecutionDoesNotExist", f"Execution Does Not Exist: '{executionArn}'", "DescribeExecution")
        self.looks_before_the_end -= 1
        return {"status": "RUNNING"} if self.looks_before_the_end >= 0 else self.executions[executionArn]


class FakeQueues:
    """Every queue's messages, and how long a message was hidden."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.hidden: list[int] = []

    def send_message(self, **request: Any) -> None:
        validate("sqs", "SendMessage", request)
        self.sent.append(request)

    def change_message_visibility(self, **request: Any) -> None:
        validate("sqs", "ChangeMessageVisibility", request)
        self.hidden.append(request["VisibilityTimeout"])


class FakeTopic:
    """What was published."""

    def __init__(self) -> None:
        self.published: list[dict[str, str]] = []

    def publish(self, **request: Any) -> None:
        validate("sns", "Publish", request)
        self.published.append(request)


class FakeLogs(Paginated):
    """Log streams of the groups that all training jobs and all transform jobs share."""

    service = "logs"

    def __init__(self, streams: list[str] | None = None) -> None:
        self.streams = streams
        self.transform_streams: list[str] | None = None
        self.processing_streams: list[str] | None = None

    def _of(self, group: str) -> list[str] | None:
        return {
            "/aws/sagemaker/TrainingJobs": self.streams,
            "/aws/sagemaker/TransformJobs": self.transform_streams,
            "/aws/sagemaker/ProcessingJobs": self.processing_streams,
        }[group]

    def _describe_log_streams(self, *, logGroupName: str, logStreamNamePrefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - AWS's names
        streams = self._of(logGroupName)
        if streams is None:
            raise client_error("ResourceNotFoundException", f"The log group {logGroupName} does not exist")
        yield {"logStreams": [{"logStreamName": each} for each in streams if each.startswith(logStreamNamePrefix)]}

    def delete_log_stream(self, *, logGroupName: str, logStreamName: str) -> None:  # noqa: N803 - AWS's names
        streams = self._of(logGroupName)
        assert streams is not None
        streams.remove(logStreamName)


class FakeContext:
    """Lambda's, of a function that has ten minutes left."""

    def get_remaining_time_in_millis(self) -> int:
        return 600_000


CUSTOM_RESOURCE_EVENT = {
    "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/x/y",
    "RequestId": "request-1",
    "LogicalResourceId": "Cleanup",
    "ResponseURL": "https://localhost:4566/answer?signature=s",
}


class FakeResponseUrl:
    """Stands in for urlopen, and remembers what was sent."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.timeouts: list[float] = []

    def __call__(self, request: Any, timeout: float) -> "FakeResponseUrl":
        self.timeouts.append(timeout)
        self.requests.append(request)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def read(self) -> bytes:
        return b""
