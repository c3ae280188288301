"""The folder a processing container finds as `/opt/ml`.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..api.contract import Parameters
from . import requests
from .opt_ml_paths.sitecustomize import in_base
from .record import ProcessingJob

#: The folder whose `sitecustomize` lets Python find `/opt/ml`.
PYTHON_PATHS: Final = Path(__file__).resolve().parent / "opt_ml_paths"
_INPUT_DEFAULTS: Final = {"S3DataDistributionType": "FullyReplicated", "S3InputMode": "File", "S3CompressionType": "None"}


def local(path: str, base: Path) -> Path:
    """Where a path of the container lies on this machine."""
    return Path(in_base(path.rstrip("/"), str(base)))


def write_opt_ml(base: Path, job: ProcessingJob, *, host: str, hosts: Sequence[str]) -> None:
    """Make the folders and configuration files of one host.

    Args:
        base: becomes the container's `/opt/ml`.
        job: whose host it is.
        host: this container's name, `algo-1` to `algo-N`.
        hosts: all of them.
    """
    channels = [*requests.inputs(job.request), *requests.outputs(job.request)]
    for folder in (base / "config", base / "output", base / "work", *(local(each["LocalPath"], base) for each in channels)):
        folder.mkdir(parents=True, exist_ok=True)
    documents = {"processingjobconfig": _config(job), "resourceconfig": {"current_host": host, "hosts": list(hosts)}}
    for name, document in documents.items():
        (base / "config" / f"{name}.json").write_text(json.dumps(document), "utf-8")


def _config(job: ProcessingJob) -> Parameters:
    """The request as the container sees it, what it leaves out included."""
    request, cluster = job.request, job.cluster
    specification, output = request["AppSpecification"], request.get("ProcessingOutputConfig", {})
    return {
        "ProcessingJobArn": job.arn,
        "ProcessingJobName": job.name,
        "AppSpecification": {"ContainerEntrypoint": None, "ContainerArguments": None, **specification},
        "Environment": request.get("Environment", {}),
        "ProcessingInputs": [_input(each) for each in request.get("ProcessingInputs", [])],
        "ProcessingOutputConfig": {"Outputs": output.get("Outputs", []), "KmsKeyId": output.get("KmsKeyId")},
        "ProcessingResources": {"ClusterConfig": {"VolumeKmsKeyId": None, **cluster, "InstanceCount": job.instances}},
        "RoleArn": request["RoleArn"],
        "StoppingCondition": {"MaxRuntimeInSeconds": job.max_seconds},
    }


def _input(given: Parameters) -> Parameters:
    return {**given, "S3Input": {**_INPUT_DEFAULTS, **given["S3Input"], "S3DownloadMode": "StartOfJob"}}
