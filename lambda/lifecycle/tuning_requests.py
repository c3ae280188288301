"""What a tuning event asks for: a launch event with a section ``tuning``, read completely. Pure.

The event is documented in ``lambda/README.md``.
Source of the limits: https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from . import naming, requests, tuning_names, tuning_ranges, values
from .combinations import MODES, SUPERVISED
from .environments import LaunchEnvironment
from .errors import UserError
from .event_reader import EventReader
from .job_kinds import TUNING
from .requests import TrainingRequest
from .tuning_ranges import Choice, Range

KEY = "tuning"
TUNING_KEYS = ("ranges", "strategy", "maxJobs", "parallelJobs", "earlyStopping", "warmStart", "seed")
STRATEGIES = ("Bayesian", "Random", "Grid", "Hyperband")
MAXIMUM_JOBS = 750
MAXIMUM_PARALLEL_JOBS = 10
MAXIMUM_RANGES = 30
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobWarmStartConfig.html
MAXIMUM_PARENTS = 5
DEFAULT_JOBS = 10
DEFAULT_PARALLEL_JOBS = 2
_LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class TuningRequest:
    """One request to tune, defaults filled in.

    Attributes:
        training: what all its training jobs have; its hyperparameters are those that stay as they are.
        modes: the modes that are searched, or the only one.
        ranges: what is searched.
        strategy: one of `STRATEGIES`.
        jobs: how many training jobs there may be; None: as many as the grid has combinations.
        parallel: how many of them at once.
        early_stopping: whether SageMaker may stop jobs that are not promising.
        parents: earlier tuning jobs to learn from.
        seed: where chance begins; None: anywhere.
    """

    training: TrainingRequest
    modes: tuple[str, ...]
    ranges: tuple[Range | Choice, ...]
    strategy: str
    jobs: int | None
    parallel: int
    early_stopping: bool
    parents: tuple[str, ...]
    seed: int | None

    @property
    def combinations(self) -> float:
        """How many different sets of values there are."""
        count = 1.0
        for each in self.ranges:
            count *= each.combinations
        return count

    @property
    def most_jobs(self) -> int:
        """How many training jobs there may be; a grid has as many as combinations."""
        if self.jobs is not None:
            return self.jobs
        return int(min(self.combinations, MAXIMUM_JOBS))

    @property
    def of_vectors(self) -> bool:
        """Whether it is word vectors that are tuned, and not classifiers."""
        return not set(self.modes) <= SUPERVISED

    @property
    def objective(self) -> str:
        """The metric that is maximised: BlazingText has one for word vectors and one for classifiers."""
        return "train:mean_rho" if self.of_vectors else "validation:accuracy"


def read(payload: object, environment: LaunchEnvironment) -> tuple[TuningRequest, list[UserError]]:
    """The request in an event, and everything that is wrong with it; a wrong part reads as its default.

    Args:
        payload: a tuning event, which may be any JSON.
        environment: the defaults.
    """
    reader = EventReader()
    event = payload if isinstance(payload, Mapping) else {}
    tuning = reader.section(event, KEY, TUNING_KEYS)
    given = reader.section(tuning, "ranges", None)
    searched = tuning_ranges.searched_modes(given)
    training, problems = requests.read(
        _with_mode(event, searched) if isinstance(payload, Mapping) else payload, environment, (KEY,), TUNING
    )
    ranges, wrong = tuning_ranges.read(searched[0] if searched else training.mode, given) if training.mode in MODES else ([], [])
    fixed = _fixed(reader, event, given, training)
    strategy = _strategy(reader, tuning)
    jobs = _jobs(reader, tuning, strategy)
    request = TuningRequest(
        training=replace(training, hyperparameters=fixed),
        modes=tuple(searched) or (training.mode,),
        ranges=tuple(ranges),
        strategy=strategy,
        jobs=jobs,
        parallel=_parallel(reader, tuning, jobs, training, environment),
        early_stopping=reader.flag(tuning, "earlyStopping", False),
        parents=_parents(reader, tuning, environment.stage),
        seed=_seed(reader, tuning),
    )
    _count(reader, given)
    return request, [*problems, *reader.problems, *wrong]


def _with_mode(event: Mapping[str, object], searched: list[str]) -> Mapping[str, object]:
    """An event whose defaults are those of the first of the modes that are searched; to fix a mode beside them is refused elsewhere."""
    return {**event, "mode": searched[0]} if searched else event


def _fixed(reader: EventReader, event: Mapping[str, object], given: Mapping[str, object], training: TrainingRequest) -> dict[str, object]:
    """The hyperparameters that stay as they are; a range goes before a default of the stage, and not before what the event says."""
    typed = event.get("hyperparameters", {})
    typed = typed if isinstance(typed, Mapping) else {}
    for name in sorted(set(given) & ({*typed, "mode"} if "mode" in event else set(typed))):
        reader.problem(f"{name} is both fixed and searched. A training job has one value of it. Leave it out here, or in tuning.ranges.")
    return {name: value for name, value in training.hyperparameters.items() if name not in given}


def _strategy(reader: EventReader, tuning: Mapping[str, object]) -> str:
    strategy = tuning.get("strategy", STRATEGIES[0])
    if strategy in STRATEGIES:
        return str(strategy)
    reader.problem(f"tuning.strategy: {values.shown(strategy)} is none of SageMaker's. Give {', '.join(STRATEGIES)}.")
    return STRATEGIES[0]


def _jobs(reader: EventReader, tuning: Mapping[str, object], strategy: str) -> int | None:
    if strategy == "Grid" and "maxJobs" not in tuning:
        return None
    return reader.number(tuning, "tuning.maxJobs", DEFAULT_JOBS, MAXIMUM_JOBS)


def _parallel(
    reader: EventReader, tuning: Mapping[str, object], jobs: int | None, training: TrainingRequest, environment: LaunchEnvironment
) -> int:
    """How many jobs at once; by default no more than the stage's limit on instances has room for."""
    room = max(1, environment.limits.maximum_training_instances // training.instance_count)
    default = min(DEFAULT_PARALLEL_JOBS, room, DEFAULT_PARALLEL_JOBS if jobs is None else jobs)
    parallel = reader.number(tuning, "tuning.parallelJobs", default, MAXIMUM_PARALLEL_JOBS)
    if jobs is not None and parallel > jobs:
        reader.problem(f"tuning.parallelJobs: {parallel} at once are more than there may be ({jobs}). Lower it, or raise tuning.maxJobs.")
    return parallel


def _parents(reader: EventReader, tuning: Mapping[str, object], stage: str) -> tuple[str, ...]:
    wish = tuning.get("warmStart", [])
    names = [wish] if isinstance(wish, str) else wish
    if not isinstance(names, list) or len(names) > MAXIMUM_PARENTS or not all(isinstance(each, str) for each in names):
        reader.problem(
            f"tuning.warmStart: {values.shown(wish)} is not allowed. It holds 1 to {MAXIMUM_PARENTS} names of tuning jobs. "
            f"{naming.command('tunings', stage)} lists them."
        )
        return ()
    for name in names:
        if not tuning_names.is_name(name) or not name.startswith(naming.job_prefix(stage)):
            reader.problem(
                f'tuning.warmStart: "{values.cut(name)}" is no tuning job of stage {stage}. Their names begin with '
                f"{naming.job_prefix(stage)} and have 32 characters at most. {naming.command('tunings', stage)} lists them."
            )
    return tuple(names)


def _seed(reader: EventReader, tuning: Mapping[str, object]) -> int | None:
    wish = tuning.get("seed")
    if wish is None or (isinstance(wish, int) and not isinstance(wish, bool) and 0 <= wish <= _LARGEST_SEED):
        return None if wish is None else int(wish)
    reader.problem(
        f"tuning.seed: {values.shown(wish)} is not allowed. It is a whole number from 0 to {_LARGEST_SEED}. Leave it out for any."
    )
    return None


def _count(reader: EventReader, given: Mapping[str, object]) -> None:
    """Refuses a search for nothing, and one for more than SageMaker's most."""
    if not given:
        reader.problem(
            'tuning.ranges: nothing is searched. A tuning job tries values of hyperparameters. Write {"learning_rate": {"from": 0.005, '
            '"to": 0.01}}, or train without tuning.'
        )
    if len(given) > MAXIMUM_RANGES:
        reader.problem(f"tuning.ranges: {len(given)} hyperparameters are too many. SageMaker searches {MAXIMUM_RANGES} at most. Fix some.")
