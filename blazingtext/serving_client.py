"""The commands about the live model and its endpoint, as methods of the Python client."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from blazingtext_lifecycle.model_registry import ApprovalStatus, Version

from . import predictions
from .arguments import several
from .serving import changes, prediction, questions, repair, status, verification, waiter
from .serving import models as models_
from .serving.models import Judged, Models
from .serving.stage_status import Status
from .stage_client import StageClient


class ServingClient(StageClient):
    """Changes what is live in a stage, asks it, and checks it."""

    def status(self, runs: int = 3) -> Status:
        """Stacks, live model, endpoint, cost and the latest runs."""
        return status.describe(self.cloud, runs=runs)

    def predict(self, words: Sequence[str], *, prepare: bool = False) -> predictions.WordVectors:
        """The endpoint's vectors of words; `known` is False for words whose vector is zeros.

        With `prepare`, texts are prepared by the recipe of the live model's run: each of their words has a vector, and `asked` is the text.
        """
        ask = questions.predict if prepare else prediction.predict
        found = ask(self.cloud, several("predict(", "words", words))
        return predictions.WordVectors(each for each in found if isinstance(each, predictions.WordVector))

    def classify(self, texts: Sequence[str], k: int = 1, *, prepare: bool = False) -> predictions.Classifications:
        """The endpoint's k most likely labels of texts, when its model is a classifier; with `prepare`, prepared as its corpus was."""
        ask = questions.predict if prepare else prediction.predict
        found = ask(self.cloud, several("classify(", "texts", texts), k=k)
        return predictions.Classifications(each for each in found if isinstance(each, predictions.Classification))

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

    def start_shadow(self, job: str) -> changes.Change:
        """Tries a run beside the live model: it gets a copy of requests, and its answers reach nobody; see `Status.shadow`."""
        return changes.start_shadow(self.cloud, job)

    def stop_shadow(self) -> changes.Change:
        """Takes the shadow away; the live model goes on."""
        return changes.stop_shadow(self.cloud)

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
        shadow: str | None = None,
        update_started: bool = False,
        timeout_seconds: float = waiter.PATIENCE_SECONDS,
        on_progress: Callable[[str], None] = lambda _: None,
    ) -> Status:
        """Waits until serving stack and endpoint are stable; see `blazingtext.serving.waiter`."""
        return waiter.wait_until_stable(
            self.cloud,
            job=job,
            state=state,
            shadow=shadow,
            update_started=update_started,
            timeout_seconds=timeout_seconds,
            on_progress=on_progress,
        )

    def verify(self) -> verification.Verification:
        """Compares what answers with what the serving stack says, and asks for one prediction."""
        return verification.verify(self.cloud)

    def repair(self, on_progress: Callable[[str], None] = lambda _: None) -> changes.Change:
        """Replaces an endpoint that does not serve what the serving stack says; without effect when it does."""
        return repair.repair(self.cloud, on_progress=on_progress)
