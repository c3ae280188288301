"""What a launch event asks for, read completely and checked before anything costs money.

The event is documented in ``lambda/README.md``. Everything but ``corpus`` has a default, which comes from the function's stack.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from . import hyperparameters, instances, limits, naming, tag_rules, values
from .combinations import DEFAULT_MODE
from .environments import LaunchEnvironment
from .errors import RequestError, UserError
from .suggestions import did_you_mean

EVENT_KEYS = ("corpus", "mode", "hyperparameters", "instance", "limits", "spot", "tags", "retry", "dryRun", "promote")
INSTANCE_KEYS = ("type", "count", "volumeGb")
LIMIT_KEYS = ("maxRuntimeSeconds", "maxWaitSeconds")

MAXIMUM_RUNTIME = limits.LONGEST_SECONDS
# AWS: algorithms that write no checkpoints, as BlazingText, may wait and run one hour at most on spot instances.
MAXIMUM_SPOT_WAIT = 3600
# The largest EBS volume.
MAXIMUM_VOLUME_GB = 16_384
# AWS allows 50.
_OWN_TAGS = 6
MAXIMUM_TAGS = 50 - _OWN_TAGS

Value = TypeVar("Value")


@dataclass(frozen=True)
class TrainingRequest:
    """One request to train, defaults filled in.

    Attributes:
        corpus: the corpus's name; ``""`` when the event names none that is valid.
        mode: the training mode.
        hyperparameters: as given, over the stack's defaults; not yet complete.
        instance_type: what to train on.
        instance_count: on how many.
        volume_gb: with which disk, in GB.
        max_runtime_seconds: how long the job may run.
        max_wait_seconds: how long a spot job may wait and run; None when not spot.
        spot: whether to use spot instances.
        tags: the person's own tags.
        retry: whether a failed or stopped job of the same name gets another attempt.
        dry_run: whether everything is checked and nothing started.
        promote: whether its model may go live by itself.
    """

    corpus: str
    mode: str
    hyperparameters: Mapping[str, object]
    instance_type: str
    instance_count: int
    volume_gb: int
    max_runtime_seconds: int
    max_wait_seconds: int | None
    spot: bool
    tags: Mapping[str, str]
    retry: bool
    dry_run: bool = False
    promote: bool = True


def read(payload: object, environment: LaunchEnvironment) -> tuple[TrainingRequest, list[UserError]]:
    """The request in an event, and everything that is wrong with it; a wrong part reads as its default.

    Args:
        payload: a launch event, which may be any JSON, or EventBridge's notice of an upload of ``corpora/<name>/complete.json``.
        environment: the defaults.
    """
    reader = _Reader()
    event = _asked(reader, payload, environment)
    reader.known_keys(event, EVENT_KEYS, "")
    instance = reader.section(event, "instance", INSTANCE_KEYS)
    given = reader.section(event, "hyperparameters", None)
    spot = reader.flag(event, "spot", environment.spot)
    runtime, wait = _limits(reader, reader.section(event, "limits", LIMIT_KEYS), environment, spot)
    mode = _mode(reader, event, given, environment)
    request = TrainingRequest(
        corpus=reader.attempt(lambda: _corpus(event, environment.bucket), ""),
        mode=mode,
        hyperparameters={**_defaults(mode, environment), **given},
        instance_type=_instance_type(reader, instance, environment),
        instance_count=reader.number(instance, "instance.count", environment.instance_count, instances.MAXIMUM_COUNT),
        volume_gb=reader.number(instance, "instance.volumeGb", environment.volume_gb, MAXIMUM_VOLUME_GB),
        max_runtime_seconds=runtime,
        max_wait_seconds=wait,
        spot=spot,
        tags=_tags(reader, reader.section(event, "tags", None), environment.protection.tags),
        retry=reader.flag(event, "retry", False),
        dry_run=reader.flag(event, "dryRun", False),
        promote=reader.flag(event, "promote", True),
    )
    return request, reader.problems


def _asked(reader: "_Reader", payload: object, environment: LaunchEnvironment) -> Mapping[str, object]:
    """The launch event that a payload is or means; an empty one, and a problem, when it is none."""
    if not isinstance(payload, Mapping):
        reader.problem(
            f"The event is {values.shown(payload)}, not a JSON object. A launch is asked for by name and value. "
            'Send an object that names a corpus: {"corpus": "wiki"}.'
        )
        return {}
    if is_upload(payload):
        return {"corpus": reader.attempt(lambda: _uploaded_corpus(payload, environment.bucket), "")}
    return payload


def is_upload(payload: object) -> bool:
    """Whether a payload is EventBridge's notice of a new object."""
    return isinstance(payload, Mapping) and payload.get("source") == "aws.s3" and payload.get("detail-type") == "Object Created"


def _uploaded_corpus(event: Mapping[str, object], bucket: str) -> str:
    """The corpus that an upload belongs to; EventBridge gives keys as they are, not URL-encoded as S3's own notices do."""
    detail = _object(event, "detail")
    key = str(_object(detail, "object").get("key", ""))
    source = str(_object(detail, "bucket").get("name", ""))
    parts = key.split("/")
    if source != bucket or len(parts) != 3 or key != naming.manifest_key(parts[1]):
        raise RequestError(
            f"The upload of s3://{values.cut(source)}/{values.cut(key)} starts no training. "
            f"Only that of s3://{bucket}/{naming.manifest_key('<name>')} does. Write it when the corpus is complete "
            "(blazingtext upload does), or invoke the function with a corpus."
        )
    return parts[1]


def _object(section: Mapping[str, object], name: str) -> Mapping[str, object]:
    """An object in an object; an empty one when there is none of that name."""
    found = section.get(name)
    return found if isinstance(found, Mapping) else {}


def _corpus(event: Mapping[str, object], bucket: str) -> str:
    """The corpus's name, from a name or from an S3 URI inside the stage's own bucket."""
    given = event.get("corpus")
    if not isinstance(given, str) or not given:
        raise RequestError('corpus: no corpus is named. A job needs text to train on. Name an uploaded corpus: {"corpus": "wiki"}.')
    if not given.startswith("s3://"):
        return naming.check_corpus(given)
    source, key = naming.split_s3_uri(given)
    name, _, channel = key.removeprefix(naming.CORPORA).rstrip("/").partition("/")
    if source != bucket or not key.startswith(naming.CORPORA) or channel not in ("", naming.TRAIN):
        raise RequestError(
            f"corpus: {values.cut(given)} is not one of this stage's corpora. "
            f"The training role may read s3://{bucket}/{naming.CORPORA} only. "
            f"Copy the text to s3://{bucket}/{naming.channel_prefix('<name>', naming.TRAIN)} (blazingtext upload does) and name the corpus."
        )
    return naming.check_corpus(name)


def _mode(reader: "_Reader", event: Mapping[str, object], given: Mapping[str, object], environment: LaunchEnvironment) -> str:
    """The mode: from the event, else from its hyperparameters, else from the stack."""
    default = environment.hyperparameters.get("mode", DEFAULT_MODE)
    mode = event.get("mode", given.get("mode", default))
    if isinstance(mode, str):
        return mode
    reader.problem(f"mode: {values.shown(mode)} is not text. The mode is a name. Give batch_skipgram, skipgram, cbow or supervised.")
    return str(default)


def _defaults(mode: str, environment: LaunchEnvironment) -> dict[str, object]:
    """The stack's own hyperparameters that the mode has: a stack set up for vectors must not spoil a classifier."""
    return {name: value for name, value in environment.hyperparameters.items() if name in hyperparameters.names(mode)}


def _instance_type(reader: "_Reader", instance: Mapping[str, object], environment: LaunchEnvironment) -> str:
    given = instance.get("type", environment.instance_type)
    if isinstance(given, str) and instances.is_instance_type(given):
        return given
    reader.problem(
        f"instance.type: {values.shown(given)} is not a SageMaker instance type. They begin with ml. Try ml.c5.xlarge or ml.g4dn.xlarge."
    )
    return environment.instance_type


def _limits(reader: "_Reader", section: Mapping[str, object], environment: LaunchEnvironment, spot: bool) -> tuple[int, int | None]:
    """How long the job may run, and may wait when it is spot."""
    runtime = reader.number(section, "limits.maxRuntimeSeconds", environment.max_runtime_seconds, MAXIMUM_RUNTIME)
    if not spot:
        if "maxWaitSeconds" in section:
            reader.problem(
                "limits.maxWaitSeconds: Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true. "
                "Leave it out, or set spot to true."
            )
        return runtime, None
    wait = reader.number(section, "limits.maxWaitSeconds", MAXIMUM_SPOT_WAIT, MAXIMUM_SPOT_WAIT)
    if runtime > MAXIMUM_SPOT_WAIT:
        reader.problem(
            f"limits.maxRuntimeSeconds: a spot job may run {MAXIMUM_SPOT_WAIT} seconds at most; {runtime} was asked for. "
            "BlazingText writes no checkpoints, so an interrupted job begins anew. Lower the limit, or set spot to false."
        )
    elif wait < runtime:
        reader.problem(
            f"limits.maxWaitSeconds: {wait} is less than maxRuntimeSeconds ({runtime}). The wait for a spot instance includes the run. "
            f"Give at least {runtime} and at most {MAXIMUM_SPOT_WAIT}."
        )
    return runtime, wait


def _tags(reader: "_Reader", given: Mapping[str, object], of_stage: Mapping[str, str]) -> dict[str, str]:
    room = MAXIMUM_TAGS - len(of_stage)
    if len(given) > room:
        ours = f"{_OWN_TAGS} are ours and {len(of_stage)} the stage's" if of_stage else f"{_OWN_TAGS} are ours"
        reader.problem(f"tags: {len(given)} are too many. AWS allows 50 on a job, and {ours}. Give at most {room}.")
    found = {}
    for key, value in given.items():
        fault = tag_rules.fault(key, value)
        if fault:
            reader.problem(f'tags: "{values.cut(key)}": {fault}')
        else:
            found[key] = str(value)
    return found


class _Reader:
    """Reads parts of an event and remembers every problem."""

    def __init__(self) -> None:
        self.problems: list[UserError] = []

    def problem(self, text: str) -> None:
        self.problems.append(RequestError(text))

    def attempt(self, read_one: Callable[[], Value], otherwise: Value) -> Value:
        try:
            return read_one()
        except UserError as problem:
            self.problems.append(problem)
        return otherwise

    def known_keys(self, given: Mapping[str, object], known: Collection[str], path: str) -> None:
        for key in given:
            if key not in known:
                paths = [path + each for each in known]
                hint = did_you_mean(f"{path}{key}", paths) or f"Known are {', '.join(paths)}."
                self.problem(f'"{path}{values.cut(key)}" is unknown. A misspelt key would silently have no effect. {hint}')

    def section(self, event: Mapping[str, object], name: str, known: Collection[str] | None) -> Mapping[str, object]:
        found = event.get(name, {})
        if not isinstance(found, Mapping):
            self.problem(f"{name}: {values.shown(found)} is not an object. It holds names and values. Write it as {{...}} or leave it out.")
            return {}
        if known is not None:
            self.known_keys(found, known, f"{name}.")
        return found

    def number(self, section: Mapping[str, object], path: str, default: int, maximum: int) -> int:
        value = section.get(path.rpartition(".")[2], default)
        # Text is refused: in a JSON event, a number in quotation marks is a mistake.
        if not isinstance(value, str):
            with suppress(ValueError):
                return values.whole_number(value, 1, maximum)
        self.problem(
            f"{path}: {values.shown(value)} is not allowed. It must be a whole number from 1 to {maximum}. Leave it out for {default}."
        )
        return default

    def flag(self, section: Mapping[str, object], name: str, default: bool) -> bool:
        value = section.get(name, default)
        if isinstance(value, bool):
            return value
        self.problem(
            f"{name}: {values.shown(value)} is neither true nor false. It is a switch. Write true or false without quotation marks."
        )
        return default
