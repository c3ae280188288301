"""The commands about tuning jobs, as methods of the Python client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .arguments import several
from .runs import tuning, tunings
from .runs.launch import TrainingOrder
from .runs.leaderboard import Tuning
from .stage_client import StageClient


class TuningClient(StageClient):
    """Starts the tuning jobs of a stage, and looks at them."""

    def tune(
        self,
        corpus: str,
        ranges: Mapping[str, object],
        *,
        mode: str | None = None,
        hyperparameters: Mapping[str, object] | None = None,
        strategy: str | None = None,
        max_jobs: int | None = None,
        parallel_jobs: int | None = None,
        early_stopping: bool = False,
        warm_start: Sequence[str] = (),
        seed: int | None = None,
        promote: bool = True,
        name: str | None = None,
    ) -> tuning.TuningLaunch:
        """Asks the stage for a tuning job: ranges are texts such as "0.005:0.01" or "0.005:0.01:log", lists of values, or objects.

        The same request over the same data gets the same tuning job. `launch_tuning` takes instances and limits, too.
        """
        fixed = {} if hyperparameters is None else hyperparameters
        wishes = {name: tuning.wish(name, each) if isinstance(each, str) else each for name, each in ranges.items()}
        return self.launch_tuning(
            tuning.TuningOrder(
                training=TrainingOrder(corpus=corpus, mode=mode, hyperparameters=fixed, promote=promote, name=name),
                ranges=wishes,
                strategy=strategy,
                max_jobs=max_jobs,
                parallel_jobs=parallel_jobs,
                early_stopping=early_stopping,
                warm_start=several("tune(corpus, ranges, warm_start=", "tuning jobs", warm_start),
                seed=seed,
            )
        )

    def launch_tuning(self, order: tuning.TuningOrder) -> tuning.TuningLaunch:
        """`tune`, with its arguments as one object."""
        return tuning.launch(self.cloud, order)

    def tuning(self, name: str | None = None) -> Tuning:
        """One tuning job with its training jobs, the best first; None means the newest."""
        return tunings.latest(self.cloud) if name is None else tunings.tuning(self.cloud, name)

    def tunings(self, limit: int = 10) -> tunings.Tunings:
        """The latest tuning jobs, newest first."""
        return tunings.tunings(self.cloud, limit=limit)

    def follow_tuning(self, name: str) -> Iterator[Tuning]:
        """A tuning job whenever it has been looked at, until it has ended."""
        return tunings.follow(self.cloud, name)

    def stop_tuning(self, name: str) -> Tuning:
        """Stops a tuning job with its training jobs; the models so far are kept."""
        return tunings.stop(self.cloud, name)
