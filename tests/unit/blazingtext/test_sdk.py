"""What the SDK's objects are told of a stage. That the SDKs take these names is what tests/examples says, with the real ones."""

import importlib
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

import pytest

from blazingtext import sdk
from blazingtext.client import BlazingText
from blazingtext.sdk.stage import Sdk
from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.extras import MissingExtraError
from tests.unit.blazingtext.cloud_fakes import BUCKET, FakeClient, FakeStacks, cloud
from tests.unit.blazingtext.sdk_fakes import Made, Module

MODULES = {
    "v3": ("train", "train.configs", "train.tuner", "core", "core.helper", "core.helper.session_helper", "core.resources", "core.shapes"),
    "v2": ("session", "estimator", "inputs", "model", "predictor", "serializers", "deserializers", "tuner"),
}
TAGS = {"blazingtext:project": "blazingtext", "blazingtext:stage": "dev"}
IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"


class Stage(FakeStacks):
    """A stage whose training stack has the two roles."""

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        found = super().describe_stacks(StackName=StackName)
        if StackName == "blazingtext-dev-training":
            found["Stacks"][0]["Outputs"] += [
                {"OutputKey": "TrainingRoleArn", "OutputValue": "arn:training"},
                {"OutputKey": "HostingRoleArn", "OutputValue": "arn:hosting"},
            ]
        return found


@pytest.fixture(name="generation", params=["v2", "v3"])
def _generation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Sdk, dict[str, Module]]:
    generation: str = request.param
    modules = {name: Module(f"sagemaker.{name}") for name in MODULES[generation]}
    for name, module in {"": ModuleType("sagemaker"), **modules}.items():
        monkeypatch.setitem(sys.modules, f"sagemaker.{name}".rstrip("."), module)
    monkeypatch.delitem(sys.modules, f"blazingtext.sdk.{generation}", raising=False)
    monkeypatch.setattr(sdk, "find_spec", lambda name: object() if generation == "v3" else None if name.endswith("train") else object())
    monkeypatch.setattr(sdk, "version", lambda name: {"sagemaker": "2.257.0"}[name])
    found = sdk.bind(cloud(cloudformation=Stage()))
    monkeypatch.delitem(sys.modules, f"blazingtext.sdk.{generation}")
    return generation, found, modules


Generation = tuple[str, Sdk, dict[str, Module]]


def values(made: Made) -> dict[str, Any]:
    """What an object was made with, those that it holds as their own values."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(each) for each in value]
        return values(value) if isinstance(value, Made) else value

    return {name: plain(value) for name, value in made.named.items() if not name.endswith("session")}


def test_the_generation_that_is_installed_is_bound(generation: Generation) -> None:
    name, found, _ = generation
    assert type(found).__name__ == {"v2": "SdkV2", "v3": "SdkV3"}[name]


@pytest.mark.parametrize("installed", ["", "3.1.0", "21.0"])
def test_without_either_generation_the_extra_is_named(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if not installed:
            raise importlib.metadata.PackageNotFoundError(name)
        return installed

    monkeypatch.setattr(sdk, "version", version)
    monkeypatch.setattr(sdk, "find_spec", lambda name: None if name == "sagemaker.train" or not installed else object())

    with pytest.raises(MissingExtraError, match=r"blazingtext-cdk\[sagemaker\]"):
        sdk.bind(cloud(cloudformation=Stage()))


TRAINERS: dict[str, tuple[str, dict[str, Any]]] = {
    "v2": (
        "Estimator",
        {
            "image_uri": IMAGE,
            "role": "arn:training",
            "instance_count": 1,
            "instance_type": "ml.c5.xlarge",
            "volume_size": 30,
            "max_run": 3600,
            "output_path": f"s3://{BUCKET}/runs",
            "base_job_name": "blazingtext-dev-wiki",
            "hyperparameters": {"mode": "skipgram", "epochs": "3"},
            "tags": [{"Key": key, "Value": value} for key, value in {**TAGS, "blazingtext:corpus": "wiki"}.items()],
        },
    ),
    "v3": (
        "ModelTrainer",
        {
            "role": "arn:training",
            "training_image": IMAGE,
            "base_job_name": "blazingtext-dev-wiki",
            "hyperparameters": {"mode": "skipgram", "epochs": "3"},
            "compute": {"instance_type": "ml.c5.xlarge", "instance_count": 1, "volume_size_in_gb": 30},
            "stopping_condition": {"max_runtime_in_seconds": 3600},
            "output_data_config": {"s3_output_path": f"s3://{BUCKET}/runs"},
            "tags": [{"key": key, "value": value} for key, value in {**TAGS, "blazingtext:corpus": "wiki"}.items()],
        },
    ),
}


def test_a_trainer_has_the_stages_role_image_bucket_names_and_tags(generation: Generation) -> None:
    name, found, _ = generation

    trainer = found.trainer("wiki", {"mode": "skipgram", "epochs": 3})
    other = found.trainer("wiki", {}, role="arn:mine", environment={"A": "b"})

    assert (trainer.kind, values(trainer)) == TRAINERS[name]
    assert (other.named["role"], other.named["environment"]) == ("arn:mine", {"A": "b"})
    session = trainer.named["sagemaker_session"]
    assert (session.kind, session.named["default_bucket"]) == ("Session", BUCKET)
    assert session.named["boto_session"] is found._cloud.session
    with pytest.raises(RequestError):
        found.trainer("Not a corpus", {})


def test_a_trainer_is_as_large_as_asked_for(generation: Generation) -> None:
    name, found, _ = generation
    asked: dict[str, Any] = {"instance_type": "ml.p3.2xlarge", "instance_count": 2, "volume_gb": 5, "max_runtime_seconds": 60}

    made = values(found.trainer("wiki", {}, **asked))

    flat = made | made.get("compute", {}) | made.get("stopping_condition", {})
    names = {"v2": ("volume_size", "max_run"), "v3": ("volume_size_in_gb", "max_runtime_in_seconds")}[name]
    assert [flat[each] for each in ("instance_type", "instance_count", *names)] == ["ml.p3.2xlarge", 2, 5, 60]


@pytest.mark.parametrize("before", [None, "true"])
def test_the_role_is_not_checked_while_a_trainer_is_made_and_as_before_after_that(
    generation: Generation, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    name, found, _ = generation
    monkeypatch.delenv("SAGEMAKER_VALIDATE_ROLE", raising=False)
    if before is not None:
        monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", before)

    trainer = found.trainer("wiki", {})

    assert trainer.check == ("false" if name == "v3" else before)
    assert os.environ.get("SAGEMAKER_VALIDATE_ROLE") == before


def test_inputs_are_the_corpus_channels(generation: Generation) -> None:
    name, found, _ = generation
    uris = [f"s3://{BUCKET}/corpora/wiki/{channel}/" for channel in ("train", "validation")]

    for validation, channels in ((False, ["train"]), (True, ["train", "validation"])):
        made = found.inputs("wiki", validation=validation)
        if name == "v2":
            assert list(made) == channels
            assert [(each.given, each.named) for each in made.values()] == [
                ((uri,), {"content_type": "text/plain"}) for uri in uris[: len(channels)]
            ]
        else:
            assert [each.named for each in made] == [
                {"channel_name": channel, "data_source": uri, "content_type": "text/plain"}
                for channel, uri in zip(channels, uris, strict=False)
            ]


def test_a_tuner_searches_ranges_within_limits(generation: Generation) -> None:
    _, found, _ = generation

    made = found.tuner("a trainer", "train:mean_rho", {"epochs": "range"})
    other = found.tuner("a trainer", "validation:accuracy", {}, max_jobs=4, max_parallel_jobs=1, strategy="Random")

    assert (made.kind, made.given) == ("HyperparameterTuner", ("a trainer", "train:mean_rho", {"epochs": "range"}))
    assert made.named == {"max_jobs": 10, "max_parallel_jobs": 2}
    assert other.named == {"max_jobs": 4, "max_parallel_jobs": 1, "strategy": "Random"}


def test_tuning_has_a_name_of_the_stage_that_sagemaker_takes_and_never_twice(generation: Generation) -> None:
    _, found, _ = generation

    names = {found.tuning_name() for _ in range(50)}

    assert len(names) == 50
    assert all(len(name) == len("blazingtext-dev-") + 7 and name.startswith("blazingtext-dev-") for name in names)


ENDPOINT = "blazingtext-dev-mine"


def test_an_endpoint_of_ones_own_is_made_of_the_artifact_with_the_hosting_role(generation: Generation) -> None:
    name, found, modules = generation

    found.deploy("s3://a/model.tar.gz", "mine", instance_type="ml.m5.xlarge", instance_count=2)

    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    if name == "v2":
        (model,) = modules["model"].made
        assert values(model) == {"image_uri": IMAGE, "model_data": "s3://a/model.tar.gz", "role": "arn:hosting", "name": ENDPOINT}
        assert model.asked == [("deploy", (2, "ml.m5.xlarge"), {"endpoint_name": ENDPOINT, "tags": tags})]
        return
    model, configuration, endpoint = modules["core.resources"].made
    small = [{"key": tag["Key"], "value": tag["Value"]} for tag in tags]
    container = {"image": IMAGE, "model_data_url": "s3://a/model.tar.gz"}
    variant = {"variant_name": "AllTraffic", "model_name": ENDPOINT, "instance_type": "ml.m5.xlarge", "initial_instance_count": 2}
    assert [each.kind for each in (model, configuration, endpoint)] == ["Model.create", "EndpointConfig.create", "Endpoint.create"]
    assert values(model) == {"model_name": ENDPOINT, "primary_container": container, "execution_role_arn": "arn:hosting", "tags": small}
    assert values(configuration) == {"endpoint_config_name": ENDPOINT, "production_variants": [variant], "tags": small}
    assert values(endpoint) == {"endpoint_name": ENDPOINT, "endpoint_config_name": ENDPOINT, "tags": small}
    assert all(each.named["session"] is found._cloud.session for each in (model, configuration, endpoint))
    assert endpoint.asked == [("wait_for_status", ("InService",), {})]


def test_an_endpoint_of_ones_own_is_small_unless_told_otherwise(generation: Generation) -> None:
    name, found, modules = generation

    found.deploy("s3://a/model.tar.gz", "mine")

    if name == "v2":
        assert modules["model"].made[0].asked[0][1] == (1, "ml.m5.large")
    else:
        variant = next(each.named for each in modules["core.shapes"].made if each.kind == "ProductionVariant")
        assert (variant["initial_instance_count"], variant["instance_type"]) == (1, "ml.m5.large")


@pytest.mark.parametrize(("asked", "endpoint"), [((), "blazingtext-dev"), (("mine",), ENDPOINT)])
def test_a_predictor_is_of_the_live_endpoint_unless_another_is_named(generation: Generation, asked: tuple[str, ...], endpoint: str) -> None:
    name, found, _ = generation

    made = found.predictor(*asked)

    if name == "v2":
        kinds = (made.named["serializer"].kind, made.named["deserializer"].kind, made.named["sagemaker_session"].kind)
        assert (made.given, kinds) == ((endpoint,), ("JSONSerializer", "JSONDeserializer", "Session"))
    else:
        assert (made.kind, made.given, made.named) == ("Endpoint.get", (endpoint,), {"session": found._cloud.session})


def test_an_endpoint_of_ones_own_goes_with_its_configuration_and_model(generation: Generation) -> None:
    _, found, _ = generation
    done: list[tuple[str, dict[str, str]]] = []

    def note(name: str) -> Callable[..., None]:
        return lambda **wish: done.append((name, wish))

    class Waiting(FakeClient):
        def get_waiter(self, name: str) -> Any:
            return FakeClient(wait=note(name))

    client = Waiting(**{name: note(name) for name in ("delete_endpoint", "delete_endpoint_config", "delete_model")})
    found._cloud.session.clients["sagemaker"] = client  # type: ignore[attr-defined] # the fake session

    found.delete("mine")

    assert done == [
        ("delete_endpoint", {"EndpointName": ENDPOINT}),
        ("endpoint_deleted", {"EndpointName": ENDPOINT}),
        ("delete_endpoint_config", {"EndpointConfigName": ENDPOINT}),
        ("delete_model", {"ModelName": ENDPOINT}),
    ]


def test_the_live_endpoint_is_no_endpoint_of_ones_own(generation: Generation) -> None:
    _, found, _ = generation
    for refused in (found.name, found.delete):
        with pytest.raises(RequestError, match="needs a name"):
            refused("")


def test_the_python_class_gives_the_objects_of_its_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    bound: list[Any] = []

    def bind(stage: Any) -> str:
        bound.append(stage)
        return "objects"

    monkeypatch.setattr(sdk, "bind", bind)
    client = BlazingText("dev", cast("Any", object()))

    assert str(client.sdk) == "objects"
    assert bound == [client.cloud]
