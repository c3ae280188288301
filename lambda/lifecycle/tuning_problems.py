"""What AWS refuses of a tuning job besides its training jobs and ranges: strategy, numbers, objective, warm start. Pure.

Sources: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobConfig.html (early stopping and Hyperband),
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-how-it-works.html (Grid takes categorical ranges and tries all of
them; Hyperband spreads epochs), https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-warm-start.html (parents).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from . import naming, training_jobs
from .corpora import Corpus
from .errors import RequestError
from .tuning_ranges import Range
from .tuning_requests import MAXIMUM_JOBS, TuningRequest

# The hyperparameter by which SageMaker tells a training job that it is tuned; it is in what a parent describes, and nobody's choice.
OBJECTIVE_HYPERPARAMETER = "_tuning_objective_metric"
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperbandStrategyConfig.html
MAXIMUM_EPOCHS = 20_000


@dataclass(frozen=True)
class Parent:
    """An earlier tuning job.

    Attributes:
        name: its name.
        status: its status; ``""`` when there is none of that name.
        objective: the metric it maximised.
        hyperparameters: the names of those that it fixed or searched.
        jobs: how many training jobs it had.
        corpus_hash: what its corpus was.
    """

    name: str
    status: str = ""
    objective: str = ""
    hyperparameters: frozenset[str] = frozenset()
    jobs: int = 0
    corpus_hash: str = ""


def of(request: TuningRequest, static: Mapping[str, str], corpus: Corpus, parents: Sequence[Parent]) -> list[RequestError]:
    """Every such problem.

    Args:
        request: what is asked for.
        static: the hyperparameters that stay as they are; empty when they are wrong.
        corpus: what lies in the bucket.
        parents: the tuning jobs that it is to learn from, as they are.
    """
    found = [*_objective(request, static, corpus), *_strategy(request, static), *_parents(request, static, parents)]
    return [RequestError(problem) for problem in found]


def _objective(request: TuningRequest, static: Mapping[str, str], corpus: Corpus) -> Iterator[str]:
    """Why the training jobs would report no objective."""
    if static.get("evaluation") == "False":
        yield (
            "evaluation is False, and a tuning job of word vectors compares train:mean_rho, which the evaluation gives. "
            "Set evaluation to True, or leave it out."
        )
    if not request.of_vectors and corpus.channels and naming.VALIDATION not in corpus.channels:
        yield (
            "The corpus has no validation part, and a tuning job of classifiers compares validation:accuracy. "
            "Upload it with --validation FILE."
        )


def _strategy(request: TuningRequest, static: Mapping[str, str]) -> Iterator[str]:
    """What AWS refuses of strategy and numbers."""
    if request.strategy == "Grid":
        yield from _grid(request)
    elif request.ranges and request.most_jobs > request.combinations:
        yield (
            f"tuning.maxJobs: {request.most_jobs} training jobs are more than there are combinations of values "
            f"({request.combinations:.0f}). SageMaker tries none twice. Lower it, or widen the ranges."
        )
    if request.strategy == "Hyperband":
        yield from _hyperband(request, static)


def _grid(request: TuningRequest) -> Iterator[str]:
    between = [each.name for each in request.ranges if isinstance(each, Range)]
    if between:
        ranges = "is a range" if len(between) == 1 else "are ranges"
        yield (
            f"tuning.strategy: Grid takes lists only, and {', '.join(between)} {ranges}. "
            "It tries every combination. Write the values as a list, such as [5, 10, 15]."
        )
    elif request.combinations > MAXIMUM_JOBS:
        yield (
            f"tuning.ranges: the grid has {request.combinations:.0f} combinations. SageMaker trains {MAXIMUM_JOBS} at most. "
            "Shorten the lists."
        )
    elif request.jobs not in {None, request.combinations}:
        yield f"tuning.maxJobs: {request.jobs} is not allowed. Grid trains every combination, {request.combinations:.0f}. Leave it out."


def _hyperband(request: TuningRequest, static: Mapping[str, str]) -> Iterator[str]:
    if request.early_stopping:
        yield "tuning.earlyStopping: Hyperband stops jobs by a rule of its own. SageMaker takes no other with it. Leave it out."
    if any(each.name == "epochs" for each in request.ranges):
        yield (
            "tuning.ranges.epochs: Hyperband itself decides how many epochs a job gets, up to the fixed number. "
            "Fix epochs in hyperparameters, or take another strategy."
        )
    elif int(static.get("epochs", 1)) > MAXIMUM_EPOCHS:
        yield f"epochs: {static['epochs']} is too many. Hyperband spreads {MAXIMUM_EPOCHS:,} at most. Lower it, or take another strategy."


def _parents(request: TuningRequest, static: Mapping[str, str], parents: Sequence[Parent]) -> Iterator[str]:
    """Why nothing can be learnt from earlier tuning jobs."""
    if parents and request.strategy not in {"Bayesian", "Random"}:
        yield f"tuning.warmStart: {request.strategy} learns nothing from earlier jobs. Bayesian does. Change the strategy, or leave it out."
        return
    own = {*static, *(each.name for each in request.ranges)}
    for parent in parents:
        if parent.status not in training_jobs.TERMINAL:
            state = f"is {parent.status}" if parent.status else "does not exist"
            yield f"tuning.warmStart: {parent.name} {state}. Only a tuning job that has ended can be learnt from. Wait, or name another."
        elif parent.objective != request.objective:
            yield (
                f"tuning.warmStart: {parent.name} maximised {parent.objective}, and this one is to maximise {request.objective}. "
                "SageMaker compares like with like only. Name another."
            )
        elif static and parent.hyperparameters != own:
            yield (
                f"tuning.warmStart: {parent.name} and this one do not fix and search the same hyperparameters: "
                f"{', '.join(sorted(parent.hyperparameters ^ own))}. SageMaker asks for that. Fix or search what one of them lacks."
            )
    total = sum(parent.jobs for parent in parents) + request.most_jobs
    if parents and total > MAXIMUM_JOBS:
        yield (
            f"tuning.maxJobs: with those of its parents there would be {total} training jobs. SageMaker counts up to {MAXIMUM_JOBS}. "
            "Lower it, or name fewer parents."
        )
