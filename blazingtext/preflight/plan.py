"""What a stage will ask of AWS: the settings of its file, as far as they are about instances."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.errors import ConfigurationError

FOLDER = "stages"


@dataclass(frozen=True)
class Plan:
    """The instances of a stage.

    Attributes:
        training_type: of a training job.
        training_count: how many of them.
        spot: whether training uses spot instances, which have a quota of their own.
        endpoint_type: of the endpoint.
        endpoint_count: how many of them.
        endpoint_maximum: the most of them, if their number follows the load; 0: it does not.
        shadow_percent: of the requests that are copied to a shadow, if the stage allows one; 0: it does not.
        shadow_count: how many instances that has; 0: as many as the endpoint.
        serverless_mb: the memory of a serverless endpoint, in MB, which has no instances; 0: it has some.
        training_seconds: how long a job may run unless its request says.
        pause: when the endpoint pauses by itself, a cron expression, or "".
        resume: when it resumes by itself, likewise.
        time_zone: whose clock these mean.
        kms_key: the setting: empty, make, or a key's ARN.
        delete_data: whether the data, and a key that was made, go with the stacks.
        company: the settings given for which CloudFormation needs bootstrap/company-policy.json.
    """

    training_type: str = LaunchEnvironment.instance_type
    training_count: int = LaunchEnvironment.instance_count
    spot: bool = LaunchEnvironment.spot
    endpoint_type: str = "ml.m4.xlarge"
    endpoint_count: int = 1
    endpoint_maximum: int = 0
    shadow_percent: int = 0
    shadow_count: int = 0
    serverless_mb: int = 0
    training_seconds: int = LaunchEnvironment.max_runtime_seconds
    pause: str = ""
    resume: str = ""
    time_zone: str = "UTC"
    company: tuple[str, ...] = ()
    kms_key: str = ""
    delete_data: bool = False

    @property
    def endpoint_most(self) -> int:
        """The most instances that the endpoint may come to have."""
        return max(self.endpoint_count, self.endpoint_maximum)

    @property
    def shadow_instances(self) -> int:
        """The instances of a shadow; 0 where none is allowed."""
        return (self.shadow_count or self.endpoint_count) if self.shadow_percent else 0


# The fields by the names of the settings (docs/configuration.md).
_SETTINGS = {
    "trainingInstanceType": "training_type",
    "trainingInstanceCount": "training_count",
    "trainingSpot": "spot",
    "endpointInstanceType": "endpoint_type",
    "endpointInstanceCount": "endpoint_count",
    "endpointMaximumInstances": "endpoint_maximum",
    "shadowPercent": "shadow_percent",
    "shadowInstanceCount": "shadow_count",
    "serverlessMemoryMb": "serverless_mb",
    "trainingMaxRuntimeSeconds": "training_seconds",
    "pauseSchedule": "pause",
    "resumeSchedule": "resume",
    "scheduleTimeZone": "time_zone",
    "kmsKey": "kms_key",
    "deleteData": "delete_data",
}

_MAY_BE_EMPTY = {"endpointMaximumInstances", "serverlessMemoryMb", "shadowPercent", "shadowInstanceCount"}


# What CloudFormation needs bootstrap/company-policy.json for.
COMPANY = ("kmsKey", "permissionsBoundary", "accessLogBucket", "dashboard", "peoplePolicies", "pauseSchedule", "resumeSchedule")


def of_stage(stage: str, folder: Path, **asked: str | int | None) -> Plan:
    """The plan of a stage.

    Args:
        stage: the stage.
        folder: where the files of the stages are; a stage without a file has the defaults.
        asked: fields of the plan in place of the file's; None: the file's.

    Raises:
        ConfigurationError: the file cannot be read, or a value is of the wrong kind.
    """
    file = folder / f"{stage}.json"
    given = _read(file) if file.is_file() else {}
    wanted = {key: value for key, value in given.items() if key not in _MAY_BE_EMPTY or value not in (None, "")}
    chosen: dict[str, Any] = {field: _checked(file, key, wanted[key]) for key, field in _SETTINGS.items() if key in wanted}
    chosen["company"] = tuple(key for key in COMPANY if given.get(key))
    given_instead = {name: value for name, value in asked.items() if value is not None}
    if given_instead.keys() & {"endpoint_type", "endpoint_count"}:
        # Whoever asks about instances means an endpoint that has some.
        chosen.pop("serverless_mb", None)
    return Plan(**{**chosen, **given_instead})


def _read(file: Path) -> Mapping[str, object]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}. It must be one JSON object; correct it.") from error
    if not isinstance(found, dict):
        raise ConfigurationError(f"{file} is not one JSON object. It holds the stage's settings by name; correct it.")
    return found


def _checked(file: Path, key: str, value: object) -> object:
    kind = type(getattr(Plan, _SETTINGS[key]))
    if type(value) is not kind:
        raise ConfigurationError(f"{file}: {key} is {value!r}. It must be of the kind of {getattr(Plan, _SETTINGS[key])!r}; correct it.")
    return value
