"""The folder a training container finds as `/opt/ml`.

Source: "How Amazon SageMaker AI Provides Training Information" in the SageMaker developer guide.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ..api.contract import Parameters


def write_opt_ml(base: Path, request: Parameters, *, host: str, hosts: Sequence[str]) -> None:
    """Make the folders and configuration files of one host.

    Args:
        base: becomes the container's `/opt/ml`.
        request: the CreateTrainingJob request.
        host: this container's name, `algo-1` to `algo-N`.
        hosts: all of them.
    """
    for folder in ("input/config", "input/data", "model", "output/data", "code"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    instance = request["ResourceConfig"]["InstanceType"]
    documents = {
        "hyperparameters": request.get("HyperParameters", {}),
        "inputdataconfig": {channel["ChannelName"]: _channel(channel) for channel in request.get("InputDataConfig", [])},
        "resourceconfig": {
            "current_host": host,
            "current_instance_type": instance,
            "current_group_name": "homogeneousCluster",
            "hosts": list(hosts),
            "instance_groups": [{"instance_group_name": "homogeneousCluster", "instance_type": instance, "hosts": list(hosts)}],
            "network_interface_name": "eth0",
        },
    }
    for name, document in documents.items():
        (base / "input" / "config" / f"{name}.json").write_text(json.dumps(document), "utf-8")


def _channel(channel: Parameters) -> dict[str, str]:
    return {
        "ContentType": channel.get("ContentType", ""),
        "TrainingInputMode": "File",
        "S3DistributionType": channel["DataSource"]["S3DataSource"].get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": "None",
    }
