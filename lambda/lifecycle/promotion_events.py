"""The events that the promoter and the launcher of transform jobs work on. Pure.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

import json
from collections.abc import Mapping
from typing import Any

from .job_kinds import JobKind

# Kinds of events, by their ``detail-type``.
TRAINING_JOB = "SageMaker Training Job State Change"
TUNING_JOB = "SageMaker HyperParameter Tuning Job State Change"
TRANSFORM_JOB = "SageMaker Transform Job State Change"
STACK = "CloudFormation Stack Status Change"


def read(body: str) -> Mapping[str, Any]:
    """The event that a message holds; empty when it holds none."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        # No JSON, or JSON nested so deeply that Python does not read it; an event of AWS's has a few levels.
        return {}
    return event if isinstance(event, dict) else {}


def job_in(event: Mapping[str, Any], kind: JobKind) -> tuple[str, str]:
    """The job of a kind and its status that an event tells; empty when it tells none."""
    detail = event.get("detail")
    detail = detail if isinstance(detail, dict) else {}
    return str(detail.get(kind.name, "")), str(detail.get(kind.status, ""))
