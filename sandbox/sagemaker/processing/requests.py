"""What AWS checks of a request for a processing job before it starts.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingS3Input.html and the pages beside it. That two inputs may
not have one path: https://github.com/aws/sagemaker-python-sdk/issues/4939, where AWS's answer has no words.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from ..api.contract import Parameters
from ..api.errors import ValidationException
from ..s3 import Location

#: Where every path of an input or output begins.
ROOT: Final = "/opt/ml/processing/"


def inputs(request: Parameters) -> list[Parameters]:
    """The S3Input of each input that SageMaker downloads."""
    return [each["S3Input"] for each in request.get("ProcessingInputs", []) if not each.get("AppManaged")]


def outputs(request: Parameters) -> list[Parameters]:
    """The S3Output of each output that SageMaker uploads."""
    config = request.get("ProcessingOutputConfig", {})
    return [each["S3Output"] for each in config.get("Outputs", []) if not each.get("AppManaged")]


def check_request(request: Parameters) -> None:
    """Refuse a request that is incomplete or contradicts itself.

    Raises:
        ValidationException: all that is wrong, in one message.
    """
    problems = [*_cluster_problems(request), *_channel_problems(request)]
    if problems:
        raise ValidationException("; ".join(problems))


def _cluster_problems(request: Parameters) -> Iterator[str]:
    if "InstanceType" not in request["ProcessingResources"]["ClusterConfig"]:
        yield "ProcessingResources.ClusterConfig.InstanceType must be given"


def _channel_problems(request: Parameters) -> Iterator[str]:
    given, made = request.get("ProcessingInputs", []), request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    for kind, channels in (("Input", given), ("Output", made)):
        yield from _doubled(f"{kind}Name", [each[f"{kind}Name"] for each in channels])
        for each in channels:
            if f"S3{kind}" not in each:
                yield f"{each[f'{kind}Name']} must have an S3{kind}"
            else:
                yield from _source_problems(each[f"{kind}Name"], each[f"S3{kind}"], managed=not each.get("AppManaged"))
    for kind, channels in (("Input", given), ("Output", made)):
        paths = [each[f"S3{kind}"].get("LocalPath") for each in channels if f"S3{kind}" in each and not each.get("AppManaged")]
        yield from _doubled(f"LocalPath of Processing{kind}s", [posixpath.normpath(path) for path in paths if path])


def _source_problems(name: str, source: Parameters, *, managed: bool) -> Iterator[str]:
    path = source.get("LocalPath")
    if Location.parse(source["S3Uri"]) is None:
        yield f"S3Uri {source['S3Uri']} of {name} is not an S3 address"
    if path is None and managed:
        yield f"LocalPath of {name} must be given when AppManaged is false"
    if path is not None and not f"{posixpath.normpath(path)}/".startswith(ROOT):
        yield f"LocalPath {path} of {name} must begin with {ROOT}"
    if source.get("S3CompressionType") == "Gzip":
        # The sandbox has no Pipe mode, so that whoever asks for Gzip contradicts himself.
        yield f"S3CompressionType Gzip of {name} can only be used when S3InputMode is Pipe"


def _doubled(what: str, values: Sequence[str]) -> Iterator[str]:
    yield from (f"{what} {value} is given twice" for value in dict.fromkeys(values) if values.count(value) > 1)
