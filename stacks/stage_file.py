"""The settings of a stage in a file, ``stages/<stage>.json``, so that the same command deploys the same stage tomorrow."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.environments import Approval, AutoPromote

from .settings import Settings, belongs_to_cdk, check_keys, context_key, raise_all

FOLDER = "stages"


def settings_of(context: Mapping[str, object], folder: Path) -> tuple[Settings, list[str]]:
    """The settings of the stage that a CDK context names: those of its file, and over them those of the context.

    Args:
        context: the app's whole context.
        folder: where the stages' files are.

    Returns:
        The settings, and a warning for each that the context makes less safe than the file.

    Raises:
        ConfigurationError: the stage has no file, or names every unknown key and wrong value of file and context.
    """
    overrides = {key: value for key, value in context.items() if not belongs_to_cdk(key)}
    stage = overrides.get("stage", naming.DEFAULT_STAGE)
    file = folder / f"{stage}.json"
    named = isinstance(stage, str) and naming.STAGE_PATTERN.fullmatch(stage)
    given, problems = _read(file) if named else ({}, [])

    def of_file(key: str) -> str:
        return f"{FOLDER}/{file.name}: {key}"

    kept, wrong = check_keys(given, of_file)
    values, more = check_keys({**given, **overrides}, lambda key: key if key in overrides else of_file(key))
    raise_all(
        f"The settings cannot be used. They come from {FOLDER}/, cdk.json and -c; correct them there:",
        list(dict.fromkeys([*problems, *wrong, *more])),
    )
    return Settings(**values), _warnings(kept, values, of_file)


def _read(file: Path) -> tuple[dict[str, object], list[str]]:
    """What a stage's file holds, and what is wrong with it as a whole."""
    name = f"{FOLDER}/{file.name}"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(each.stem for each in file.parent.glob("*.json"))) or "none"
        missing = (
            f"stage: {name} does not exist. A stage is a file of settings, so that each deployment has the same. "
            f'The stages are {known}. Create the file, with "{{}}" for the defaults.'
        )
        return {}, [missing]
    except (ValueError, RecursionError) as error:
        return {}, [f"{name}: it is no JSON: {error}. Correct it."]
    if not isinstance(found, dict):
        return {}, [f'{name}: it is no JSON object. It holds settings by name. Write {{"deleteData": false}}, for example.']
    if "stage" in found:
        del found["stage"]
        return found, [f"{name}: stage: the file's name is the stage's. Leave it out."]
    return found, []


def _lower(before: Any, now: Any) -> bool:
    return before is not None and (now is None or now < before)


def _higher(before: Any, now: Any) -> bool:
    return bool(now > before)


def _more(before: Any, now: Any) -> bool:
    """Of a limit that may be empty, which allows everything."""
    return before is not None and (now is None or now > before)


def _wider(before: Any, now: Any) -> bool:
    """Of a list of what is allowed; an empty one allows everything."""
    return bool(before) and (not now or not set(now) <= set(before))


# Settings that protect data, callers or the bill: when a new value does so less than the one before.
_LESS_SAFE: Mapping[str, Callable[[Any, Any], bool]] = {
    "delete_data": _higher,
    "termination_protection": _lower,
    "auto_promote": lambda before, now: list(AutoPromote).index(now) > list(AutoPromote).index(before),
    "approval": lambda before, now: before is Approval.MANUAL and now is not before,
    "notebook_role": _higher,
    "minimum_mean_rho": _lower,
    "minimum_accuracy": _lower,
    "training_instance_count": _higher,
    "training_max_runtime_seconds": _higher,
    "allowed_instance_types": _wider,
    "maximum_training_instances": _higher,
    "maximum_training_seconds": _higher,
    "maximum_training_cost": _more,
    "monthly_budget": _more,
    "endpoint_instance_count": _lower,
    "endpoint_maximum_instances": lambda before, now: (now or 0) > (before or 0),
    "endpoint_bake_seconds": _lower,
    "data_capture_percent": _higher,
    "data_capture_days": _higher,
    "log_retention_days": _lower,
    "idle_alarm_hours": _more,
    "pause_schedule": lambda before, now: bool(before) and now != before,
    "resume_schedule": lambda before, now: bool(before) and now != before,
    "schedule_time_zone": lambda before, now: now != before,
    "kms_key": lambda before, now: bool(before) and now != before,
    "vpc_subnets": lambda before, now: bool(before) and set(now) != set(before),
    "vpc_security_groups": lambda before, now: bool(before) and set(now) != set(before),
    "training_network_isolation": _lower,
    "training_traffic_encryption": _lower,
    "permissions_boundary": lambda before, now: bool(before) and now != before,
    "access_log_bucket": lambda before, now: bool(before) and not now,
    "github_repository": lambda before, now: bool(now) and now != before,
    "notification_email": lambda before, now: bool(before) and not now,
}


def _warnings(file: Mapping[str, Any], values: Mapping[str, Any], of_file: Callable[[str], str]) -> list[str]:
    defaults = {field.name: field.default for field in dataclasses.fields(Settings)}
    found = []
    for name, less_safe in _LESS_SAFE.items():
        before = file.get(name, defaults[name])
        now = values.get(name, defaults[name])
        if less_safe(before, now):
            found.append(
                f"{of_file(context_key(name))} is {json.dumps(before)}, and this deployment sets {json.dumps(now)}, which protects less. "
                "The next one without it goes back. Change the file to keep it."
            )
    return found
