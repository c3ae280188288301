"""The project's settings: one frozen object, read once from the CDK context (cdk.json or ``-c name=value``)."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Self

from blazingtext_lifecycle import combinations, hyperparameters, images, instances, naming, requests
from blazingtext_lifecycle.errors import ConfigurationError, HyperparameterError

from . import readers
from .log_group import RETENTION
from .readers import Reader


def _setting(default: Any, reader: Reader, meaning: str) -> Any:
    return dataclasses.field(default=default, metadata={"reader": reader, "meaning": meaning})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything one can choose about a stage; a field ``delete_data`` is the context key ``deleteData``."""

    stage: str = _setting(
        naming.DEFAULT_STAGE,
        readers.matching(naming.STAGE_PATTERN, "1 to 12 small letters and digits, a letter first"),
        "name of this copy of the project; stages stand side by side in one account",
    )
    region: str = _setting(
        "",
        readers.choice(images.supported_regions(), f"one of the {len(images.ACCOUNTS)} regions with BlazingText"),
        "region to deploy to; without it, the one that the AWS command line uses",
    )
    training_instance_type: str = _setting(
        "ml.c5.xlarge",
        readers.instance_type("TrainingInstanceType", "an instance type that SageMaker trains on, such as ml.c5.xlarge"),
        "instance that a training job gets unless its request says otherwise",
    )
    training_instance_count: int = _setting(1, readers.whole_number(1, instances.MAXIMUM_COUNT), "number of these instances")
    training_volume_gb: int = _setting(30, readers.whole_number(2, requests.MAXIMUM_VOLUME_GB), "disk of each of them, in GB")
    training_max_runtime_seconds: int = _setting(
        3600, readers.whole_number(1, requests.MAXIMUM_RUNTIME), "how long a job may run before SageMaker stops it, unless its request says"
    )
    training_spot: bool = _setting(False, readers.FLAG, "train on spot instances: cheaper, may be interrupted")
    hyperparameters: Mapping[str, object] = dataclasses.field(
        default_factory=dict,
        metadata={"reader": readers.MAPPING, "meaning": "defaults of the launcher where they differ from BlazingText's; may hold the mode"},
    )
    endpoint_instance_type: str = _setting(
        "ml.m4.xlarge",
        readers.instance_type("ProductionVariantInstanceType", "an instance type that SageMaker hosts on, such as ml.m5.xlarge"),
        "instance of the endpoint",
    )
    endpoint_instance_count: int = _setting(
        1, readers.whole_number(1, 100), "number of these instances; from 2 on, a new model meets one of them first"
    )
    endpoint_bake_seconds: int = _setting(
        300, readers.whole_number(0, 3600), "how long a new model is watched by the rollback alarms before the old one goes"
    )
    delete_data: bool = _setting(True, readers.FLAG, "cdk destroy empties and removes the bucket; false keeps it")
    notification_email: str = _setting("", readers.EMAIL, "who is told about promotions, failures and alarms")
    train_on_upload: bool = _setting(False, readers.FLAG, "start a training job whenever a training file is uploaded")
    auto_promote: bool = _setting(True, readers.FLAG, "put every finished training job that passes the gate into service")
    minimum_mean_rho: float | None = _setting(
        None, readers.threshold(-1), "gate: the least WordSim-353 correlation of word vectors; empty: none"
    )
    minimum_accuracy: float | None = _setting(
        None, readers.threshold(0), "gate: the least validation accuracy of a classifier; empty: none"
    )
    log_retention_days: int = _setting(30, readers.one_of(RETENTION), "how long logs are kept, in days")

    @classmethod
    def from_context(cls, context: Mapping[str, object]) -> Self:
        """The settings that a CDK context holds; what it does not hold has its default.

        Args:
            context: the app's whole context; the CDK's own keys are passed over.

        Raises:
            ConfigurationError: names every unknown key and every wrong value, with what is allowed.
        """
        rows = {key(field): field for field in dataclasses.fields(cls)}
        problems = [_unknown(name, rows) for name in context if name not in rows and not _belongs_to_cdk(name)]
        values, wrong = _read(rows, context)
        settings = cls(**values)
        problems += wrong.values()
        problems += settings._contradictions(frozenset(wrong))
        if problems:
            listed = "\n".join(f"  {problem}" for problem in problems)
            raise ConfigurationError(f"The settings cannot be used. They come from cdk.json and from -c; correct them there:\n{listed}")
        return settings

    @property
    def mode(self) -> str:
        """The training mode of a request that names none."""
        return str(self.hyperparameters.get("mode", combinations.DEFAULT_MODE))

    def _contradictions(self, wrong: frozenset[str]) -> Iterator[str]:
        """What is right by itself and wrong together; settings that are wrong by themselves are not judged again."""
        if not wrong & {"hyperparameters", "trainingInstanceType", "trainingInstanceCount"}:
            yield from self._hyperparameter_problems()
        too_long = self.training_spot and self.training_max_runtime_seconds > requests.MAXIMUM_SPOT_WAIT
        if too_long and not wrong & {"trainingSpot", "trainingMaxRuntimeSeconds"}:
            yield (
                f"trainingMaxRuntimeSeconds: {self.training_max_runtime_seconds} is too long with trainingSpot. SageMaker lets spot jobs "
                f"without checkpoints run {requests.MAXIMUM_SPOT_WAIT} seconds at most, and BlazingText writes none. "
                "Lower it or turn spot off."
            )

    def _hyperparameter_problems(self) -> Iterator[str]:
        try:
            hyperparameters.complete(self.mode, self.hyperparameters, self.training_instance_type, self.training_instance_count)
        except HyperparameterError as error:
            yield from (f"hyperparameters: {line}" for line in str(error).splitlines())


def key(field: dataclasses.Field[Any]) -> str:
    """The context key of a field: its name in camel case."""
    first, *rest = field.name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def check_region(region: str) -> None:
    """Nothing when AWS offers BlazingText in a region, or none is known.

    Raises:
        ConfigurationError: it does not.
    """
    if region:
        images.image_uri(region)


def _belongs_to_cdk(name: str) -> bool:
    """Whether a context key is the CDK's: feature flags, cached look-ups, what its command line passes on."""
    return name.startswith("cdk") or ":" in name or "/" in name


def _unknown(name: str, rows: Mapping[str, object]) -> str:
    hint = readers.nearest(name, rows) or f"The settings are {', '.join(rows)}."
    return f"{name}: there is no such setting. A wrong name would change nothing, silently. {hint}"


def _read(rows: Mapping[str, dataclasses.Field[Any]], context: Mapping[str, object]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values given, by field name, and what is wrong with the others, by context key."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, field in rows.items():
        if name not in context:
            continue
        reader: Reader = field.metadata["reader"]
        try:
            values[field.name] = reader.read(context[name])
        except (KeyError, ValueError):
            hint = reader.hint(context[name])
            wrong[name] = f'{name}: "{context[name]}" cannot be used. It must be {reader.allowed}.{" " if hint else ""}{hint}'
    return values, wrong
