"""The record of a transform job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..api.contract import Parameters
from ..job_record import JobRecord


@dataclass
class TransformJob(JobRecord):
    """A transform job, from the request to its end.

    Attributes:
        model: the CreateModel request of its model, as it was when the job was created.
    """

    noun: ClassVar[str] = "transform job"

    model: Parameters
