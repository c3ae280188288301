"""The metrics of a training job: read from its log by regular expressions, published to CloudWatch with its role."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from ..api.errors import ValidationException

logger = logging.getLogger("sandbox.sagemaker")

#: The metrics of the BlazingText image: SageMaker defines them for a built-in algorithm, and a request may not.
METRIC_DEFINITIONS: Final = (
    {"Name": "train:mean_rho", "Regex": r"#mean_rho: (\S+)"},
    {"Name": "train:accuracy", "Regex": r"#train_accuracy: (\S+)"},
    {"Name": "validation:accuracy", "Regex": r"#validation_accuracy: (\S+)"},
)
METRICS_NAMESPACE: Final = "/aws/sagemaker/TrainingJobs"


def compiled(definitions: Sequence[Mapping[str, str]]) -> dict[str, re.Pattern[str]]:
    """The patterns of metric definitions, by name.

    Raises:
        ValidationException: one is not a regular expression.
    """
    try:
        return {definition["Name"]: re.compile(definition["Regex"]) for definition in definitions}
    except re.error as problem:
        raise ValidationException(f"Invalid metric definition: {problem.pattern!r} is not a regular expression: {problem}") from problem


def metrics_in(line: str, patterns: Mapping[str, re.Pattern[str]]) -> dict[str, float]:
    """The metrics a log line reports: a pattern's first group; a value that is not a number is not one."""
    found = {}
    for name, pattern in patterns.items():
        match = pattern.search(line)
        if match is not None:
            try:
                found[name] = float(match[1])
            except (ValueError, IndexError, TypeError):
                continue
    return found


def put_training_metrics(client: Any, job_name: str, metrics: Mapping[str, float]) -> None:
    """Publish a job's metrics with its role; a refusal is logged, and the job goes on."""
    dimensions = [{"Name": "TrainingJobName", "Value": job_name}]
    data = [{"MetricName": name, "Dimensions": dimensions, "Value": value} for name, value in metrics.items()]
    try:
        client.put_metric_data(Namespace=METRICS_NAMESPACE, MetricData=data)
    except (ClientError, BotoCoreError) as problem:
        logger.warning("the metrics of %s are not in CloudWatch: %s", job_name, problem)
