"""AWS's images for processing jobs, compared with the SageMaker SDK's lists, and what runs for them."""

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import ValidationException
from blazingtext_sandbox.sagemaker.processing import images, smspark_submit
from blazingtext_sandbox.sagemaker.processing.programs import check_program, missing_spark, program
from blazingtext_sandbox.sagemaker.programs import Program, Programs
from tests.parity.sagemaker_support import SKLEARN_IMAGE, SPARK_IMAGE

NOBODY = Programs(train=(), serve=(), own={})
MINE = Programs(train=(), serve=(), own={"mine": Program(("mine", "--run"), Path("/here")), SPARK_IMAGE: Program(("spark",))})
SUBMIT = str(Path(smspark_submit.__file__).resolve())
SCRIPT = "/opt/ml/processing/input/code/script.py"


def of_the_sdk(framework: str, scope: str) -> Any:
    return json.loads(resources.files("sagemaker.core.image_uri_config").joinpath(f"{framework}.json").read_text("utf-8"))[scope][
        "versions"
    ]


@pytest.mark.parametrize(
    ("framework", "scope", "repository", "accounts", "versions"),
    [
        ("sklearn", "training", "sagemaker-scikit-learn", images.SKLEARN_ACCOUNTS, images.SKLEARN_VERSIONS),
        ("spark", "processing", "sagemaker-spark-processing", images.SPARK_ACCOUNTS, images.SPARK_VERSIONS),
    ],
)
def test_accounts_and_versions_are_those_of_the_sdk(
    framework: str, scope: str, repository: str, accounts: dict[str, str], versions: tuple[str, ...]
) -> None:
    listed = of_the_sdk(framework, scope)

    assert tuple(listed) == versions
    assert all((each["repository"], each["registries"]) == (repository, accounts) for each in listed.values())


@pytest.mark.parametrize(
    "image",
    [
        SKLEARN_IMAGE,
        SPARK_IMAGE,
        "671472414489.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-spark-processing:3.5-cpu-py39-v1.1",
        "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312-cpu-py3",
    ],
)
def test_a_regions_image_is_taken(image: str) -> None:
    images.check_image(image, image.split(".")[3])


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1", "it has containers for sagemaker-scikit-learn and sagemaker-spark"),
        ("python:3", "it pulls none"),
        (SKLEARN_IMAGE.replace("1.2-1", "9.9-9"), "does not emulate the image"),
        (SPARK_IMAGE.replace("3.5", "2.4"), "it runs Spark 3.5"),
        (SKLEARN_IMAGE.replace("us-east-1", "eu-west-1"), "is in region eu-west-1: it must be in the region of the request, us-east-1"),
        (
            SPARK_IMAGE.replace("173754725891", "683313688378"),
            "sagemaker-spark-processing is published by account 173754725891",
        ),
    ],
)
def test_another_image_is_refused_by_name(image: str, words: str) -> None:
    with pytest.raises(ValidationException, match=f"(?i){words}"):
        images.check_image(image, "us-east-1")


@pytest.mark.parametrize(
    ("image", "changes", "command"),
    [
        (SKLEARN_IMAGE, {"ContainerEntrypoint": ["python3", SCRIPT]}, (sys.executable, SCRIPT)),
        (SKLEARN_IMAGE, {"ContainerEntrypoint": ["/usr/bin/python3.8", SCRIPT]}, (sys.executable, SCRIPT)),
        (SKLEARN_IMAGE, {"ContainerEntrypoint": ["python3-config"]}, ("python3-config",)),
        (SKLEARN_IMAGE, {"ContainerEntrypoint": ["bash", "-c"], "ContainerArguments": ["true"]}, ("bash", "-c", "true")),
        (SPARK_IMAGE, {"ContainerArguments": [SCRIPT]}, ("spark-python", SUBMIT, SCRIPT)),
        (SPARK_IMAGE, {"ContainerEntrypoint": ["smspark-submit", "-v", SCRIPT]}, ("spark-python", SUBMIT, "-v", SCRIPT)),
        (SPARK_IMAGE, {"ContainerEntrypoint": ["python3", SCRIPT]}, ("spark-python", SCRIPT)),
    ],
)
def test_an_images_program_gives_way_to_the_requests(
    image: str, changes: dict[str, Any], command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", "spark-python")

    assert program(NOBODY, {"ImageUri": image, **changes}) == Program(command)


@pytest.mark.parametrize(
    ("image", "changes", "expected"),
    [
        ("mine:1", {}, Program(("mine", "--run"), Path("/here"))),
        ("mine:1", {"ContainerArguments": ["-a"]}, Program(("mine", "--run", "-a"), Path("/here"))),
        ("mine:1", {"ContainerEntrypoint": ["python3", "x"]}, Program(("python3", "x"), Path("/here"))),
        (SPARK_IMAGE, {}, Program(("spark",))),
    ],
)
def test_a_command_of_the_users_stands_for_an_image(image: str, changes: dict[str, Any], expected: Program) -> None:
    check_program(MINE, {"ImageUri": image}, "us-east-1")

    assert program(MINE, {"ImageUri": image, **changes}) == expected
    assert missing_spark(MINE, {"ImageUri": image}) is None


def interpreter(folder: Path, code: int) -> str:
    """A program that ends with a code, whatever it is asked."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


def test_an_interpreter_with_pyspark_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", interpreter(tmp_path, 0))

    assert missing_spark(NOBODY, {"ImageUri": SPARK_IMAGE}) is None


def test_one_without_it_is_named_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = interpreter(tmp_path, 1)
    monkeypatch.setenv("PYSPARK_PYTHON", python)

    assert missing_spark(NOBODY, {"ImageUri": SPARK_IMAGE}) == (
        f"The sandbox runs Spark with PySpark, which {python} does not have. Install it there with pip install 'blazingtext-cdk[spark]', or"
        " start the sandbox with PYSPARK_PYTHON set to an interpreter that has it."
    )
    assert missing_spark(NOBODY, {"ImageUri": SKLEARN_IMAGE}) is None


def test_one_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", "/nowhere/python")

    reason = missing_spark(NOBODY, {"ImageUri": SPARK_IMAGE})

    assert reason == "The sandbox cannot start /nowhere/python, which PYSPARK_PYTHON names: No such file or directory."
