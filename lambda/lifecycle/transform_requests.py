"""What a transform event asks for, read completely. Pure.

The event is documented in ``lambda/README.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from . import instances, naming, requests, values
from .environments import LaunchEnvironment
from .errors import RequestError, UserError
from .event_reader import EventReader

EVENT_KEYS = ("data", "run", "instance", "tags", "retry", "dryRun")
INSTANCE_KEYS = ("type", "count")


@dataclass(frozen=True)
class TransformRequest:
    """One request to transform, defaults filled in.

    Attributes:
        data: the name of what is to be predicted; ``""`` when the event names none that is valid.
        run: the training job whose model predicts; likewise.
        instance_type: what to predict on.
        instance_count: on how many.
        tags: the person's own tags.
        retry: whether a failed or stopped job of the same name gets another attempt.
        dry_run: whether everything is checked and nothing started.
    """

    data: str
    run: str
    instance_type: str
    instance_count: int
    tags: Mapping[str, str]
    retry: bool
    dry_run: bool


def read(payload: object, environment: LaunchEnvironment) -> tuple[TransformRequest, list[UserError]]:
    """The request in an event, and everything that is wrong with it; a wrong part reads as its default.

    Args:
        payload: a transform event, which may be any JSON.
        environment: the defaults.
    """
    reader = EventReader()
    if not isinstance(payload, Mapping):
        reader.problem(
            f"The event is {values.shown(payload)}, not a JSON object. A transform job is asked for by name and value. "
            'Send an object: {"data": "words", "run": "<job>"}.'
        )
    event: Mapping[str, object] = payload if isinstance(payload, Mapping) else {}
    reader.known_keys(event, EVENT_KEYS, "")
    instance = reader.section(event, "instance", INSTANCE_KEYS)
    request = TransformRequest(
        data=reader.attempt(lambda: _data(event), ""),
        run=reader.attempt(lambda: _run(event, environment.stage), ""),
        instance_type=requests.instance_type(reader, instance, environment),
        instance_count=reader.number(instance, "instance.count", 1, instances.MAXIMUM_COUNT),
        tags=requests.tags(reader, reader.section(event, "tags", None), environment.protection.tags),
        retry=reader.flag(event, "retry", False),
        dry_run=reader.flag(event, "dryRun", False),
    )
    return request, reader.problems


def _data(event: Mapping[str, object]) -> str:
    given = event.get("data")
    if not isinstance(given, str) or not naming.CORPUS_PATTERN.fullmatch(given):
        raise RequestError(
            f"data: {values.shown(given)} is not the name of data. It is a folder in the bucket, so it must be 1 to 32 lowercase letters, "
            'digits and hyphens, starting with a letter or digit. Name what was sent: {"data": "words"}.'
        )
    return given


def _run(event: Mapping[str, object], stage: str) -> str:
    given = event.get("run")
    prefix = naming.job_prefix(stage)
    if not isinstance(given, str) or not naming.TRAINING_JOB_PATTERN.fullmatch(given) or not given.startswith(prefix):
        raise RequestError(
            f"run: {values.shown(given)} is no training job of stage {stage}. Its model is to predict. "
            f"Their names begin with {prefix}; {naming.command('runs', stage)} lists them."
        )
    return given
