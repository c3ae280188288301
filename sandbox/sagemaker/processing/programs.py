"""What runs in the containers of a processing job.

An image's own entrypoint gives way to the request's, as with Docker.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/byoc-run-image.html
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from ..api.contract import Parameters
from ..api.errors import ValidationException
from ..programs import Program, Programs
from . import images, smspark_submit

SUBMIT: Final = "smspark-submit"
#: The interpreter that has PySpark, when it is not the sandbox's own: the variable by which Spark itself is told.
SPARK_INTERPRETER: Final = "PYSPARK_PYTHON"
_PYTHON: Final = re.compile(r"python(3(\.\d+)?)?|/(\S+/)?bin/python(3(\.\d+)?)?")
_PROBE: Final = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pyspark') is None)"


def check_program(programs: Programs, specification: Parameters, region: str) -> None:
    """Refuse a container that nothing here stands for.

    Raises:
        ValidationException: an image that is not emulated, or one without a program of its own and no ContainerEntrypoint.
    """
    image = specification["ImageUri"]
    if programs.is_own(image):
        return
    images.check_image(image, region)
    if not images.is_spark(image) and "ContainerEntrypoint" not in specification:
        raise ValidationException(
            f"the sandbox has no program of its own for the image {image!r}: name one with AppSpecification.ContainerEntrypoint, for"
            ' instance ["python3", "/opt/ml/processing/input/code/script.py"]'
        )


def program(programs: Programs, specification: Parameters) -> Program:
    """The command line of a container, with the paths that the request has, and its folder; None is one of its own."""
    image = specification["ImageUri"]
    own = programs.own(image)
    default = own.command if own is not None else (SUBMIT,)
    words = [*specification.get("ContainerEntrypoint", default), *specification.get("ContainerArguments", [])]
    if own is not None:
        return Program(tuple(words), own.folder)
    if words[0] == SUBMIT and images.is_spark(image):
        return Program((spark_interpreter(), str(Path(smspark_submit.__file__).resolve()), *words[1:]))
    python = spark_interpreter() if images.is_spark(image) else sys.executable
    return Program((python if _PYTHON.fullmatch(words[0]) else words[0], *words[1:]))


def spark_interpreter() -> str:
    """The Python that runs Spark."""
    return os.environ.get(SPARK_INTERPRETER) or sys.executable


def missing_spark(programs: Programs, specification: Parameters) -> str | None:
    """Why a job on Spark's image cannot run here, and what to do; None when it can, or needs no Spark."""
    image = specification["ImageUri"]
    if programs.is_own(image) or not images.is_spark(image):
        return None
    python = spark_interpreter()
    try:
        lacking = subprocess.run([python, "-c", _PROBE], capture_output=True, check=False).returncode != 0
    except OSError as problem:
        return f"The sandbox cannot start {python}, which {SPARK_INTERPRETER} names: {problem.strerror}."
    return (
        (
            f"The sandbox runs Spark with PySpark, which {python} does not have. Install it there with"
            f" pip install 'blazingtext-cdk[spark]', or start the sandbox with {SPARK_INTERPRETER} set to an interpreter that has it."
        )
        if lacking
        else None
    )
