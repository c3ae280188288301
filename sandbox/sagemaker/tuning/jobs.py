"""The operations on hyperparameter tuning jobs. What runs is in tuner.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .. import events
from ..api import listing, tagging
from ..api.contract import Parameters, shown_by
from ..api.errors import ResourceInUse, ResourceNotFound, ValidationException
from ..cloud import Cloud, arn, authorize_tags, pass_role
from ..job_lifecycle import request_stop
from ..job_record import TERMINAL, now
from ..programs import Programs
from ..store import Store, taken
from ..training.jobs import TrainingJobs
from ..training.record import TrainingJob
from .plans import MAX_JOBS, OBJECTIVE_HYPERPARAMETER, Plan, plans
from .record import Trial, TuningJob
from .tuner import Tuner, not_improving


class TuningJobs:
    """The operations on hyperparameter tuning jobs.

    Args:
        cloud: the account it runs in.
        programs: which images can train.
        training: the training jobs they start.
    """

    def __init__(self, cloud: Cloud, programs: Programs, training: TrainingJobs) -> None:
        self._cloud, self._programs, self._training = cloud, programs, training

    def create(self, store: Store, parameters: Parameters) -> Parameters:
        """CreateHyperParameterTuningJob: check what AWS checks, then start searching.

        Raises:
            AccessDeniedException: PassRole or AddTags.
            ResourceInUse: the name is taken.
            ResourceLimitExceeded: more jobs or instances than the account may have.
            ValidationException: ranges, objective, definitions or parents.
        """
        name = parameters["HyperParameterTuningJobName"]
        tags = parameters.get("Tags", [])
        job = TuningJob(name, arn(self._cloud, "hyper-parameter-tuning-job", name), parameters, tagging.as_map(tags))
        authorize_tags(self._cloud, job.arn, tags)
        found = plans(parameters, self._programs)
        for role in dict.fromkeys(plan.definition["RoleArn"] for plan in found):
            pass_role(self._cloud, role)
        self._check_training(found, parameters)
        job.parents = _parents(store, parameters, found)
        job.request = self._completed(parameters)
        with store.lock:
            if taken(store.tuning_jobs, job):
                raise ResourceInUse(f"A hyperparameter tuning job with the name, {name}, already exists. Choose a different name.")
            store.tuning_jobs[name] = job
        self._cloud.publish(*events.tuning_job_event(job))
        launch: Callable[[Parameters], TrainingJob] = partial(self._training.launch, store, tuning_job=job.arn)
        self._cloud.background(f"tuning-{name}", Tuner(self._cloud, job, found, launch, self._training.request_stop).run)
        return {"HyperParameterTuningJobArn": job.arn}

    def describe(self, store: Store, parameters: Parameters) -> Parameters:
        """DescribeHyperParameterTuningJob.

        Raises:
            ResourceNotFound: there is none of that name.
        """
        job = _find(store, parameters)
        with job.lock:
            best, overall = job.best(), job.overall_best() if _identical(job.request) else None
            ended = job.ended or now()
            return {
                **shown_by("DescribeHyperParameterTuningJob", job.request),
                "HyperParameterTuningJobArn": job.arn,
                **_state(job),
                "FailureReason": job.failure,
                "BestTrainingJob": None if best is None else trial_summary(best),
                "OverallBestTrainingJob": None if overall is None else self._overall(store, overall),
                "TuningJobCompletionDetails": {"NumberOfTrainingJobsObjectiveNotImproving": not_improving(job)},
                "ConsumedResources": {"RuntimeInSeconds": round((ended - job.created).total_seconds())},
            }

    def list_(self, store: Store, parameters: Parameters) -> Parameters:
        """ListHyperParameterTuningJobs."""
        with store.lock:
            jobs = list(store.tuning_jobs.values())
        found, token = listing.page(jobs, {"SortBy": "Name", **parameters}, order="Ascending")
        return {"HyperParameterTuningJobSummaries": [_summary(job) for job in found], "NextToken": token}

    def list_training_jobs(self, store: Store, parameters: Parameters) -> Parameters:
        """ListTrainingJobsForHyperParameterTuningJob; by the objective only those that have one.

        Raises:
            ResourceNotFound: there is none of that name.
        """
        trials = list(_find(store, parameters).trials)
        if parameters.get("SortBy") == "FinalObjectiveMetricValue":
            trials = [trial for trial in trials if trial.value is not None]
        found, token = listing.page(trials, {"SortBy": "Name", **parameters}, order="Ascending")
        return {"TrainingJobSummaries": [trial_summary(trial) for trial in found], "NextToken": token}

    def stop(self, store: Store, parameters: Parameters) -> Parameters:
        """StopHyperParameterTuningJob: no new training job starts, those that run are stopped.

        Raises:
            ResourceNotFound: there is none of that name.
            ValidationException: the job has ended.
        """
        job = _find(store, parameters)
        with job.lock:
            _refuse_ended(job, "stopped", ended=True)
        request_stop(self._cloud, job, events.tuning_job_event)
        return {}

    def delete(self, store: Store, parameters: Parameters) -> Parameters:
        """DeleteHyperParameterTuningJob: the record of a job that has ended; its training jobs and artifacts stay.

        Raises:
            ResourceNotFound: there is none of that name.
            ValidationException: it has not ended.
        """
        job = _find(store, parameters)
        with store.lock:
            _refuse_ended(job, "deleted", ended=False)
            store.tuning_jobs.pop(job.name, None)
        return {}

    def _check_training(self, found: list[Plan], parameters: Parameters) -> None:
        """Check a training job of each definition as CreateTrainingJob does, and the instances of those that run together."""
        parallel = parameters["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxParallelTrainingJobs"]
        for plan in found:
            self._training.check(plan.training_request(parameters["HyperParameterTuningJobName"], {}, []), together=parallel)

    def _completed(self, parameters: Parameters) -> Parameters:
        """The request as Describe shows it: with the objective among the static hyperparameters, and the algorithm's metrics."""

        def completed(definition: Parameters, metric: str) -> Parameters:
            specification = definition["AlgorithmSpecification"]
            static = {**definition.get("StaticHyperParameters", {}), OBJECTIVE_HYPERPARAMETER: metric}
            metrics = list(self._programs.metric_definitions(specification))
            return {
                **definition,
                "StaticHyperParameters": static,
                "AlgorithmSpecification": {**specification, "MetricDefinitions": metrics},
            }

        config = parameters["HyperParameterTuningJobConfig"]
        common = config.get("HyperParameterTuningJobObjective")
        if "TrainingJobDefinitions" in parameters:
            several = [completed(each, each["TuningObjective"]["MetricName"]) for each in parameters["TrainingJobDefinitions"]]
            return {**parameters, "TrainingJobDefinitions": several}
        one = parameters["TrainingJobDefinition"]
        return {**parameters, "TrainingJobDefinition": completed(one, (common or one["TuningObjective"])["MetricName"])}

    def _overall(self, store: Store, trial: Trial) -> Parameters:
        owner = next((job.name for job in store.tuning_jobs.values() if trial in job.trials), None)
        return {**trial_summary(trial), "TuningJobName": owner}


def trial_summary(trial: Trial) -> Parameters:
    """A training job of a tuning job as the API shows it."""
    training = trial.training
    final = {"Type": "Maximize" if trial.maximize else "Minimize", "MetricName": trial.metric, "Value": trial.value}
    return {
        "TrainingJobDefinitionName": trial.definition,
        "TrainingJobName": trial.name,
        "TrainingJobArn": trial.arn,
        "CreationTime": training.created,
        "TrainingStartTime": training.started,
        "TrainingEndTime": training.ended,
        "TrainingJobStatus": training.status,
        "TunedHyperParameters": dict(trial.tuned),
        "FailureReason": training.failure,
        "FinalHyperParameterTuningJobObjectiveMetric": final if trial.objective_status == "Succeeded" else None,
        "ObjectiveStatus": trial.objective_status,
    }


def _parents(store: Store, parameters: Parameters, found: list[Plan]) -> list[TuningJob]:
    """The jobs of a warm start, whose results the search knows from the start.

    Raises:
        ValidationException: one does not exist, has not ended, or had another objective or other hyperparameters; or all together are
            too many jobs.
    """
    warm = parameters.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", [])
    names = [each.get("HyperParameterTuningJobName", "") for each in warm]
    missing = [name for name in names if name not in store.tuning_jobs]
    if missing:
        raise ValidationException(f"The parent tuning jobs {', '.join(missing)} do not exist. Name tuning jobs that have ended.")
    parents = [store.tuning_jobs[name] for name in names]
    metrics, hyperparameters = {plan.metric for plan in found}, {frozenset(_hyperparameters(plan)) for plan in found}
    for parent in parents:
        if parent.status not in TERMINAL:
            raise ValidationException(f"The parent tuning job {parent.name} is in status {parent.status}: it must have ended.")
        for trial in parent.trials:
            if trial.metric not in metrics or frozenset(trial.training.request["HyperParameters"]) not in hyperparameters:
                raise ValidationException(
                    f"The parent tuning job {parent.name} has another objective, or other static and tunable hyperparameters together:"
                    " both must be the same as the new job's."
                )
    total = sum(len(parent.trials) for parent in parents)
    if total and total + parameters["HyperParameterTuningJobConfig"]["ResourceLimits"].get("MaxNumberOfTrainingJobs", 0) > MAX_JOBS:
        raise ValidationException(
            f"With those of its parents, a tuning job has {MAX_JOBS} training jobs at most; the parents have {total}."
        )
    return parents


def _hyperparameters(plan: Plan) -> set[str]:
    return {*plan.definition.get("StaticHyperParameters", {}), *(each.name for each in plan.space.ranges), OBJECTIVE_HYPERPARAMETER}


def _identical(parameters: Parameters) -> bool:
    return bool(parameters.get("WarmStartConfig", {}).get("WarmStartType") == "IdenticalDataAndAlgorithm")


def _find(store: Store, parameters: Parameters) -> TuningJob:
    name = parameters["HyperParameterTuningJobName"]
    job = store.tuning_jobs.get(name)
    if job is None:
        raise ResourceNotFound(f"Amazon SageMaker can't find a tuning job called {name}. Type another name.")
    return job


def _refuse_ended(job: TuningJob, what: str, *, ended: bool) -> None:
    if (job.status in TERMINAL) == ended:
        raise ValidationException(f"The hyperparameter tuning job {job.name} cannot be {what}: it is in status {job.status}.")


def _state(job: TuningJob) -> Parameters:
    """Status, times and counters, as Describe and List show them."""
    return {
        "HyperParameterTuningJobStatus": job.status,
        "CreationTime": job.created,
        "HyperParameterTuningEndTime": job.ended,
        "LastModifiedTime": job.modified,
        **job.counters(),
    }


def _summary(job: TuningJob) -> Parameters:
    config = job.request["HyperParameterTuningJobConfig"]
    return {
        "HyperParameterTuningJobName": job.name,
        "HyperParameterTuningJobArn": job.arn,
        "Strategy": config["Strategy"],
        "ResourceLimits": config["ResourceLimits"],
        **_state(job),
    }
