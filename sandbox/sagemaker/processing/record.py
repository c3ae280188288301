"""The record of a processing job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..api.contract import Parameters
from ..job_record import JobRecord


@dataclass
class ProcessingJob(JobRecord):
    """A processing job, from the request to its end.

    Attributes:
        message: what its containers left in `/opt/ml/output/message`.
    """

    noun: ClassVar[str] = "processing job"

    message: str | None = None

    @property
    def cluster(self) -> Parameters:
        """The instances it runs on."""
        cluster: Parameters = self.request["ProcessingResources"]["ClusterConfig"]
        return cluster

    @property
    def instances(self) -> int:
        """How many there are; one when the request does not say."""
        return int(self.cluster.get("InstanceCount", 1))

    @property
    def max_seconds(self) -> int:
        """How long it may run; a day when the request does not say."""
        return int(self.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86_400))
