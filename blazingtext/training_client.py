"""The commands about corpora and training jobs, as methods of the Python client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from blazingtext_lifecycle import naming

from .arguments import several
from .corpus import uploads
from .corpus.recipe import Recipe
from .runs import job_events, recipes, records, training_jobs, watching
from .runs.launch import Launch, TrainingOrder, launch
from .runs.run_list import Runs
from .stage_client import StageClient

if TYPE_CHECKING:  # MLflow is loaded by the method that needs it
    from .tracking.mlflow_runs import LoggedRuns


class TrainingClient(StageClient):
    """Uploads the corpora of a stage, starts its training jobs, and looks at them."""

    def upload(
        self,
        corpus: str,
        files: Sequence[str | Path],
        *,
        validation: Sequence[str | Path] = (),
        replace: bool = False,
        run: str = "",
        advance: Callable[[int], None] = lambda _: None,
    ) -> uploads.UploadedCorpus:
        """Checks files, sends them as a corpus, and verifies what arrived; `run` names the run that starts where uploads start one."""
        train = [Path(each) for each in several(f"upload({corpus!r}, ", "files", files)]
        held_out = [Path(each) for each in several(f"upload({corpus!r}, files, validation=", "files", validation)]
        channels = uploads.plan(corpus, train, held_out)
        return uploads.upload(self.cloud, corpus, channels, replace=replace, run=run, advance=advance)

    def train(
        self,
        corpus: str,
        *,
        mode: str | None = None,
        hyperparameters: Mapping[str, object] | None = None,
        instance_type: str | None = None,
        instance_count: int | None = None,
        volume_gb: int | None = None,
        max_runtime_seconds: int | None = None,
        spot: bool | None = None,
        tags: Mapping[str, str] | None = None,
        retry: bool = False,
        promote: bool = True,
        name: str | None = None,
    ) -> Launch:
        """Asks the launcher for a training job; the same request over the same data gets the same job, or, named, that of its name."""
        order = TrainingOrder(
            corpus=corpus,
            mode=mode,
            hyperparameters={} if hyperparameters is None else hyperparameters,
            instance_type=instance_type,
            instance_count=instance_count,
            volume_gb=volume_gb,
            max_runtime_seconds=max_runtime_seconds,
            spot=spot,
            tags={} if tags is None else tags,
            retry=retry,
            promote=promote,
            name=name,
        )
        return self.launch(order)

    def launch(self, order: TrainingOrder) -> Launch:
        """`train`, with its arguments as one object."""
        return launch(self.cloud, order)

    def watch(self, job: str, on_event: Callable[[job_events.Event], None] | None = None) -> training_jobs.Run:
        """Waits until a job has ended, passing its phases and log lines to `on_event`; returns how it ended.

        Without `on_event`, a notebook shows how far the job is.
        """
        hear = watching.shown_in_a_notebook(job) if on_event is None else on_event
        for event in self.events(job, follow=True):
            hear(event)
        return self.run(job)

    def events(self, job: str, *, follow: bool = False) -> Iterator[job_events.Event]:
        """A job's phases and log lines; with `follow` until it has ended."""
        return job_events.events(self.cloud, job, follow=follow)

    def runs(self, limit: int = 10) -> Runs:
        """The latest training jobs, newest first: a list, which `to_frame` makes a table of pandas."""
        return Runs(training_jobs.runs(self.cloud, limit=limit), region=self.cloud.region, speed=self.throughput)

    def log_to_mlflow(
        self,
        jobs: Sequence[str] = (),
        *,
        tracking_uri: str | None = None,
        experiment: str | None = None,
        limit: int = 10,
        advance: Callable[[int], None] = lambda _: None,
    ) -> LoggedRuns:
        """Logs runs that have ended to MLflow, each once: those named, or the latest; `blazingtext.tracking` says what of them."""
        from .tracking import mlflow_runs  # noqa: PLC0415 - MLflow takes seconds to load, and is an extra of its own

        found = records.chosen(self.cloud, several("log_to_mlflow(", "jobs", jobs), limit)
        name = f"{naming.PROJECT}-{self.cloud.stage}" if experiment is None else experiment
        told = partial(records.record, self.cloud)
        return mlflow_runs.log(found, told, name, session=self.cloud.session, tracking_uri=tracking_uri, advance=advance)

    def with_tags(self, runs: Iterable[training_jobs.Run]) -> list[training_jobs.Run]:
        """Runs with their tags, and so with the hash of their corpus and the key of its recipe."""
        return training_jobs.with_tags(self.cloud, runs)

    def recipe(self, job: str) -> Recipe | None:
        """How a run's corpus was prepared; None when it was uploaded without a recipe."""
        return recipes.of_run(self.cloud, job)

    def throughput(self, job: str) -> float | None:
        """A run's average million words a second, from its log; None when the log does not hold it."""
        return training_jobs.throughput(self.cloud, job)

    def run(self, job: str | None = None) -> training_jobs.Run:
        """One training job; None means the newest."""
        return training_jobs.latest(self.cloud) if job is None else training_jobs.run(self.cloud, job)

    def stop(self, job: str) -> training_jobs.Run:
        """Stops a running job; the model so far is kept."""
        return training_jobs.stop(self.cloud, job)
