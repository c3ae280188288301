"""Small things of SageMaker that clients meet: names, environments, what lies beside the model, response streams."""

import io
import json
import tarfile
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from blazingtext_sandbox.sagemaker.api.errors import ResourceInUse, ValidationException
from tests.parity.sagemaker_support import IMAGE, ROLE, Sage, listed_as_described, training_request, tuning_request
from tests.parity.support import wait_until

VARIANT = {"VariantName": "AllTraffic", "ModelName": "first", "InitialInstanceCount": 1, "InstanceType": "ml.m5.xlarge"}


def test_names_that_differ_in_case_are_one_name_because_their_arn_is_one(sage: Sage) -> None:
    sage.endpoint()
    sage.train("job")
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/runs/first/output/model.tar.gz"}

    with pytest.raises(ValidationException, match="Cannot create already existing model"):
        sage.call("CreateModel", ModelName="FIRST", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    with pytest.raises(ValidationException, match="Cannot create already existing endpoint configuration"):
        sage.call("CreateEndpointConfig", EndpointConfigName="First", ProductionVariants=[VARIANT])
    with pytest.raises(ValidationException, match="Cannot create already existing endpoint"):
        sage.call("CreateEndpoint", EndpointName="E", EndpointConfigName="first")
    with pytest.raises(ResourceInUse):
        sage.call("CreateTrainingJob", **training_request("Job"))


def test_a_listing_says_of_each_what_its_description_says(sage: Sage) -> None:
    sage.endpoint()
    sage.train("good")
    sage.train("bad", "customer-error")
    sage.process("pass", "good")
    sage.process("raise SystemExit(1)", "bad")
    sage.call("CreateHyperParameterTuningJob", **tuning_request())
    ended = {"Completed", "Failed"}
    wait_until(
        lambda: sage.call("ListHyperParameterTuningJobs")["HyperParameterTuningJobSummaries"][0]["HyperParameterTuningJobStatus"] in ended
    )
    sage.call("CreateModelPackageGroup", ModelPackageGroupName="group")

    kinds = ("TrainingJob", "ProcessingJob", "HyperParameterTuningJob", "Model", "EndpointConfig", "Endpoint", "ModelPackageGroup")
    counts = {kind: listed_as_described(sage, kind) for kind in kinds}

    assert counts == {**dict.fromkeys(kinds, 1), "TrainingJob": 4, "ProcessingJob": 2}


def test_an_endpoints_name_must_be_written_as_it_was_given_to_be_invoked(sage: Sage) -> None:
    sage.endpoint()

    status, _, body = sage.service.invoke("/endpoints/E/invocations", {}, b"hello")

    assert (status, b"Endpoint E of account" in body) == (400, True)


def test_what_a_model_asks_for_replaces_nothing_of_its_containers_own_environment(sage: Sage) -> None:
    given = {"SAGEMAKER_BASE_DIR": "/elsewhere", "AWS_REGION": "mars-1", "PATH": "/nowhere", "MINE": "yes"}
    sage.model("first", "one")
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/runs/first/output/model.tar.gz", "Environment": given}
    sage.call("CreateModel", ModelName="second", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    sage.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[VARIANT | {"ModelName": "second"}])
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    assert sage.stable()["EndpointStatus"] == "InService"

    seen = sage.invoke("environment")[2]

    assert seen["MINE"] == "yes"
    assert seen["AWS_REGION"] == "us-east-1"
    assert not {name for name, value in given.items() if seen[name] == value} - {"MINE"}
    assert sage.call("DescribeModel", ModelName="second")["PrimaryContainer"]["Environment"] == given


def test_what_a_training_job_asks_for_replaces_nothing_of_its_containers_own_environment(sage: Sage) -> None:
    job = sage.train(behaviour="environment", Environment={"SAGEMAKER_BASE_DIR": "/elsewhere", "TRAINING_JOB_NAME": "other", "MINE": "yes"})

    seen = json.loads(next(line for line in sage.lines("job") if line.startswith("{")))
    assert job["TrainingJobStatus"] == "Completed"
    assert (seen["MINE"], seen["TRAINING_JOB_NAME"]) == ("yes", "job")


def test_what_lies_in_the_output_folder_is_stored_beside_the_model(sage: Sage) -> None:
    job = sage.train(behaviour="output")

    assert job["ModelArtifacts"]["S3ModelArtifacts"] == "s3://bucket/runs/job/output/model.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(sage.cloud.aws.objects["bucket", "runs/job/output/output.tar.gz"])) as archive:
        assert archive.getnames() == ["more/note.txt"]


def test_nothing_lies_beside_the_model_of_a_job_that_put_nothing_there(sage: Sage) -> None:
    sage.train()

    assert {key for _, key in sage.cloud.aws.objects if key.startswith("runs/job/")} == {"runs/job/output/model.tar.gz"}


@pytest.mark.parametrize("instance_type", ["ml.trn1.2xlarge", "ml.p4d.24xlarge", "ml.g6.xlarge"])
def test_an_accelerator_blazingtext_has_no_container_for_is_refused(sage: Sage, instance_type: str) -> None:
    resources = {"InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 30}

    with pytest.raises(ValidationException, match=f"The instance type {instance_type} is not supported by the algorithm"):
        sage.call("CreateTrainingJob", **training_request(ResourceConfig=resources))


@pytest.mark.parametrize("instance_type", ["ml.p3.2xlarge", "ml.g4dn.xlarge", "ml.g5.xlarge", "ml.m6i.large"])
def test_an_instance_blazingtext_has_a_container_for_is_taken(sage: Sage, instance_type: str) -> None:
    job = sage.train(ResourceConfig={"InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 30})

    assert job["TrainingJobStatus"] == "Completed"


def test_an_endpoint_shows_the_images_it_runs(sage: Sage) -> None:
    sage.model("first", "one")
    routed = VARIANT | {"RoutingConfig": {"RoutingStrategy": "RANDOM"}}
    sage.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[routed])
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")

    seen = sage.stable()

    (variant,) = seen["ProductionVariants"]
    (image,) = variant["DeployedImages"]
    assert image["SpecifiedImage"] == IMAGE
    assert image["ResolvedImage"].startswith(IMAGE.removesuffix(":1") + "@sha256:")
    assert variant["RoutingConfig"] == {"RoutingStrategy": "RANDOM"}


def parts_of(stream: bytes) -> list[bytes]:
    """The payload parts of an event stream, decoded by botocore."""
    buffer = EventStreamBuffer()
    buffer.add_data(stream)
    events: list[Any] = list(buffer)
    assert {event.headers[":event-type"] for event in events} == {"PayloadPart"}
    return [event.payload for event in events]


@pytest.mark.parametrize("size", [10, 200_000])
def test_a_response_stream_is_the_containers_answer_in_parts(sage: Sage, size: int) -> None:
    sage.endpoint()

    path = "/endpoints/e/invocations-response-stream"
    status, headers, body = sage.service.invoke(path, {"content-type": "text/plain"}, b"x" * size, "InvokeEndpointWithResponseStream")

    parts = parts_of(body)
    assert (status, headers["content-type"]) == (200, "application/vnd.amazon.eventstream")
    assert headers["X-Amzn-SageMaker-Content-Type"] == "application/json"
    assert json.loads(b"".join(parts))["said"] == "x" * size
    assert len(parts) == 1 + (size > 65_536) * 3


def test_an_asynchronous_invocation_is_refused_as_what_it_is(sage: Sage) -> None:
    sage.endpoint()

    status, headers, body = sage.service.invoke("/endpoints/e/async-invocations", {}, b"", "InvokeEndpointAsync")

    assert (status, headers["x-amzn-errortype"]) == (400, "ValidationError")
    assert json.loads(body)["message"].startswith("the sandbox does not emulate the operation InvokeEndpointAsync: nothing was done.")
