"""One tuning job from its first training job to its end."""

from __future__ import annotations

import itertools
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from .. import events
from ..api import tagging
from ..api.contract import Parameters
from ..api.errors import AwsError, ResourceLimitExceeded
from ..cloud import Cloud
from ..job_lifecycle import INTERNAL_ERROR, finish
from ..training.record import TrainingJob
from .plans import Plan, epochs, number_of_jobs
from .record import Trial, TuningJob
from .searches import BayesianSearch, GridSearch, RandomSearch, Search
from .stopping import MedianStopping, NeverStop, Stopping, SuccessiveHalving

logger = logging.getLogger("sandbox.sagemaker")

#: How often a running tuning job looks at its training jobs.
_POLL_SECONDS: Final = 0.1
#: A tuning job fails when so many training jobs have ended and none counts.
FIRST_ATTEMPTS: Final = 5
#: A job improves the objective when it is better than the best before by this share of it.
_IMPROVEMENT: Final = 0.01

Launch = Callable[[Parameters], TrainingJob]
Stop = Callable[[TrainingJob], None]


@dataclass(frozen=True)
class Branch:
    """One training job definition of a running tuning job: where its values come from, and which of its jobs are stopped."""

    plan: Plan
    search: Search
    stopping: Stopping

    @classmethod
    def of(cls, plan: Plan, config: Parameters, random: np.random.Generator) -> Branch:
        """The branch of a plan by the strategy of its tuning job."""
        strategy, stopping = (
            config["Strategy"],
            NeverStop() if config.get("TrainingJobEarlyStoppingType", "Off") == "Off" else MedianStopping(),
        )
        if strategy == "Grid":
            return cls(plan, GridSearch(plan.space), stopping)
        if strategy == "Bayesian":
            return cls(plan, BayesianSearch(plan.space, random), stopping)
        if strategy == "Hyperband":
            return cls(plan, RandomSearch(plan.space, random), SuccessiveHalving(*epochs(config, plan)))
        return cls(plan, RandomSearch(plan.space, random), stopping)


class Tuner:
    """Runs one tuning job.

    Args:
        cloud: the account it runs in.
        job: its record.
        plans: its training job definitions.
        launch: starts a training job; it acts as the service.
        stop: stops one.
    """

    def __init__(self, cloud: Cloud, job: TuningJob, plans: list[Plan], launch: Launch, stop: Stop) -> None:
        self._cloud, self._job, self._launch, self._stop = cloud, job, launch, stop
        self._config: Parameters = job.request["HyperParameterTuningJobConfig"]
        seed = self._config.get("RandomSeed")
        random = np.random.default_rng(secrets.randbits(32) if seed is None else seed)
        self._branches = [Branch.of(plan, self._config, random) for plan in plans]
        self._most = number_of_jobs(self._config, plans)
        self._turns: Iterator[Branch] = itertools.cycle(self._branches)
        self._exhausted: set[str | None] = set()

    def run(self) -> None:
        """Run the job to its end; it always reaches a final status."""
        try:
            self._inherit()
            self._run()
        except Exception:
            # The end of a thread: a bug must not leave the job InProgress for ever.
            logger.exception("the sandbox failed in tuning job %s", self._job.name)
            self._end_trials()
            self._finish("Failed", INTERNAL_ERROR)

    def _run(self) -> None:
        started = time.monotonic()
        while True:
            self._report()
            failure = self._failure()
            over = failure is not None or self._complete(time.monotonic() - started)
            if over or self._job.stop_requested.is_set():
                self._end_trials()
                self._report()
                self._finish("Failed" if failure else "Completed", failure)
                return
            self._stop_early()
            refused = self._start()
            if refused is not None or not (self._running() or self._may_start()):
                self._end_trials()
                self._report()
                failure = refused or self._failure(final=True)
                self._finish("Failed" if failure else "Completed", failure)
                return
            time.sleep(_POLL_SECONDS)

    # --- what is known ---------------------------------------------------------------------------------------------------------------

    def _inherit(self) -> None:
        """Warm start: the searches know what the parents' jobs gave."""
        for trial in [each for parent in self._job.parents for each in parent.trials]:
            values = dict(trial.training.request.get("HyperParameters", {}))
            for branch in self._branches:
                if trial.score is not None and branch.plan.metric == trial.metric:
                    branch.search.tell(values, trial.score)

    def _report(self) -> None:
        """Tell the searches what has ended since the last time."""
        for trial in self._job.trials:
            if trial.ended and not trial.reported:
                trial.reported = True
                if trial.score is not None:
                    self._branch(trial).search.tell(trial.tuned, trial.score)

    def _branch(self, trial: Trial) -> Branch:
        return next(each for each in self._branches if each.plan.name == trial.definition)

    def _running(self) -> list[Trial]:
        return [trial for trial in self._job.trials if not trial.ended]

    def _failure(self, *, final: bool = False) -> str | None:
        """Why the job has failed: none of its first training jobs, or at the end none at all, counts. The first words are AWS's."""
        ended = [trial for trial in self._job.trials if trial.ended]
        if any(trial.score is not None for trial in ended) or len(ended) < (1 if final else FIRST_ATTEMPTS):
            return None
        if all(trial.status == "Failed" for trial in ended):
            return (
                f"No training job succeeded after {len(ended)} attempts. For additional details, please take a look at the training job"
                " failures by listing training jobs for the hyperparameter tuning job."
            )
        return (
            f"No objective metrics found after running {len(ended)} training jobs. The log of a training job must report the objective"
            " metric as its regular expression reads it; BlazingText reports train:mean_rho when evaluation is True."
        )

    # --- completion ------------------------------------------------------------------------------------------------------------------

    def _complete(self, seconds: float) -> bool:
        """Whether a criterion ends the job before all its training jobs have run."""
        limit = self._config["ResourceLimits"].get("MaxRuntimeInSeconds")
        criteria = self._config.get("TuningJobCompletionCriteria", {})
        patience = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
        return (
            (limit is not None and seconds >= limit)
            or self._reached(criteria.get("TargetObjectiveMetricValue"))
            or (patience is not None and not_improving(self._job) >= patience)
        )

    def _reached(self, target: float | None) -> bool:
        best = self._job.best()
        if target is None or best is None or best.value is None:
            return False
        return best.value >= target if best.maximize else best.value <= target

    def _stop_early(self) -> None:
        for trial in self._running():
            sign = 1 if trial.maximize else -1
            series = [[sign * value for value in list(each.training.emitted.get(each.metric, []))] for each in self._counted(trial)]
            values = [sign * value for value in list(trial.training.emitted.get(trial.metric, []))]
            if values and trial.status == "InProgress" and self._branch(trial).stopping.stops(trial.name, values, series):
                self._stop(trial.training)

    def _counted(self, trial: Trial) -> list[Trial]:
        return [each for each in self._job.trials if each.score is not None and each.definition == trial.definition]

    # --- training jobs ---------------------------------------------------------------------------------------------------------------

    def _may_start(self) -> bool:
        return len(self._job.trials) < self._most and len(self._exhausted) < len(self._branches)

    def _start(self) -> str | None:
        """Start what may run now; why a training job cannot be created, if so."""
        while self._may_start() and len(self._running()) < self._config["ResourceLimits"]["MaxParallelTrainingJobs"]:
            branch = next(each for each in self._turns if each.plan.name not in self._exhausted)
            running = [trial.tuned for trial in self._running() if trial.definition == branch.plan.name]
            tuned = branch.search.next(running)
            if tuned is None:
                self._exhausted.add(branch.plan.name)
                continue
            refused = self._launch_trial(branch.plan, tuned)
            if refused is not None:
                return refused
        return None

    def _launch_trial(self, plan: Plan, tuned: dict[str, str]) -> str | None:
        """Start a training job, as soon as the account's quota lets it; the reason when it is refused."""
        name = f"{self._job.name}-{len(self._job.trials) + 1:03d}-{secrets.token_hex(4)}"
        request = plan.training_request(name, tuned, tagging.as_list(self._job.tags))
        while not self._job.stop_requested.is_set():
            try:
                training = self._launch(request)
            except ResourceLimitExceeded:
                time.sleep(_POLL_SECONDS)
            except AwsError as refused:
                return f"{refused.code}: {refused.message}"
            else:
                self._job.trials.append(Trial(plan.name, plan.metric, plan.maximize, tuned, training))
                return None
        return None

    def _end_trials(self) -> None:
        """Stop what still runs, and wait for it."""
        for trial in self._running():
            self._stop(trial.training)
        while self._running():
            time.sleep(_POLL_SECONDS)

    def _finish(self, status: str, failure: str | None) -> None:
        with self._job.lock:
            # One that was told to stop has not failed.
            status = "Completed" if self._job.status == "Stopping" else status
            finish(self._cloud, self._job, events.tuning_job_event, status, failure)


def not_improving(job: TuningJob) -> int:
    """How many training jobs have ended since one was better than all before by a hundredth; a failed one counts too."""
    best: float | None = None
    count = 0
    for trial in sorted((each for each in job.trials if each.ended), key=lambda each: each.training.ended or each.modified):
        score = trial.score
        if score is not None and (best is None or score - best >= _IMPROVEMENT * abs(best)):
            best, count = score, 0
        else:
            count += 1
    return count
