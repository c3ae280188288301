"""The commands of the command line as methods of one Python class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.model_registry import ApprovalStatus, Version

from . import audit, removal, stage_costs
from .cloud import Cloud
from .corpus import uploads
from .drift import drift
from .drift.drift import Drift
from .leftovers import Leftover
from .preflight.plan import Plan
from .preflight.preflight import Preflight, preflight
from .runs import artifacts, comparison, job_events, training_jobs
from .runs.launch import Launch, TrainingOrder, launch
from .serving import changes, prediction, repair, status, verification, waiter
from .serving import models as models_
from .serving.models import Judged, Models
from .serving.status import Status

if TYPE_CHECKING:  # NumPy, scikit-learn and matplotlib are loaded by the methods that need them
    from .sdk.stage import Sdk
    from .vectors.evaluation import Evaluation
    from .vectors.word_map import Look, Map
    from .vectors.word_vectors import Neighbor, Vectors

# Given as a job: the run whose model is live.
LIVE = "live"


class BlazingText:
    """One stage of the project.

    ```python
    bt = BlazingText()
    bt.upload("wiki", ["wiki.txt"])
    run = bt.watch(bt.train("wiki", mode="batch_skipgram", hyperparameters={"epochs": 5}).job)
    bt.neighbors("king")
    ```

    Every method raises errors of `lifecycle.errors`, whose messages say what happened, why and what to do.

    Args:
        stage: the stage's name.
        session: decides account and region; None means the environment's.
    """

    def __init__(self, stage: str = naming.DEFAULT_STAGE, session: boto3.Session | None = None) -> None:
        self._stage = naming.check_stage(stage)
        self._session = session

    @cached_property
    def cloud(self) -> Cloud:
        """The stage's AWS clients and stack outputs."""
        return Cloud(self._stage, boto3.Session() if self._session is None else self._session)

    @cached_property
    def sdk(self) -> Sdk:
        """The SageMaker Python SDK's objects for this stage; needs `blazingtext-cdk[sagemaker]`, or SDK 2."""
        from .sdk import bind  # noqa: PLC0415 - the SDK takes seconds to load

        return bind(self.cloud)

    def upload(
        self,
        corpus: str,
        files: Sequence[str | Path],
        *,
        validation: Sequence[str | Path] = (),
        replace: bool = False,
        advance: Callable[[int], None] = lambda _: None,
    ) -> uploads.UploadedCorpus:
        """Checks files, sends them as a corpus, and verifies what arrived."""
        channels = uploads.plan(corpus, [Path(each) for each in files], [Path(each) for each in validation])
        return uploads.upload(self.cloud, corpus, channels, replace=replace, advance=advance)

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
    ) -> Launch:
        """Asks the launcher for a training job; the same request over the same data gets the same job."""
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
        )
        return self.launch(order)

    def launch(self, order: TrainingOrder) -> Launch:
        """`train`, with its arguments as one object."""
        return launch(self.cloud, order)

    def watch(self, job: str, on_event: Callable[[job_events.Event], None] = lambda _: None) -> training_jobs.Run:
        """Waits until a job has ended, passing its phases and log lines to `on_event`; returns how it ended."""
        for event in self.events(job, follow=True):
            on_event(event)
        return self.run(job)

    def events(self, job: str, *, follow: bool = False) -> Iterator[job_events.Event]:
        """A job's phases and log lines; with `follow` until it has ended."""
        return job_events.events(self.cloud, job, follow=follow)

    def runs(self, limit: int = 10) -> list[training_jobs.Run]:
        """The latest training jobs, newest first."""
        return training_jobs.runs(self.cloud, limit=limit)

    def throughput(self, job: str) -> float | None:
        """A run's average million words a second, from its log; None when the log does not hold it."""
        return training_jobs.throughput(self.cloud, job)

    def run(self, job: str | None = None) -> training_jobs.Run:
        """One training job; None means the newest."""
        return training_jobs.latest(self.cloud) if job is None else training_jobs.run(self.cloud, job)

    def stop(self, job: str) -> training_jobs.Run:
        """Stops a running job; the model so far is kept."""
        return training_jobs.stop(self.cloud, job)

    def status(self, runs: int = 3) -> Status:
        """Stacks, live model, endpoint, cost and the latest runs."""
        return status.describe(self.cloud, runs=runs)

    def predict(self, words: Sequence[str]) -> list[prediction.WordVector]:
        """The endpoint's vectors of words; `known` is False for words whose vector is zeros."""
        return [each for each in prediction.predict(self.cloud, words) if isinstance(each, prediction.WordVector)]

    def classify(self, texts: Sequence[str], k: int = 1) -> list[prediction.Classification]:
        """The endpoint's k most likely labels of texts, when its model is a classifier."""
        return [each for each in prediction.predict(self.cloud, texts, k=k) if isinstance(each, prediction.Classification)]

    def artifact(self, job: str | None = None, *, on_size: artifacts.OnSize = lambda _: lambda _: None) -> artifacts.Artifact:
        """A run's files on this machine; None means the newest completed run, "live" the one whose model is live."""
        return artifacts.fetch(self.cloud, self._artifact_uri(job), on_size=on_size)

    def _artifact_uri(self, job: str | None) -> str:
        if job is None:
            return training_jobs.latest(self.cloud, completed=True).artifact
        return status.live_artifact(self.cloud) if job == LIVE else naming.artifact_uri(self.cloud.bucket, job)

    def vectors(self, job: str | None = None) -> Vectors:
        """A run's word vectors; None as for `artifact`."""
        from .vectors import reading  # noqa: PLC0415 - NumPy loads only for those who look at vectors

        return reading.load(self.artifact(job).path(comparison.VECTORS))

    def neighbors(self, query: str, count: int = 10, job: str | None = None, *, top: int | None = None) -> list[Neighbor]:
        """The words nearest to a word, or to a sum such as "king - man + woman", among the `top` most frequent."""
        return self.vectors(job).neighbors(query, count, top=top)

    def analogy(
        self, first: str, second: str, third: str, count: int = 5, job: str | None = None, *, top: int | None = None
    ) -> list[Neighbor]:
        """What is to `third` as `second` is to `first`, among the `top` most frequent words."""
        return self.vectors(job).analogy(first, second, third, count, top=top)

    def evaluate(self, job: str | None = None, *, pairs: Sequence[Path] = (), compute: bool = False, ngrams: bool = True) -> Evaluation:
        """A run's vectors scored against human judgement: by the container, or here, also on your own word pairs.

        Computed here, words outside the vocabulary have the vectors of their n-grams unless `ngrams` is false.
        """
        from .vectors import evaluation  # noqa: PLC0415 - NumPy loads only for those who look at vectors

        artifact = self.artifact(job)
        name = naming.job_of_artifact(artifact.uri)
        if "eval.json" in artifact.files and not compute and not pairs:
            return evaluation.read_eval_json(artifact.path("eval.json"), source=f"{name}: eval.json")
        return evaluation.evaluate(self.vectors(job), pairs, source=f"{name}: vectors.txt", ngrams=ngrams)

    def compare(
        self,
        jobs: Sequence[str],
        *,
        pairs: Sequence[Path] = (),
        neighbors: int = 10,
        on_size: artifacts.OnSize = lambda _: lambda _: None,
    ) -> comparison.RunComparison:
        """Runs beside the first of them: settings, metrics and, of word vectors, scores, neighbours and the words that moved."""
        found = [self.run(job) for job in jobs]
        return comparison.compare(found, lambda job: self.artifact(job, on_size=on_size), _read_vectors, pairs=pairs, neighbors=neighbors)

    def map(self, path: str | Path, look: Look | None = None, job: str | None = None) -> Map:
        """Draws the most frequent words of a run."""
        from .vectors import word_map  # noqa: PLC0415 - matplotlib takes a second to load and is an optional dependency

        return word_map.draw(self.vectors(job), Path(path), look)

    def models(self, limit: int = 10) -> Models:
        """The models that can be live, newest first: versions of the model registry, or completed runs where there is none."""
        return models_.listed(self.cloud, limit)

    def register(self, job: str) -> Version:
        """The version of a run, which it gets now if it has none."""
        return models_.register(self.cloud, job)

    def approve(self, version: int | str, comment: str = "") -> Judged:
        """Approves a version of the model registry, by its number or its run; one that is newer than what was promoted goes live."""
        return models_.judge(self.cloud, str(version), ApprovalStatus.APPROVED, comment)

    def reject(self, version: int | str, comment: str = "") -> Judged:
        """Rejects a version of the model registry, by its number or its run; a live one stays live."""
        return models_.judge(self.cloud, str(version), ApprovalStatus.REJECTED, comment)

    def promote(self, job: str | None = None, *, version: int | None = None, auto_rollback: bool = True) -> changes.Change:
        """Makes a run's model live, or a version of the model registry, which is approved by that.

        None means the newest completed run with the stage's tags, or the newest approved version. Without `auto_rollback`, no alarm watches
        the deployment.
        """
        return changes.promote(self.cloud, job, version=version, auto_rollback=auto_rollback)

    def rollback(self, to: str | None = None) -> changes.Change:
        """Makes the previous model live again, or any run, or any version by its number."""
        return changes.rollback(self.cloud, to)

    def pause(self) -> changes.Change:
        """Removes the endpoint, and with it its cost; the chosen model stays."""
        return changes.pause(self.cloud)

    def resume(self) -> changes.Change:
        """Creates the endpoint again."""
        return changes.resume(self.cloud)

    def wait(
        self,
        job: str = "",
        *,
        state: str = "",
        update_started: bool = False,
        timeout_seconds: float = waiter.PATIENCE_SECONDS,
        on_progress: Callable[[str], None] = lambda _: None,
    ) -> Status:
        """Waits until serving stack and endpoint are stable; see `blazingtext.serving.waiter`."""
        return waiter.wait_until_stable(
            self.cloud, job=job, state=state, update_started=update_started, timeout_seconds=timeout_seconds, on_progress=on_progress
        )

    def verify(self) -> verification.Verification:
        """Compares what answers with what the serving stack says, and asks for one prediction."""
        return verification.verify(self.cloud)

    def repair(self, on_progress: Callable[[str], None] = lambda _: None) -> changes.Change:
        """Replaces an endpoint that does not serve what the serving stack says; without effect when it does."""
        return repair.repair(self.cloud, on_progress=on_progress)

    def preflight(self, wanted: Plan | None = None, on_progress: Callable[[str], None] = lambda _: None) -> Preflight:
        """What speaks against deploying the stage with the instances of a plan; creates nothing."""
        return preflight(self.cloud, Plan() if wanted is None else wanted, on_progress=on_progress)

    def kept_bucket(self, bucket: str) -> Leftover:
        """A bucket of the stage that no stack holds any more, with what is in it."""
        return removal.kept_bucket(self.cloud, bucket)

    def costs(self, wanted: Plan | None = None) -> stage_costs.StageCosts:
        """What the stage costs with the instances of a plan, and with what is in its bucket."""
        return stage_costs.of_stage(self.cloud, Plan() if wanted is None else wanted)

    def delete_bucket(self, bucket: str) -> int:
        """Deletes a bucket of the stage that no stack holds any more, with everything in it; returns how many versions that was."""
        return removal.delete_bucket(self.cloud, bucket)

    def audit(self, on_progress: Callable[[str], None] = lambda _: None, *, regions: Sequence[str] = ()) -> audit.Audit:
        """What of the stage still exists: in `regions`, else in the session's region and wherever else there is a trace of it."""
        return audit.audit(self.cloud, regions=regions, on_progress=on_progress)

    def drift(self, on_progress: Callable[[str], None] = lambda _: None) -> Drift:
        """What of the stage is not as its deployed templates say."""
        return drift.drift(self.cloud, on_progress)


def _read_vectors(artifact: artifacts.Artifact) -> Vectors:
    from .vectors import reading  # noqa: PLC0415 - NumPy loads only for those who look at vectors

    return reading.load(artifact.path(comparison.VECTORS))
