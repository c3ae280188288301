"""The metrics of an endpoint's instances, one value an instance and minute: processor, memory and disk of what runs for it here.

The processor is in percent of one core, as SageMaker counts it, so it may be above 100; memory and disk are in percent of this machine's.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import psutil

from ..cloud import Cloud

NAMESPACE: Final = "/aws/sagemaker/Endpoints"
_SECONDS: Final = 60.0


class Measured(Protocol):
    """An instance that can be measured."""

    @property
    def variant(self) -> str:
        """The production variant that it belongs to."""

    @property
    def base(self) -> Path:
        """The folder of its files."""

    @property
    def pid(self) -> int:
        """The process of its container."""


def publish(
    cloud: Cloud, endpoint: str, instances: Callable[[], Sequence[Measured]], stopping: threading.Event, seconds: float = _SECONDS
) -> None:
    """Publishes now and every minute, until told to stop.

    Args:
        cloud: the account it runs in.
        endpoint: the endpoint's name.
        instances: those that run now.
        stopping: set when the endpoint goes over to other instances.
        seconds: between two publications.
    """
    processes: dict[int, psutil.Process] = {}
    while True:
        for instance in instances():
            try:
                found = _measure(processes.setdefault(instance.pid, psutil.Process(instance.pid)), instance.base)
            except psutil.Error:
                # Its container has ended, and another will be started.
                continue
            for name, value in found.items():
                cloud.put_metric(NAMESPACE, name, value, {"EndpointName": endpoint, "VariantName": instance.variant}, "Percent")
        if stopping.wait(seconds):
            return


def _measure(process: psutil.Process, folder: Path) -> Mapping[str, float]:
    disk = shutil.disk_usage(folder if folder.exists() else folder.anchor)
    return {
        # Since the last look; 0 at the first.
        "CPUUtilization": float(process.cpu_percent(None)),
        "MemoryUtilization": float(process.memory_percent()),
        "DiskUtilization": 100.0 * disk.used / disk.total,
    }
