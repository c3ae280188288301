"""The settings of a stage: one frozen object, made in Python or read from the CDK context (cdk.json or ``-c name=value``)."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Self

from blazingtext_lifecycle import images, instances, naming, requests
from blazingtext_lifecycle.environments import Approval, AutoPromote, LaunchEnvironment
from blazingtext_lifecycle.errors import ConfigurationError
from blazingtext_lifecycle.limits import Limits
from blazingtext_lifecycle.suggestions import did_you_mean

from . import schedule_rules, setting_types
from .contradictions import contradictions
from .log_group import RETENTION
from .rollout import Shift
from .setting_types import SettingType


def _setting(default: Any, type_: SettingType, meaning: str) -> Any:
    return dataclasses.field(default=default, metadata={"type": type_, "meaning": meaning})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything one can choose about a stage; a field ``delete_data`` is the context key ``deleteData``.

    Raises:
        ConfigurationError: names every wrong value, with what is allowed.
    """

    stage: str = _setting(
        naming.DEFAULT_STAGE,
        setting_types.matching(naming.STAGE_PATTERN, naming.STAGE_RULE),
        "name of this copy of the project; stages stand side by side in one account",
    )
    region: str = _setting(
        "",
        setting_types.region(images.supported_regions(), f"empty, or one of the {len(images.ACCOUNTS)} regions with BlazingText"),
        "region to deploy to; without it, the one that the AWS command line uses",
    )
    training_instance_type: str = _setting(
        LaunchEnvironment.instance_type,
        setting_types.instance_type("TrainingInstanceType", "an instance type that SageMaker trains on, such as ml.c5.xlarge"),
        "instance that a training job gets unless its request says otherwise",
    )
    training_instance_count: int = _setting(
        LaunchEnvironment.instance_count, setting_types.whole_number(1, instances.MAXIMUM_COUNT), "number of these instances"
    )
    training_volume_gb: int = _setting(
        LaunchEnvironment.volume_gb, setting_types.whole_number(2, requests.MAXIMUM_VOLUME_GB), "disk of each of them, in GB"
    )
    training_max_runtime_seconds: int = _setting(
        LaunchEnvironment.max_runtime_seconds,
        setting_types.whole_number(1, requests.MAXIMUM_RUNTIME),
        "how long a job may run before SageMaker stops it, unless its request says",
    )
    training_spot: bool = _setting(LaunchEnvironment.spot, setting_types.FLAG, "train on spot instances: cheaper, may be interrupted")
    hyperparameters: Mapping[str, object] = dataclasses.field(
        default_factory=dict,
        metadata={
            "type": setting_types.JSON_OBJECT,
            "meaning": "defaults of the launcher where they differ from BlazingText's; may hold the mode",
        },
    )
    allowed_instance_types: tuple[str, ...] = _setting(
        (), setting_types.instance_patterns(), "limit: the types that a training job, and the endpoint, may have; empty: all"
    )
    maximum_training_instances: int = _setting(
        4,
        setting_types.whole_number(1, instances.MAXIMUM_COUNT),
        "limit: the most instances that a training request may ask for, or that the jobs of a tuning job have at once",
    )
    maximum_training_seconds: int = _setting(
        86_400, setting_types.whole_number(1, requests.MAXIMUM_RUNTIME), "limit: the longest that a training request may let its job run"
    )
    maximum_training_cost: float | None = _setting(
        None,
        setting_types.dollars(),
        "limit: US dollars of one training job that runs as long as it may, or of all of a tuning job; without a known price it is refused "
        "then; empty: none",
    )
    source_buckets: tuple[str, ...] = _setting(
        (),
        setting_types.BUCKETS,
        "buckets whose raw text `blazingtext corpus prepare --on aws` may read, beside `raw/` of the stage's own",
    )
    endpoint_instance_type: str = _setting(
        "ml.m4.xlarge",
        setting_types.instance_type("ProductionVariantInstanceType", "an instance type that SageMaker hosts on, such as ml.m5.xlarge"),
        "instance of the endpoint",
    )
    endpoint_instance_count: int = _setting(
        1, setting_types.whole_number(1, 100), "number of these instances; from 2 on, a new model meets one of them first"
    )
    endpoint_maximum_instances: int | None = _setting(
        None,
        setting_types.optional_whole_number(1, 100),
        "the most of these instances; more than `endpointInstanceCount`: their number follows the load between the two; empty: it stays",
    )
    endpoint_target_invocations: int = _setting(
        1000,
        setting_types.whole_number(1, 1_000_000),
        "how many invocations a minute each instance is to have while their number follows the load",
    )
    endpoint_rollout: Shift = _setting(  # noqa: RUF009 - as its neighbours; ruff takes any class for a mutable type
        Shift.CANARY,
        setting_types.choice(Shift),
        "how a new model takes over from two instances on: some instances meet the traffic first, or it moves step by step",
    )
    endpoint_rollout_percent: int | None = _setting(
        None,
        setting_types.optional_whole_number(10, 50),
        "how many instances meet it first, or in each step, in percent; empty: one instance, or steps of 25",
    )
    serverless_memory_mb: int | None = _setting(
        None,
        setting_types.optional_one_of(range(1024, 6145, 1024)),
        "memory of a serverless endpoint, which has no instances and bills by the request; empty: the endpoint has instances",
    )
    serverless_max_concurrency: int = _setting(
        5, setting_types.whole_number(1, 200), "how many requests a serverless endpoint answers at a time; more are refused"
    )
    endpoint_bake_seconds: int = _setting(
        300, setting_types.whole_number(0, 3600), "how long a new model is watched by the rollback alarms before the old one goes"
    )
    data_capture_percent: int = _setting(
        0, setting_types.whole_number(0, 100), "how many of the endpoint's requests are kept in the bucket with their answers, in percent"
    )
    data_capture_days: int = _setting(30, setting_types.whole_number(1, 3650), "how long they are kept, in days")
    shadow_percent: int | None = _setting(
        None,
        setting_types.optional_whole_number(1, 100),
        "how many of the endpoint's requests are copied to a shadow, in percent: a run that `blazingtext shadow` tries beside the live "
        "model, on instances of its own; empty: none can be",
    )
    shadow_instance_count: int | None = _setting(
        None, setting_types.optional_whole_number(1, 100), "number of the shadow's instances; empty: as `endpointInstanceCount`"
    )
    pause_schedule: str = _setting("", schedule_rules.CRON, "when the endpoint pauses by itself, and its bill ends; empty: by hand only")
    resume_schedule: str = _setting(
        "", schedule_rules.CRON, "when it resumes by itself, with the model that is live then; empty: by hand only"
    )
    schedule_time_zone: str = _setting("UTC", schedule_rules.TIME_ZONE, "whose clock these two mean, daylight saving time included")
    idle_alarm_hours: int | None = _setting(
        None, schedule_rules.IDLE_HOURS, "an alarm when the endpoint was there for so many hours and nobody called it; empty: none"
    )
    delete_data: bool = _setting(False, setting_types.FLAG, "cdk destroy empties and removes the bucket, and deletes the records of jobs")
    termination_protection: bool = _setting(False, setting_types.FLAG, "CloudFormation refuses to delete the stacks until this is false")
    notification_email: str = _setting("", setting_types.EMAIL, "who is told about promotions, failures and alarms")
    monthly_budget: float | None = _setting(
        None,
        setting_types.dollars(1),
        "US dollars a month for SageMaker in the whole account: the topic hears of 80 % and 100 % spent and 100 % expected; empty: none",
    )
    train_on_upload: bool = _setting(
        False,
        setting_types.FLAG,
        "start a training job when a corpus is complete: `corpora/<name>/complete.json` was written, which `blazingtext upload` does last",
    )
    auto_promote: AutoPromote = _setting(  # noqa: RUF009 - as its neighbours; ruff takes any class for a mutable type
        AutoPromote.BETTER,
        setting_types.AUTO_PROMOTE,
        "which finished training jobs that pass the gate go into service by themselves: those better than the live model, or all; "
        "none replaces a model of another kind",
    )
    approval: Approval = _setting(  # noqa: RUF009 - as above
        Approval.NONE,
        setting_types.APPROVAL,
        "who lets those models through: manual registers every finished run in the SageMaker Model Registry, where a person approves it",
    )
    minimum_mean_rho: float | None = _setting(
        None, setting_types.threshold(-1), "gate: the least WordSim-353 correlation of word vectors; empty: none"
    )
    minimum_accuracy: float | None = _setting(
        None, setting_types.threshold(0), "gate: the least validation accuracy of a classifier; empty: none"
    )
    notebook_role: bool = _setting(False, setting_types.FLAG, "a role for people with the SageMaker SDK, bounded to this stage")
    log_retention_days: int = _setting(30, setting_types.one_of(RETENTION), "how long logs are kept, in days")

    kms_key: str = _setting(
        "",
        setting_types.KMS_KEY,
        "key of data, volumes, logs, queues and topic: yours, or one that is made; empty: AWS's own",
    )
    vpc_subnets: tuple[str, ...] = _setting((), setting_types.SUBNETS, "subnets in which jobs and endpoint have their network interfaces")
    vpc_security_groups: tuple[str, ...] = _setting((), setting_types.SECURITY_GROUPS, "security groups of these network interfaces")
    training_network_isolation: bool = _setting(False, setting_types.FLAG, "the containers of training jobs have no network")
    training_traffic_encryption: bool = _setting(
        False, setting_types.FLAG, "what the instances of one training job send each other is encrypted; slower"
    )
    permissions_boundary: str = _setting("", setting_types.MANAGED_POLICY, "the permissions boundary of every role of the stacks")
    tags: Mapping[str, str] = dataclasses.field(
        default_factory=dict,
        metadata={"type": setting_types.TAGS, "meaning": "your own tags, on everything that takes tags, training jobs included"},
    )
    access_log_bucket: str = _setting(
        "", setting_types.BUCKET, "your bucket for the access logs of the stage's; empty: none, CloudTrail's data events tell the same"
    )
    dashboard: bool = _setting(False, setting_types.FLAG, "a CloudWatch dashboard: trainings, quality, endpoint, errors; 3 USD a month")
    people_policies: bool = _setting(
        False, setting_types.FLAG, "managed policies for people: read-only, data scientist, operator; for you to attach"
    )
    github_repository: str = _setting(
        "",
        setting_types.REPOSITORY,
        "whose workflows may deploy the stage: adds the stack Delivery with two roles; empty: none",
    )

    def __post_init__(self) -> None:
        values, problems = _check({field.name: getattr(self, field.name) for field in dataclasses.fields(self)}, str)
        raise_all("The settings cannot be used. Correct these arguments:", problems)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def limits(self) -> Limits:
        """What no training job may exceed."""
        return Limits(
            self.allowed_instance_types, self.maximum_training_instances, self.maximum_training_seconds, self.maximum_training_cost
        )

    @property
    def shadow_instances(self) -> int:
        """How many instances a shadow has, where one is allowed."""
        return self.endpoint_instance_count if self.shadow_instance_count is None else self.shadow_instance_count

    @classmethod
    def from_context(cls, context: Mapping[str, object]) -> Self:
        """The settings that a CDK context holds; what it does not hold has its default.

        Args:
            context: the app's whole context; the CDK's own keys are passed over.

        Raises:
            ConfigurationError: names every unknown key and every wrong value, with what is allowed.
        """
        values, problems = check_keys({key: value for key, value in context.items() if not belongs_to_cdk(key)}, str)
        raise_all("The settings cannot be used. They come from cdk.json and from -c; correct them there:", problems)
        return cls(**values)


def check_keys(given: Mapping[str, object], spell: Callable[[str], str]) -> tuple[dict[str, Any], list[str]]:
    """The values of the fields that context keys name, and everything that is wrong with them.

    Args:
        given: raw values, by context key.
        spell: how to write a key in a message.
    """
    names = {context_key(field.name): field.name for field in dataclasses.fields(Settings)}
    unknown = [_unknown(key, names, spell) for key in given if key not in names]
    values, problems = _check({name: given[key] for key, name in names.items() if key in given}, lambda name: spell(context_key(name)))
    return values, unknown + problems


def context_key(name: str) -> str:
    """The context key of a field: its name in camel case."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def belongs_to_cdk(key: str) -> bool:
    """Whether a context key is the CDK's: feature flags, cached look-ups, what its command line passes on."""
    return key.startswith("cdk") or ":" in key or "/" in key


def _unknown(key: str, known: Mapping[str, str], spell: Callable[[str], str]) -> str:
    hint = did_you_mean(key, known) or f"The settings are {', '.join(known)}."
    return f"{spell(key)}: there is no such setting. A wrong name would change nothing, silently. {hint}"


def raise_all(heading: str, problems: list[str]) -> None:
    """Does nothing when there is no problem.

    Raises:
        ConfigurationError: names all of them.
    """
    if problems:
        raise ConfigurationError("\n".join([heading, *(f"  {problem}" for problem in problems)]))


def _check(given: Mapping[str, object], spell: Callable[[str], str]) -> tuple[dict[str, Any], list[str]]:
    """The values of the fields given, and everything that is wrong.

    Args:
        given: raw values, by field.
        spell: how to write a field's name in a message.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    defaults = {}
    for field in dataclasses.fields(Settings):
        defaults[field.name] = {} if field.default is dataclasses.MISSING else field.default
        if field.name not in given:
            continue
        raw = given[field.name]
        try:
            # The default itself needs no check; most checks of instance types would read SageMaker's whole service model.
            values[field.name] = raw if raw is field.default else field.metadata["type"].parse(raw)
        except ValueError:
            wrong[field.name] = f"{spell(field.name)}: {field.metadata['type'].refusal(raw)}"
    return values, [*wrong.values(), *contradictions({**defaults, **values}, wrong.keys(), spell)]
