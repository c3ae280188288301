"""The functions' environment variables, as typed objects: the stack writes them with `variables`, the function reads them with `read`.

Values are checked in `read` only: when the stack builds the object they are CDK tokens.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Self, TypeVar

from . import limits, naming, values
from .errors import ConfigurationError, raise_all
from .job_protection import JobProtection
from .limits import Limits

Value = TypeVar("Value")


@dataclass(frozen=True)
class LaunchEnvironment:
    """What `launch_training` knows from its stack.

    Attributes:
        stage: whose jobs it starts.
        bucket: where corpora and artifacts are.
        role_arn: the jobs' execution role.
        image: the BlazingText image of the region.
        instance_type: default instance of a job.
        instance_count: default number of instances.
        volume_gb: default volume, in GB.
        max_runtime_seconds: default limit of a job's running time.
        spot: whether jobs run on spot instances by default.
        hyperparameters: defaults that differ from BlazingText's own; may hold the mode.
        limits: what no job may exceed.
        protection: what every job gets, whatever its request says.
    """

    stage: str
    bucket: str
    role_arn: str
    image: str
    instance_type: str = "ml.c5.xlarge"
    instance_count: int = 1
    volume_gb: int = 30
    max_runtime_seconds: int = 3600
    spot: bool = False
    hyperparameters: Mapping[str, object] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    protection: JobProtection = field(default_factory=JobProtection)

    def variables(self) -> dict[str, str]:
        """The environment variables that carry this object."""
        return {
            "STAGE": self.stage,
            "BUCKET": self.bucket,
            "TRAINING_ROLE_ARN": self.role_arn,
            "TRAINING_IMAGE": self.image,
            "TRAINING_INSTANCE_TYPE": self.instance_type,
            "TRAINING_INSTANCE_COUNT": str(self.instance_count),
            "TRAINING_VOLUME_GB": str(self.volume_gb),
            "TRAINING_MAX_RUNTIME_SECONDS": str(self.max_runtime_seconds),
            "TRAINING_SPOT": "true" if self.spot else "false",
            "HYPERPARAMETERS": json.dumps(dict(self.hyperparameters), sort_keys=True),
            "ALLOWED_INSTANCE_TYPES": " ".join(self.limits.allowed_instance_types),
            "MAXIMUM_TRAINING_INSTANCES": str(self.limits.maximum_training_instances),
            "MAXIMUM_TRAINING_SECONDS": str(self.limits.maximum_training_seconds),
            "MAXIMUM_TRAINING_COST": "" if self.limits.maximum_training_cost is None else str(self.limits.maximum_training_cost),
            **_protection_variables(self.protection),
        }

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """The object that the environment variables carry.

        Raises:
            ConfigurationError: some are missing or wrong; every one is named.
        """
        reader = _Reader(environ)
        found = cls(
            stage=reader.stage(),
            bucket=reader.text("BUCKET"),
            role_arn=reader.text("TRAINING_ROLE_ARN"),
            image=reader.text("TRAINING_IMAGE"),
            instance_type=reader.text("TRAINING_INSTANCE_TYPE"),
            instance_count=reader.count("TRAINING_INSTANCE_COUNT"),
            volume_gb=reader.count("TRAINING_VOLUME_GB"),
            max_runtime_seconds=reader.count("TRAINING_MAX_RUNTIME_SECONDS"),
            spot=reader.flag("TRAINING_SPOT"),
            hyperparameters=reader.json_object("HYPERPARAMETERS"),
            limits=reader.limits(),
            protection=reader.protection(),
        )
        raise_all(reader.problems)
        return found


class AutoPromote(StrEnum):
    """Which finished jobs that pass the gate go live by themselves; none replaces a model of another kind."""

    NEVER = "never"
    BETTER = "better"
    ALWAYS = "always"


class Approval(StrEnum):
    """Who lets a model through that could go live: nobody has to, or a person in the model registry."""

    NONE = "none"
    MANUAL = "manual"


@dataclass(frozen=True)
class PromoteEnvironment:
    """What `promote_model` knows from its stack.

    Attributes:
        stage: whose jobs it promotes, and into whose serving stack.
        bucket: where artifacts are.
        topic_arn: where it tells people what it did.
        queue_url: the queue whose messages it works on.
        dead_letter_queue_url: where messages go that can never be worked on.
        serving_update_arn: the state machine that updates the serving stack.
        minimum_mean_rho: the least ``train:mean_rho`` of a Word2Vec model; None: no gate.
        minimum_accuracy: the least ``validation:accuracy`` of a classifier; None: no gate.
        auto_promote: whether a model has to be better than the live one.
        model_package_group: where finished jobs are registered, to be approved by a person; ``""``: they go live by themselves.
        key_arn: the KMS key of what is registered; ``""``: AWS's own.
    """

    stage: str
    bucket: str
    topic_arn: str
    queue_url: str
    dead_letter_queue_url: str
    serving_update_arn: str
    minimum_mean_rho: float | None = None
    minimum_accuracy: float | None = None
    auto_promote: AutoPromote = AutoPromote.BETTER
    model_package_group: str = ""
    key_arn: str = ""

    def variables(self) -> dict[str, str]:
        """The environment variables that carry this object."""
        return {
            "STAGE": self.stage,
            "BUCKET": self.bucket,
            "TOPIC_ARN": self.topic_arn,
            "QUEUE_URL": self.queue_url,
            "DEAD_LETTER_QUEUE_URL": self.dead_letter_queue_url,
            "SERVING_UPDATE_ARN": self.serving_update_arn,
            "MINIMUM_MEAN_RHO": "" if self.minimum_mean_rho is None else str(self.minimum_mean_rho),
            "MINIMUM_ACCURACY": "" if self.minimum_accuracy is None else str(self.minimum_accuracy),
            "AUTO_PROMOTE": str(self.auto_promote),
            **({"MODEL_PACKAGE_GROUP": self.model_package_group} if self.model_package_group else {}),
            **({"KMS_KEY_ARN": self.key_arn} if self.key_arn else {}),
        }

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """The object that the environment variables carry.

        Raises:
            ConfigurationError: some are missing or wrong; every one is named.
        """
        reader = _Reader(environ)
        found = cls(
            stage=reader.stage(),
            bucket=reader.text("BUCKET"),
            topic_arn=reader.text("TOPIC_ARN"),
            queue_url=reader.text("QUEUE_URL"),
            dead_letter_queue_url=reader.text("DEAD_LETTER_QUEUE_URL"),
            serving_update_arn=reader.text("SERVING_UPDATE_ARN"),
            minimum_mean_rho=reader.threshold("MINIMUM_MEAN_RHO", -1.0),
            minimum_accuracy=reader.threshold("MINIMUM_ACCURACY", 0.0),
            auto_promote=reader.auto_promote(),
            model_package_group=environ.get("MODEL_PACKAGE_GROUP", ""),
            key_arn=environ.get("KMS_KEY_ARN", ""),
        )
        raise_all(reader.problems)
        return found


def _protection_variables(protection: JobProtection) -> dict[str, str]:
    """What is on, and nothing else: without a company's settings the function has the variables that it always had."""
    written = {
        "KMS_KEY_ARN": protection.key_arn,
        "VPC_CONFIG": json.dumps(dict(protection.vpc), sort_keys=True) if protection.vpc else "",
        "NETWORK_ISOLATION": "true" if protection.network_isolation else "",
        "TRAFFIC_ENCRYPTION": "true" if protection.traffic_encryption else "",
        "JOB_TAGS": json.dumps(dict(protection.tags), sort_keys=True) if protection.tags else "",
    }
    return {name: value for name, value in written.items() if value}


class _Reader:
    """Reads variables one by one and remembers what is wrong with them; a wrong one reads as a harmless value."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[ConfigurationError] = []

    def text(self, name: str) -> str:
        return self._read(name, str, "a value", "")

    def stage(self) -> str:
        value = self.text("STAGE")
        if value and not naming.STAGE_PATTERN.fullmatch(value):
            self._problem("STAGE", f'is "{value}"', naming.STAGE_RULE)
        return value

    def auto_promote(self) -> AutoPromote:
        return self._read("AUTO_PROMOTE", AutoPromote, "never, better or always", AutoPromote.NEVER)

    def count(self, name: str) -> int:
        return self._read(name, partial(values.whole_number, minimum=1), "a whole number from 1", 1)

    def flag(self, name: str) -> bool:
        return self._read(name, values.boolean, "true or false", False)

    def json_object(self, name: str) -> dict[str, object]:
        return self._read(name, values.json_object, "a JSON object", {})

    def limits(self) -> Limits:
        return Limits(
            allowed_instance_types=self.patterns("ALLOWED_INSTANCE_TYPES"),
            maximum_training_instances=self.count("MAXIMUM_TRAINING_INSTANCES"),
            maximum_training_seconds=self.count("MAXIMUM_TRAINING_SECONDS"),
            maximum_training_cost=self.dollars("MAXIMUM_TRAINING_COST"),
        )

    def protection(self) -> JobProtection:
        tags: dict[str, object] = self._optional("JOB_TAGS", self.json_object, {})
        return JobProtection(
            key_arn=self._environ.get("KMS_KEY_ARN", ""),
            vpc=self._optional("VPC_CONFIG", self.json_object, {}),
            network_isolation=self._optional("NETWORK_ISOLATION", self.flag, False),
            traffic_encryption=self._optional("TRAFFIC_ENCRYPTION", self.flag, False),
            tags={key: str(value) for key, value in tags.items()},
        )

    def _optional(self, name: str, read: Callable[[str], Value], otherwise: Value) -> Value:
        return read(name) if name in self._environ else otherwise

    def patterns(self, name: str) -> tuple[str, ...]:
        """Instance types between spaces; a wrong one stays, and matches nothing: a limit that cannot be read allows less, not more."""
        found = tuple(self._environ.get(name, "").split())
        wrong = [each for each in found if not limits.PATTERN.fullmatch(each)]
        if wrong:
            self._problem(name, f'holds "{wrong[0]}"', "empty, or instance types such as ml.c5.*")
        return found

    def dollars(self, name: str) -> float | None:
        if not self._environ.get(name):
            return None
        return self._read(name, lambda text: values.number(text, 0), "empty, or a number from 0", 0.0)

    def threshold(self, name: str, minimum: float) -> float | None:
        if not self._environ.get(name):
            return None
        return self._read(name, lambda text: values.number(text, minimum, 1), f"empty, or a number from {minimum:g} to 1", None)

    def _read(self, name: str, parse: Callable[[str], Value], allowed: str, otherwise: Value) -> Value:
        text = self._environ.get(name)
        if not text:
            self._problem(name, "is not set", allowed)
            return otherwise
        try:
            return parse(text)
        except ValueError:
            self._problem(name, f'is "{text}"', allowed)
        return otherwise

    def _problem(self, name: str, what: str, allowed: str) -> None:
        self.problems.append(
            ConfigurationError(f"{name} {what}. The function takes its settings from its stack. It must be {allowed}: deploy again.")
        )
