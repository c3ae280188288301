"""The account SageMaker runs in, small enough for a test: S3, Logs and CloudWatch in dictionaries, IAM as two sets."""

import io
import json
import os
import sys
import tarfile
import textwrap
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from botocore.exceptions import ClientError
from botocore.model import ListShape, StructureShape

from blazingtext_sandbox.sagemaker.api.contract import model
from blazingtext_sandbox.sagemaker.api.errors import AccessDeniedException
from blazingtext_sandbox.sagemaker.cloud import RoleError
from blazingtext_sandbox.sagemaker.service import SageMaker
from blazingtext_sandbox.sagemaker.store import ProcessingJob, TrainingJob, TransformJob
from tests.parity.support import assert_is_answer, wait_until

ROLE = "arn:aws:iam::000000000000:role/execution"
IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"
SKLEARN_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
SPARK_IMAGE = "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py312-v1.0"
ENGINE = Path(__file__).with_name("fake_engine.py")
# Members that AWS's model requires of an answer and AWS leaves out: of a job without an artifact of its own,
# https://github.com/aws/sagemaker-python-sdk/pull/6091.
SOMETIMES: Mapping[str, dict[str, Any]] = {"DescribeTrainingJob": {"ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/none"}}}
ENDED = ("Completed", "Failed", "Stopped")


def denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, operation)


@dataclass
class FakeAws:
    """What every client of the account sees; `refused` holds the operations no role may do."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    lines: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)
    metric_data: list[Any] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    encryption: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)


class Body(io.BytesIO):
    def iter_chunks(self, size: int) -> Any:
        while piece := self.read(size):
            yield piece


class FakeClient:
    """S3, Logs and CloudWatch at once: the operations SageMaker uses of each."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def _may(self, operation: str) -> None:
        if operation in self._aws.refused:
            raise denied(operation)

    def list_objects_v2(self, *, Bucket: str, Prefix: str, MaxKeys: int = 1000) -> Any:  # noqa: N803 - boto3's names
        self._may("ListObjectsV2")
        keys = [key for bucket, key in sorted(self._aws.objects) if bucket == Bucket and key.startswith(Prefix)]
        found = [{"Key": key, "Size": len(self._aws.objects[Bucket, key])} for key in keys[:MaxKeys]]
        # S3 does not answer with an empty list: it leaves it out.
        return {"KeyCount": len(found), **({"Contents": found} if found else {})}

    def get_paginator(self, _: str) -> "FakeClient":
        return self

    def paginate(self, **names: str) -> list[Any]:
        return [self.list_objects_v2(**names)]  # type: ignore[arg-type]  # only Bucket and Prefix are given

    def get_object(self, *, Bucket: str, Key: str, Range: str = "") -> Any:  # noqa: N803 - boto3's names
        self._may("GetObject")
        if (Bucket, Key) not in self._aws.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "The specified key does not exist."}}, "GetObject")
        if Range and not self._aws.objects[Bucket, Key]:
            raise ClientError({"Error": {"Code": "InvalidRange", "Message": "The requested range is not satisfiable"}}, "GetObject")
        return {"Body": Body(self._aws.objects[Bucket, Key][: 2 if Range else None])}

    def put_object(self, *, Bucket: str, Key: str, Body: Any, **rest: str) -> None:  # noqa: N803 - boto3's names
        self._may("PutObject")
        self._aws.objects[Bucket, Key] = Body if isinstance(Body, bytes) else Body.read()
        if "SSEKMSKeyId" in rest:
            self._aws.encryption[Bucket, Key] = (rest["ServerSideEncryption"], rest["SSEKMSKeyId"])

    def create_log_group(self, **_: str) -> None:
        self._may("CreateLogGroup")

    def create_log_stream(self, **_: str) -> None:
        self._may("CreateLogStream")

    def put_log_events(self, *, logGroupName: str, logStreamName: str, logEvents: list[Any]) -> None:  # noqa: N803 - boto3's names
        self._may("PutLogEvents")
        self._aws.lines.setdefault((logGroupName, logStreamName), []).extend(event["message"] for event in logEvents)

    def put_metric_data(self, **given: Any) -> None:
        self._aws.metric_data.append(given)

    def describe_alarms(self, *, AlarmNames: list[str]) -> Any:  # noqa: N803 - boto3's names
        self._may("DescribeAlarms")
        known = self._aws.alarms
        return {"MetricAlarms": [{"AlarmName": name, "StateValue": known[name]} for name in AlarmNames if name in known]}


@dataclass
class FakeCloud:
    """An implementation of `sagemaker.cloud.Cloud` for tests."""

    aws: FakeAws = field(default_factory=FakeAws)
    account_id: str = "000000000000"
    region: str = "us-east-1"
    forbidden: set[str] = field(default_factory=set)
    untrusting: set[str] = field(default_factory=set)
    events: list[tuple[str, str, Any]] = field(default_factory=list)
    metrics: list[tuple[str, str, float, Mapping[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def authorize(self, action: str, resource_arn: str, conditions: Mapping[str, Any] | None = None) -> None:
        self.asked.append((action, resource_arn, conditions))
        if action in self.forbidden:
            raise AccessDeniedException(f"User: somebody is not authorized to perform: {action} on resource: {resource_arn}")

    def client(self, service: str, role_arn: str) -> Any:
        if role_arn in self.untrusting:
            raise RoleError(service)
        return FakeClient(self.aws)

    def role_environment(self, role_arn: str, *, seconds: int) -> dict[str, str]:
        if role_arn in self.untrusting:
            raise RoleError(role_arn)
        return {"AWS_ACCESS_KEY_ID": f"{role_arn} for {seconds} s"}

    def publish(self, detail_type: str, resource_arn: str, detail: Mapping[str, Any]) -> None:
        self.events.append((detail_type, resource_arn, json.loads(json.dumps(detail))))

    def put_metric(self, namespace: str, name: str, value: float, dimensions: Mapping[str, str], unit: str) -> None:
        wanted = {"/aws/sagemaker/Endpoints": "Percent"}.get(namespace, "Microseconds" if name == "ModelLatency" else "None")
        assert unit == wanted
        self.metrics.append((namespace, name, value, dimensions))

    def background(self, name: str, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    def child_environment(self) -> dict[str, str]:
        return dict(os.environ)


@dataclass
class Sage:
    """SageMaker on a fake account with the fake engine."""

    cloud: FakeCloud
    service: SageMaker

    @classmethod
    def make(cls, folder: Path, *, grace: float = 5.0) -> "Sage":
        cloud = FakeCloud()
        cloud.aws.objects["bucket", "corpora/x/train/text"] = b"some words"
        command = (sys.executable, "-S", str(ENGINE))
        return cls(cloud, SageMaker(cloud, folder, train=(*command, "train"), serve=(*command, "serve"), grace=grace))

    def call(self, operation: str, **parameters: Any) -> Any:
        """What it answers, which has every member that AWS always answers, of the type that AWS's model says."""
        answer = self.service.call(operation, parameters)
        assert_is_answer(model().operation_model(operation), SOMETIMES.get(operation, {}) | answer)
        return answer

    def train(self, name: str = "job", behaviour: str = "done", **changes: Any) -> Any:
        """Start a job and describe it at its end."""
        self.call("CreateTrainingJob", **training_request(name, behaviour, **changes))
        return self.ended(name)

    def ended(self, name: str) -> Any:
        return wait_until(lambda: (seen := self.call("DescribeTrainingJob", TrainingJobName=name))["TrainingJobStatus"] in ENDED and seen)

    def process(self, script: str, name: str = "job", **changes: Any) -> Any:
        """Run a script in a processing job and describe the job at its end."""
        self.start_processing(script, name, **changes)
        return self.processed(name)

    def start_processing(self, script: str, name: str = "job", **changes: Any) -> None:
        self.cloud.aws.objects["bucket", "code/script.py"] = textwrap.dedent(script).encode()
        self.call("CreateProcessingJob", **processing_request(name, **changes))

    def processed(self, name: str) -> Any:
        def look() -> Any:
            seen = self.call("DescribeProcessingJob", ProcessingJobName=name)
            return seen if seen["ProcessingJobStatus"] in ENDED else None

        return wait_until(look)

    def lines(self, name: str) -> list[str]:
        return [line for (_, stream), lines in self.cloud.aws.lines.items() if stream.startswith(name) for line in lines]

    def model(self, name: str, reply: str) -> None:
        self.cloud.aws.objects["bucket", f"runs/{name}/output/model.tar.gz"] = artifact({"reply.txt": reply})
        container = {"Image": IMAGE, "ModelDataUrl": f"s3://bucket/runs/{name}/output/model.tar.gz"}
        self.call("CreateModel", ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)

    def config(self, name: str, reply: str, *, instances: int = 1, **variant: Any) -> None:
        self.model(name, reply)
        given = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": instances, "InstanceType": "ml.m4.xlarge"}
        self.call("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[given | variant])

    def endpoint(self, reply: str = "one", *, instances: int = 1) -> None:
        self.config("first", reply, instances=instances)
        self.call("CreateEndpoint", EndpointName="e", EndpointConfigName="first")
        assert self.stable()["EndpointStatus"] == "InService"

    def stable(self, name: str = "e") -> Any:
        def look() -> Any:
            seen = self.call("DescribeEndpoint", EndpointName=name)
            return seen if seen["EndpointStatus"] in ("InService", "Failed") else None

        return wait_until(look)

    def invoke(self, body: str = "hello", content_type: str = "application/json") -> tuple[int, dict[str, str], Any]:
        status, headers, answer = self.service.invoke("/endpoints/e/invocations", {"content-type": content_type}, body.encode())
        return status, headers, json.loads(answer)

    def stop(self) -> None:
        for store in self.service.stores.all():
            for endpoint in list(store.endpoints.values()):
                for fleet in endpoint.router.fleets():
                    fleet.stop()
            for tuning in list(store.tuning_jobs.values()):
                tuning.stop_requested.set()
            jobs: list[TrainingJob | ProcessingJob | TransformJob]
            jobs = [*store.training_jobs.values(), *store.processing_jobs.values(), *store.transform_jobs.values()]
            for job in jobs:
                job.stop_requested.set()
                wait_until(lambda job=job: job.status in ENDED)  # type: ignore[misc]  # bound now


def listed_as_described(sage: Sage, kind: str) -> int:
    """How many a listing tells of; it says of each what describing it says, in every member that AWS's model has in both."""
    shape = model().operation_model(f"List{kind}s").output_shape
    assert shape is not None
    ((key, summaries),) = ((name, member) for name, member in shape.members.items() if isinstance(member, ListShape))
    listed = sage.call(f"List{kind}s")[key]
    for each in listed:
        described = sage.call(f"Describe{kind}", **{f"{kind}Name": each[f"{kind}Name"]})
        both = cast("StructureShape", summaries.member).members.keys() & described.keys()
        assert {name: each.get(name) for name in both} == {name: described[name] for name in both}
    return len(listed)


def training_request(name: str = "job", behaviour: str = "done", **changes: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/corpora/x/train/", "S3DataDistributionType": "FullyReplicated"}
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {"mode": "batch_skipgram", "behaviour": behaviour},
        "InputDataConfig": [{"ChannelName": "train", "ContentType": "text/plain", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/runs"},
        "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "Tags": [{"Key": "blazingtext:stage", "Value": "dev"}],
        **changes,
    }


def processing_request(name: str = "job", **changes: Any) -> dict[str, Any]:
    """A job on scikit-learn's image that runs a script of the bucket's over the corpus."""

    def given(name: str, prefix: str) -> dict[str, Any]:
        path = f"/opt/ml/processing/input/{name}"
        return {"InputName": name, "S3Input": {"S3Uri": f"s3://bucket/{prefix}", "LocalPath": path, "S3DataType": "S3Prefix"}}

    made = {"S3Uri": "s3://bucket/prepared", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": SKLEARN_IMAGE, "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"]},
        "ProcessingInputs": [given("code", "code/script.py"), given("text", "corpora/x/train/")],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "lines", "S3Output": made}]},
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "Tags": [{"Key": "blazingtext:stage", "Value": "dev"}],
        **changes,
    }


def tuning_request(
    name: str = "tuning", behaviour: str = "done", *, config: Mapping[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """A tuning job of two training jobs, one after the other; `config` goes over its HyperParameterTuningJobConfig."""
    definition = training_request(name, behaviour)
    for member in ("TrainingJobName", "Tags"):
        definition.pop(member)
    definition["StaticHyperParameters"] = definition.pop("HyperParameters")
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "train:mean_rho"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"IntegerParameterRanges": [{"Name": "window_size", "MinValue": "1", "MaxValue": "10"}]},
            "RandomSeed": 1,
            **(config or {}),
        },
        "TrainingJobDefinition": definition,
        "Tags": [{"Key": "blazingtext:stage", "Value": "dev"}],
        **changes,
    }


def transform_request(name: str = "transform", **changes: Any) -> dict[str, Any]:
    """A transform job of the model m."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in/"}}
    return {
        "TransformJobName": name,
        "ModelName": "m",
        "TransformInput": {"DataSource": source, "ContentType": "application/jsonlines", "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": "s3://bucket/out", "Accept": "application/jsonlines", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "Tags": [{"Key": "blazingtext:stage", "Value": "dev"}],
        **changes,
    }


def artifact(files: Mapping[str, str], encoding: str = "utf-8") -> bytes:
    """A model.tar.gz."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode(encoding))
            tar.addfile(member, io.BytesIO(text.encode(encoding)))
    return target.getvalue()
