"""Small parts of the sandbox's SageMaker: errors, images, programs, metrics, `/opt/ml`."""

import json
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker import images
from blazingtext_sandbox.sagemaker.api import errors
from blazingtext_sandbox.sagemaker.api.errors import AwsError, ValidationException
from blazingtext_sandbox.sagemaker.programs import Program, Programs
from blazingtext_sandbox.sagemaker.training import metrics
from blazingtext_sandbox.sagemaker.training.opt_ml import write_opt_ml
from tests.parity.sagemaker_support import IMAGE, FakeAws, FakeClient, training_request

# Name and HTTP status: the error sections of https://docs.aws.amazon.com/sagemaker/latest/APIReference/ and
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html.
STATUSES = {
    "ValidationException": 400,
    "ResourceInUse": 400,
    "ResourceLimitExceeded": 400,
    "ResourceNotFound": 400,
    "AccessDeniedException": 400,
    "ConflictException": 400,
    "SerializationException": 400,
    "UnknownOperationException": 400,
    "InternalFailure": 500,
    "ValidationError": 400,
    "ModelError": 424,
    "ServiceUnavailable": 503,
}


def test_every_error_has_awss_name_and_status() -> None:
    found = {each.__name__: each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, AwsError)}
    del found["AwsError"]
    # The runtime's has no message.
    del found["ThrottlingException"]
    assert errors.ThrottlingException().response()[::2] == (400, b'{"__type": "ThrottlingException", "message": null}')

    answers = {name: family("Said so.", Extra=1).response() for name, family in found.items()}
    assert {name: status for name, (status, _, _) in answers.items()} == STATUSES
    for name, (_, headers, body) in answers.items():
        assert headers == {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": name}
        assert json.loads(body) == {"__type": name, "message": "Said so.", "Message": "Said so.", "Extra": 1}


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (["A"], "Op's A: it would change the result on AWS and nothing here. Leave it out, or use AWS"),
        (["A", "B"], "Op's A and B: they would change the result on AWS and nothing here. Leave them out, or use AWS"),
        (["A", "B", "C"], "Op's A, B and C: they would"),
    ],
)
def test_what_is_not_emulated_is_named(members: list[str], words: str) -> None:
    assert words in errors.members_not_emulated("Op", members).message


@pytest.mark.parametrize(
    ("instance_type", "trains"),
    [
        ("ml.c5.xlarge", True),
        ("ml.m5.xlarge", True),
        ("ml.r5.large", True),
        ("ml.p2.xlarge", True),
        ("ml.p3.2xlarge", True),
        ("ml.g4dn.xlarge", True),
        ("ml.g5.xlarge", True),
        ("ml.p4d.24xlarge", False),
        ("ml.p5.48xlarge", False),
        ("ml.g6.xlarge", False),
        ("ml.trn1.2xlarge", False),
        ("ml.inf1.xlarge", False),
    ],
)
def test_blazingtext_trains_on_cpus_and_four_families_of_gpus(instance_type: str, trains: bool) -> None:
    if trains:
        images.check_training_instances(instance_type)
    else:
        with pytest.raises(ValidationException, match=f"{instance_type} is not supported.*g4dn, g5, p2, p3"):
            images.check_training_instances(instance_type)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (IMAGE.replace("blazingtext:1", "blazingtext:latest"), "does not emulate the image"),
        (IMAGE.replace("blazingtext:1", "xgboost:1"), "does not emulate the image"),
        ("blazingtext:1", "does not emulate the image"),
        (IMAGE.replace("us-east-1", "eu-west-1"), "is in region eu-west-1: it must be in the region of the request, us-east-1"),
        (IMAGE.replace("811284229777", "111122223333"), "in us-east-1 BlazingText is published by account 811284229777"),
    ],
)
def test_only_the_regions_image_stands_for_blazingtext(image: str, words: str) -> None:
    images.check_image(IMAGE, "us-east-1")
    with pytest.raises(ValidationException, match=words):
        images.check_image(image, "us-east-1")


@pytest.mark.parametrize("image", ["registry/own:1", "registry/own@sha256:ab", "registry:5000/own"])
def test_a_deployed_image_has_one_digest_whatever_it_is_called(image: str) -> None:
    shown, again = images.deployed_image(image), images.deployed_image(image)
    name = "registry:5000/own" if ":5000" in image else "registry/own"

    assert shown["SpecifiedImage"] == image
    assert shown["ResolvedImage"] == again["ResolvedImage"]
    assert shown["ResolvedImage"].startswith(f"{name}@sha256:")
    assert len(shown["ResolvedImage"]) == len(f"{name}@sha256:") + 64


OWN = Programs(
    train=("engine", "train"),
    serve=("engine", "serve"),
    own={"mine": Program(("short",)), "mine/model": Program(("long",), Path("/here")), "reg.io/": Program(("registry",))},
)


@pytest.mark.parametrize(
    ("image", "command"),
    [
        ("mine", ("short", "train")),
        ("mine:1", ("short", "train")),
        ("mine@sha256:ab", ("short", "train")),
        ("mine/other:1", ("short", "train")),
        ("mine/model", ("long", "train")),
        ("mine/model:1", ("long", "train")),
        ("reg.io/any:1", ("registry", "train")),
        ("miner:1", ("engine", "train")),
        ("mine2", ("engine", "train")),
        (IMAGE, ("engine", "train")),
    ],
)
def test_the_longest_beginning_that_ends_where_a_name_ends_stands_for_an_image(image: str, command: tuple[str, ...]) -> None:
    assert OWN.training(image).command == command
    assert OWN.is_own(image) is (command[0] != "engine")


def test_own_programs_serve_with_the_same_word_and_the_engine_with_its_port() -> None:
    assert OWN.serving("mine/model", 80) == Program(("long", "serve"), Path("/here"))
    assert OWN.serving(IMAGE, 80) == Program(("engine", "serve", "--host", "127.0.0.1", "--port", "80"), None)
    OWN.check("mine", "anywhere")
    with pytest.raises(ValidationException):
        OWN.check("other", "us-east-1")


def test_metrics_are_the_algorithms_own_or_what_an_own_image_defines() -> None:
    own = [{"Name": "loss", "Regex": "loss=(.*)"}]

    assert OWN.metric_definitions({"TrainingImage": IMAGE}) == metrics.METRIC_DEFINITIONS
    assert OWN.metric_definitions({"TrainingImage": "mine", "MetricDefinitions": own}) == own
    assert OWN.metric_definitions({"TrainingImage": "mine"}) == ()
    with pytest.raises(ValidationException, match="You can't override the metric definitions"):
        OWN.metric_definitions({"TrainingImage": IMAGE, "MetricDefinitions": own})


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("#mean_rho: 0.6912", {"train:mean_rho": 0.6912}),
        ("#train_accuracy: 0.9", {"train:accuracy": 0.9}),
        ("#validation_accuracy: 0.8", {"validation:accuracy": 0.8}),
        ("epoch 1 #validation_accuracy: 1e-1 more", {"validation:accuracy": 0.1}),
        ("#mean_rho: none", {}),
        ("mean_rho: 0.5", {}),
        ("", {}),
    ],
)
def test_metrics_are_read_from_lines_of_the_log(line: str, found: dict[str, float]) -> None:
    assert metrics.metrics_in(line, metrics.compiled(metrics.METRIC_DEFINITIONS)) == found


def test_a_metric_without_a_group_is_none_and_a_broken_expression_is_refused() -> None:
    assert metrics.metrics_in("loss", metrics.compiled([{"Name": "loss", "Regex": "loss"}])) == {}
    assert metrics.metrics_in("loss", metrics.compiled([{"Name": "loss", "Regex": "loss(=.*)?"}])) == {}
    with pytest.raises(ValidationException, match=r"'\(' is not a regular expression"):
        metrics.compiled([{"Name": "loss", "Regex": "("}])


def test_metrics_are_published_under_the_jobs_name_and_a_refusal_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    aws = FakeAws()

    metrics.put_training_metrics(FakeClient(aws), "job", {"train:mean_rho": 0.5})

    datum = {"MetricName": "train:mean_rho", "Dimensions": [{"Name": "TrainingJobName", "Value": "job"}], "Value": 0.5}
    assert aws.metric_data == [{"Namespace": "/aws/sagemaker/TrainingJobs", "MetricData": [datum]}]

    class Refusing(FakeClient):
        def put_metric_data(self, **_: Any) -> None:
            self._may("PutMetricData")

    aws.refused.add("PutMetricData")
    metrics.put_training_metrics(Refusing(aws), "job", {"a": 1})
    assert "the metrics of job are not in CloudWatch" in caplog.text


def test_a_host_finds_what_sagemaker_lays_out(tmp_path: Path) -> None:
    request = training_request()
    request["InputDataConfig"].append({"ChannelName": "validation", "DataSource": {"S3DataSource": {}}})

    write_opt_ml(tmp_path, request, host="algo-2", hosts=["algo-1", "algo-2"])

    def read(name: str) -> Any:
        return json.loads((tmp_path / "input" / "config" / f"{name}.json").read_text("utf-8"))

    assert all((tmp_path / folder).is_dir() for folder in ("input/data", "model", "output/data", "code"))
    assert read("hyperparameters") == request["HyperParameters"]
    shared = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    assert read("inputdataconfig") == {"train": {"ContentType": "text/plain", **shared}, "validation": {"ContentType": "", **shared}}
    assert read("resourceconfig") == {
        "current_host": "algo-2",
        "current_instance_type": "ml.c5.xlarge",
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1", "algo-2"],
        "instance_groups": [{"instance_group_name": "homogeneousCluster", "instance_type": "ml.c5.xlarge", "hosts": ["algo-1", "algo-2"]}],
        "network_interface_name": "eth0",
    }


@pytest.mark.parametrize(
    ("image", "given", "names"),
    [
        ("811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1", None, ["train:mean_rho", "train:accuracy", "validation:accuracy"]),
        ("811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1", [{"Name": "mine", "Regex": "x"}], ["mine"]),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1", None, []),
        ("811284229777.dkr.ecr.us-east-1.amazonaws.com/other:1", None, []),
    ],
)
def test_a_program_in_the_place_of_blazingtext_has_its_metrics_unless_a_request_defines_others(
    image: str, given: Any, names: list[str]
) -> None:
    programs = Programs(train=("train",), serve=("serve",), own={image.rpartition(":")[0]: Program(("mine",))})
    specification = {"TrainingImage": image, **({"MetricDefinitions": given} if given else {})}

    assert [each["Name"] for each in programs.metric_definitions(specification)] == names
