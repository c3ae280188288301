"""The training job that a request becomes: its name and its CreateTrainingJob request. Pure."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from . import availability, costs, hyperparameters, images, instances, limits, naming, run_names
from .combinations import SUPERVISED
from .corpora import Corpus
from .costs import HourlyPrice
from .environments import LaunchEnvironment
from .errors import CorpusError, HyperparameterError, RequestError, UserError, raise_all
from .requests import TrainingRequest

# The ends of a job after which a retry starts another attempt.
RETRYABLE = frozenset({"Failed", "Stopped"})
TERMINAL = frozenset({"Completed", "Failed", "Stopped"})
# A job in one of these still works and bills, in the order in which it goes through them. What is in none ("Deleting") has ended before.
ACTIVE = ("InProgress", "Stopping")

_GIGABYTE = 2**30


@dataclass(frozen=True)
class TrainingJob:
    """A job to start.

    Attributes:
        name: the name of its first attempt.
        digest: the hash of its request.
        is_named: whether a person chose the name.
        definition: everything for CreateTrainingJob but the name.
        artifact_bucket: where its artifact will be.
        retry: whether a failed or stopped job gets another attempt.
        warnings: what is legal but probably a mistake.
        dry_run: whether nothing is to be started.
        price: what an hour of it costs.
        max_runtime_seconds: how long it may run.
    """

    name: str
    digest: str
    is_named: bool
    definition: dict[str, Any]
    artifact_bucket: str
    retry: bool
    warnings: tuple[str, ...]
    dry_run: bool
    price: HourlyPrice
    max_runtime_seconds: int

    def attempt(self, number: int) -> str:
        """The name of the n-th attempt, counted from 1."""
        return naming.attempt_name(self.name, number)

    def request(self, name: str) -> dict[str, Any]:  # noqa: ARG002 - an attempt has only its name of its own
        """Everything for the request that creates an attempt but the name."""
        return self.definition


def decide(request: TrainingRequest, corpus: Corpus, environment: LaunchEnvironment, problems: list[UserError]) -> TrainingJob:
    """The job for a request.

    Args:
        request: what is asked for.
        corpus: what lies in the bucket.
        environment: the stack's settings.
        problems: what is already known to be wrong.

    Raises:
        UserError: every problem at once, those of the request, of the hyperparameters and of the corpus.
    """
    complete, warnings, refusals = _hyperparameters(request, corpus)
    raise_all([*problems, *_limit_problems(request, environment), *refusals, *data_problems(request, corpus)])
    digest = request_hash(request, complete, corpus, environment.bucket)
    return TrainingJob(
        name=_name(request, environment.stage, digest),
        digest=digest,
        is_named=bool(request.name),
        definition=definition(request, complete, corpus, environment, digest),
        artifact_bucket=environment.bucket,
        retry=request.retry,
        warnings=(*warnings, *data_warnings(request, corpus, environment)),
        dry_run=request.dry_run,
        price=costs.of_training(request.instance_type, request.instance_count, images.region_of(environment.image)),
        max_runtime_seconds=request.max_runtime_seconds,
    )


def _name(request: TrainingRequest, stage: str, digest: str) -> str:
    """The name that a person chose, or one by which the same request finds its job again."""
    return run_names.job(stage, request.name) if request.name else naming.job_name(stage, request.corpus, request.mode, digest)


def _limit_problems(request: TrainingRequest, environment: LaunchEnvironment) -> list[RequestError]:
    region = images.region_of(environment.image)
    return limits.problems(environment.limits, request.instance_type, request.instance_count, request.max_runtime_seconds, region)


def _hyperparameters(request: TrainingRequest, corpus: Corpus) -> tuple[dict[str, str], list[str], list[UserError]]:
    try:
        complete, warnings = hyperparameters.complete(
            request.mode, request.hyperparameters, request.instance_type, request.instance_count, channels=known_channels(corpus)
        )
    except HyperparameterError as refusal:
        return {}, [], [refusal]
    return complete, warnings, []


def known_channels(corpus: Corpus) -> frozenset[str] | None:
    """The channels, or None for a corpus that is not there: its absence is the one thing to tell about it."""
    return frozenset(corpus.channels) if corpus.channels else None


def request_hash(request: TrainingRequest, complete: dict[str, str], corpus: Corpus, bucket: str) -> str:
    """A digest of all that can change the model: the same request over the same bytes has the same."""
    parts = {
        "hyperparameters": complete,
        "channels": {naming.channel_uri(bucket, corpus.name, channel): files for channel, files in _files(corpus).items()},
        "instance": [request.instance_type, request.instance_count, request.volume_gb],
        "limits": [request.max_runtime_seconds, request.max_wait_seconds],
        "spot": request.spot,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def corpus_hash(corpus: Corpus) -> str:
    """A digest of a corpus: the same files, by key, ETag and size, have the same."""
    return hashlib.sha256(json.dumps(_files(corpus), sort_keys=True).encode()).hexdigest()


def _files(corpus: Corpus) -> dict[str, list[tuple[str, str, int]]]:
    """What tells a corpus from another, by channel."""
    return {channel: [(file.key, file.etag, file.size) for file in files] for channel, files in corpus.channels.items()}


def definition(
    request: TrainingRequest, complete: dict[str, str], corpus: Corpus, environment: LaunchEnvironment, digest: str
) -> dict[str, Any]:
    """CreateTrainingJob's request; without MetricDefinitions, which SageMaker has preset for its own algorithms."""
    stopping = {"MaxRuntimeInSeconds": request.max_runtime_seconds}
    if request.max_wait_seconds is not None:
        stopping["MaxWaitTimeInSeconds"] = request.max_wait_seconds
    wanted = {
        "AlgorithmSpecification": {"TrainingImage": environment.image, "TrainingInputMode": "File"},
        "RoleArn": environment.role_arn,
        "HyperParameters": complete,
        "InputDataConfig": [_channel(naming.channel_uri(environment.bucket, corpus.name, each), each) for each in corpus.channels],
        "OutputDataConfig": {"S3OutputPath": naming.output_uri(environment.bucket)},
        "ResourceConfig": {
            "InstanceType": request.instance_type,
            "InstanceCount": request.instance_count,
            "VolumeSizeInGB": request.volume_gb,
        },
        "StoppingCondition": stopping,
        "EnableManagedSpotTraining": request.spot,
        "Tags": _tags(request, corpus, environment, digest),
    }
    return environment.protection.protect(wanted)


def _channel(uri: str, name: str) -> dict[str, Any]:
    """One channel: always fully replicated, for BlazingText shards by itself."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {
        "ChannelName": name,
        "ContentType": "text/plain",
        "CompressionType": "None",
        "RecordWrapperType": "None",
        "DataSource": {"S3DataSource": source},
    }


def _tags(request: TrainingRequest, corpus: Corpus, environment: LaunchEnvironment, digest: str) -> list[dict[str, str]]:
    ours = {
        **naming.tags(environment.stage),
        naming.CORPUS_TAG: request.corpus,
        naming.CORPUS_HASH_TAG: corpus_hash(corpus),
        naming.REQUEST_TAG: digest,
    }
    told = {naming.CORPUS_SHA256_TAG: corpus.sha256, naming.RECIPE_TAG: corpus.recipe}
    ours |= {key: value for key, value in told.items() if value}
    if not request.promote:
        ours[naming.PROMOTION_TAG] = naming.HELD_BACK
    # The stage's tags are the company's: a request adds to them and changes none.
    tags = {**request.tags, **environment.protection.tags, **ours}
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def data_problems(request: TrainingRequest, corpus: Corpus) -> list[UserError]:
    """What speaks against training on a corpus, with the volume that the request asks for."""
    return [*corpus.problems, *_volume_problems(request, corpus)]


def data_warnings(request: TrainingRequest, corpus: Corpus, environment: LaunchEnvironment) -> list[str]:
    """What of corpus, volume and region is legal but probably a mistake."""
    return [*corpus.warnings, *_volume_warnings(request, corpus), *_region_warnings(request, environment)]


def _volume_problems(request: TrainingRequest, corpus: Corpus) -> list[UserError]:
    if instances.has_local_disk(request.instance_type) or corpus.size < request.volume_gb * _GIGABYTE:
        return []
    needed = 2 * corpus.size // _GIGABYTE + 1
    return [
        CorpusError(
            f"The corpus does not fit on the volume. It has {corpus.size:,} bytes and the volume {request.volume_gb} GB. "
            f"Set instance.volumeGb to at least {needed}."
        )
    ]


def _volume_warnings(request: TrainingRequest, corpus: Corpus) -> list[str]:
    if instances.has_local_disk(request.instance_type):
        return []
    if request.volume_gb <= 1:
        return ["Volume size <= 1 GB might not be sufficient for training. Please use a larger volume size."]
    if 2 * corpus.size > request.volume_gb * _GIGABYTE:
        return [
            f"The corpus fills more than half of the volume ({request.volume_gb} GB), which holds the model too. Enlarge instance.volumeGb."
        ]
    return []


def _region_warnings(request: TrainingRequest, environment: LaunchEnvironment) -> list[str]:
    doubt = availability.training_doubt(request.instance_type, images.region_of(environment.image))
    return [doubt] if doubt else []


def needs_labels(mode: str) -> bool:
    """Whether a mode learns from labelled lines."""
    return mode in SUPERVISED
