"""What a processing event asks for, read completely. Pure.

The event is documented in ``lambda/README.md``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from . import instances, naming, recipe_keys, requests, values
from .environments import LaunchEnvironment
from .errors import RequestError, UserError
from .event_reader import EventReader

EVENT_KEYS = ("corpus", "sources", "code", "options", "instance", "limits", "tags", "retry", "replace", "dryRun")
INSTANCE_KEYS = ("type", "count", "volumeGb")
LIMIT_KEYS = ("maxRuntimeSeconds",)
# AWS: an argument of a container has 256 characters at most, and there are 100
# (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html). A source is one, an option two, and 15 are ours.
MAXIMUM_SOURCES = 50
MAXIMUM_OPTIONS = 17
LONGEST_ARGUMENT = 256
_OPTION = re.compile(r"[a-z][a-z-]{0,31}")
_SOURCE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.*", re.DOTALL)


@dataclass(frozen=True)
class ProcessingRequest:
    """One request to prepare a corpus, defaults filled in.

    Attributes:
        corpus: the name that it gets; ``""`` when the event names none that is valid.
        sources: S3 URIs of raw text: keys, and prefixes that end in a slash.
        code: the SHA-256 of the code that prepares it; ``""`` when the event names none that is valid.
        options: of that code, which alone knows them.
        instance_type: what to prepare it on.
        instance_count: on how many.
        volume_gb: with which disk, in GB.
        max_runtime_seconds: how long the job may run.
        tags: the person's own tags.
        retry: whether a failed or stopped job of the same name gets another attempt.
        replace: whether a corpus of that name is replaced.
        dry_run: whether everything is checked and nothing started.
    """

    corpus: str
    sources: tuple[str, ...]
    code: str
    options: Mapping[str, str]
    instance_type: str
    instance_count: int
    volume_gb: int
    max_runtime_seconds: int
    tags: Mapping[str, str]
    retry: bool
    replace: bool
    dry_run: bool


def read(payload: object, environment: LaunchEnvironment) -> tuple[ProcessingRequest, list[UserError]]:
    """The request in an event, and everything that is wrong with it; a wrong part reads as its default.

    Args:
        payload: a processing event, which may be any JSON.
        environment: the defaults.
    """
    reader = EventReader()
    if not isinstance(payload, Mapping):
        reader.problem(
            f"The event is {values.shown(payload)}, not a JSON object. A processing job is asked for by name and value. "
            'Send an object: {"corpus": "wiki", "sources": ["s3://raw/wiki/"], "code": "<sha256>"}.'
        )
    event: Mapping[str, object] = payload if isinstance(payload, Mapping) else {}
    reader.known_keys(event, EVENT_KEYS, "")
    instance, limits = reader.section(event, "instance", INSTANCE_KEYS), reader.section(event, "limits", LIMIT_KEYS)
    request = ProcessingRequest(
        corpus=reader.attempt(lambda: _corpus(event), ""),
        sources=reader.attempt(lambda: _sources(event), ()),
        code=reader.attempt(lambda: _code(event), ""),
        options=reader.attempt(lambda: _options(reader.section(event, "options", None)), {}),
        instance_type=requests.instance_type(reader, instance, environment),
        instance_count=reader.number(instance, "instance.count", environment.instance_count, instances.MAXIMUM_COUNT),
        volume_gb=reader.number(instance, "instance.volumeGb", environment.volume_gb, requests.MAXIMUM_VOLUME_GB),
        max_runtime_seconds=reader.number(limits, "limits.maxRuntimeSeconds", environment.max_runtime_seconds, requests.MAXIMUM_RUNTIME),
        tags=requests.tags(reader, reader.section(event, "tags", None), environment.protection.tags),
        retry=reader.flag(event, "retry", False),
        replace=reader.flag(event, "replace", False),
        dry_run=reader.flag(event, "dryRun", False),
    )
    return request, reader.problems


def _corpus(event: Mapping[str, object]) -> str:
    given = event.get("corpus")
    if not isinstance(given, str):
        raise RequestError(f'corpus: {values.shown(given)} is not text. The corpus needs a name to be trained on by: {{"corpus": "wiki"}}.')
    return naming.check_corpus(given)


def _sources(event: Mapping[str, object]) -> tuple[str, ...]:
    given = event.get("sources")
    if not isinstance(given, list) or not 1 <= len(given) <= MAXIMUM_SOURCES:
        raise RequestError(
            f"sources: {values.shown(given)} is no list of 1 to {MAXIMUM_SOURCES} S3 URIs. They are the raw text. "
            'Name keys, or prefixes that end in a slash: ["s3://raw/wiki/"].'
        )
    for each in given:
        if not isinstance(each, str) or not _SOURCE.fullmatch(each) or len(each) > LONGEST_ARGUMENT:
            raise RequestError(
                f"sources: {values.shown(each)} is no S3 URI of up to {LONGEST_ARGUMENT} characters. "
                "Write s3://bucket/key, or s3://bucket/folder/ for all below it."
            )
    return tuple(given)


def _code(event: Mapping[str, object]) -> str:
    given = event.get("code")
    if not isinstance(given, str) or not recipe_keys.is_sha256(given):
        raise RequestError(
            f"code: {values.shown(given)} is no SHA-256. It names the code that the job runs, which is sent to the stage's bucket before. "
            "Let the command do both: blazingtext corpus prepare --on aws."
        )
    return given


def _options(section: Mapping[str, object]) -> dict[str, str]:
    wrong = [name for name in section if not _OPTION.fullmatch(name)]
    if wrong or len(section) > MAXIMUM_OPTIONS:
        raise RequestError(
            f"options: {values.cut(wrong[0]) if wrong else len(section)} is not allowed. They are up to {MAXIMUM_OPTIONS} names of small "
            'letters and hyphens, as the command line has them. Write {"numbers": "spell"}.'
        )
    for name, value in section.items():
        if not isinstance(value, str) or len(name) + len(value) + 1 > LONGEST_ARGUMENT:
            raise RequestError(
                f"options.{name}: {values.shown(value)} is no text of which a command line of {LONGEST_ARGUMENT} characters has room. "
                "Write the value as text."
            )
    return {name: str(value) for name, value in section.items()}
