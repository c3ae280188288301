"""What a launch event asks for, read completely and checked before anything costs money.

The event is documented in ``lambda/README.md``. Everything but ``corpus`` has a default, which comes from the function's stack.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from . import hyperparameters, instances, limits, naming, run_names, tag_rules, values
from .combinations import DEFAULT_MODE
from .environments import LaunchEnvironment
from .errors import RequestError, UserError
from .event_reader import EventReader
from .job_kinds import TRAINING, JobKind

EVENT_KEYS = ("corpus", "name", "mode", "hyperparameters", "instance", "limits", "spot", "tags", "retry", "dryRun", "promote")
INSTANCE_KEYS = ("type", "count", "volumeGb")
LIMIT_KEYS = ("maxRuntimeSeconds", "maxWaitSeconds")

MAXIMUM_RUNTIME = limits.LONGEST_SECONDS
# AWS: algorithms that write no checkpoints, as BlazingText, may wait and run one hour at most on spot instances.
MAXIMUM_SPOT_WAIT = 3600
# The largest EBS volume.
MAXIMUM_VOLUME_GB = 16_384
# AWS allows 50.
_OWN_TAGS = 8
MAXIMUM_TAGS = 50 - _OWN_TAGS


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
        name: what a person calls it, without the stage's beginning; ``""``: the request's hash names it.
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
    name: str = ""


def read(
    payload: object, environment: LaunchEnvironment, also: Collection[str] = (), kind: JobKind = TRAINING
) -> tuple[TrainingRequest, list[UserError]]:
    """The request in an event, and everything that is wrong with it; a wrong part reads as its default.

    Args:
        payload: a launch event, which may be any JSON, or EventBridge's notice of an upload of ``corpora/<name>/complete.json``.
        environment: the defaults.
        also: keys of the event that somebody else reads.
        kind: what the request becomes.
    """
    reader = EventReader()
    event = _asked(reader, payload, environment)
    reader.known_keys(event, (*EVENT_KEYS, *also), "")
    instance = reader.section(event, "instance", INSTANCE_KEYS)
    given = reader.section(event, "hyperparameters", None)
    spot = reader.flag(event, "spot", environment.spot)
    runtime, wait = _limits(reader, reader.section(event, "limits", LIMIT_KEYS), environment, spot)
    mode = _mode(reader, event, given, environment)
    request = TrainingRequest(
        corpus=reader.attempt(lambda: _corpus(event, environment), ""),
        mode=mode,
        hyperparameters={**_defaults(mode, environment), **given},
        instance_type=instance_type(reader, instance, environment),
        instance_count=reader.number(instance, "instance.count", environment.instance_count, instances.MAXIMUM_COUNT),
        volume_gb=reader.number(instance, "instance.volumeGb", environment.volume_gb, MAXIMUM_VOLUME_GB),
        max_runtime_seconds=runtime,
        max_wait_seconds=wait,
        spot=spot,
        tags=tags(reader, reader.section(event, "tags", None), environment.protection.tags),
        retry=reader.flag(event, "retry", False),
        dry_run=reader.flag(event, "dryRun", False),
        promote=reader.flag(event, "promote", True),
        name=reader.attempt(lambda: _name(event, kind, environment.stage), ""),
    )
    return request, reader.problems


def _asked(reader: EventReader, payload: object, environment: LaunchEnvironment) -> Mapping[str, object]:
    """The launch event that a payload is or means; an empty one, and a problem, when it is none."""
    if not isinstance(payload, Mapping):
        reader.problem(
            f"The event is {values.shown(payload)}, not a JSON object. A launch is asked for by name and value. "
            'Send an object that names a corpus: {"corpus": "wiki"}.'
        )
        return {}
    if is_upload(payload):
        return {"corpus": reader.attempt(lambda: _uploaded_corpus(payload, environment), "")}
    return payload


def is_upload(payload: object) -> bool:
    """Whether a payload is EventBridge's notice of a new object."""
    return isinstance(payload, Mapping) and payload.get("source") == "aws.s3" and payload.get("detail-type") == "Object Created"


def _uploaded_corpus(event: Mapping[str, object], environment: LaunchEnvironment) -> str:
    """The corpus that an upload belongs to; EventBridge gives keys as they are, not URL-encoded as S3's own notices do."""
    bucket, detail = environment.bucket, _object(event, "detail")
    key = str(_object(detail, "object").get("key", ""))
    source = str(_object(detail, "bucket").get("name", ""))
    parts = key.split("/")
    if source != bucket or len(parts) != 3 or key != naming.manifest_key(parts[1]):
        raise RequestError(
            f"The upload of s3://{values.cut(source)}/{values.cut(key)} starts no training. "
            f"Only that of s3://{bucket}/{naming.manifest_key('<name>')} does. Write it when the corpus is complete "
            f"({naming.command('upload', environment.stage)} does), or invoke the function with a corpus."
        )
    return parts[1]


def _object(section: Mapping[str, object], name: str) -> Mapping[str, object]:
    """An object in an object; an empty one when there is none of that name."""
    found = section.get(name)
    return found if isinstance(found, Mapping) else {}


def _corpus(event: Mapping[str, object], environment: LaunchEnvironment) -> str:
    """The corpus's name, from a name or from an S3 URI inside the stage's own bucket."""
    given = event.get("corpus")
    if not isinstance(given, str) or not given:
        raise RequestError('corpus: no corpus is named. A job needs text to train on. Name an uploaded corpus: {"corpus": "wiki"}.')
    if not given.startswith("s3://"):
        return naming.check_corpus(given)
    (source, key), bucket = naming.split_s3_uri(given), environment.bucket
    name, _, channel = key.removeprefix(naming.CORPORA).rstrip("/").partition("/")
    if source != bucket or not key.startswith(naming.CORPORA) or channel not in ("", naming.TRAIN):
        raise RequestError(
            f"corpus: {values.cut(given)} is not one of this stage's corpora. "
            f"The training role may read s3://{bucket}/{naming.CORPORA} only. "
            f"Copy the text to s3://{bucket}/{naming.channel_prefix('<name>', naming.TRAIN)} "
            f"({naming.command('upload', environment.stage)} does) and name the corpus."
        )
    return naming.check_corpus(name)


def _name(event: Mapping[str, object], kind: JobKind, stage: str) -> str:
    """The name that a person chose; ``""`` when none did."""
    if "name" not in event:
        return ""
    given = event["name"]
    if not isinstance(given, str):
        raise RequestError(f'name: {values.shown(given)} is not text. It is what people call the run. Write it as "name": "wiki-5".')
    return run_names.check(given, kind, stage)


def named(request: TrainingRequest, name: str, stage: str, problems: list[UserError]) -> TrainingRequest:
    """A request with the name that a manifest tells; a wrong one is added to the problems.

    Args:
        request: what the upload asks for.
        name: the run's name, or ``""``.
        stage: a valid stage.
        problems: what is known to be wrong.
    """
    if not name:
        return request
    try:
        return replace(request, name=run_names.check(name, TRAINING, stage))
    except UserError as problem:
        problems.append(problem)
    return request


def _mode(reader: EventReader, event: Mapping[str, object], given: Mapping[str, object], environment: LaunchEnvironment) -> str:
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


def instance_type(reader: EventReader, instance: Mapping[str, object], environment: LaunchEnvironment) -> str:
    """The type of an event's section ``instance``, or the stack's."""
    given = instance.get("type", environment.instance_type)
    if isinstance(given, str) and instances.is_instance_type(given):
        return given
    reader.problem(
        f"instance.type: {values.shown(given)} is not a SageMaker instance type. They begin with ml. Try ml.c5.xlarge or ml.g4dn.xlarge."
    )
    return environment.instance_type


def _limits(reader: EventReader, section: Mapping[str, object], environment: LaunchEnvironment, spot: bool) -> tuple[int, int | None]:
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


def tags(reader: EventReader, given: Mapping[str, object], of_stage: Mapping[str, str]) -> dict[str, str]:
    """The tags of an event that a job can have beside ours and the stage's."""
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
