"""The commands about transform jobs, as methods of the Python client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .runs import transform_data, transforms
from .runs.launch import JobLaunch
from .runs.stage_jobs import JobSummary
from .runs.transforms import Results, Transform, TransformOrder
from .stage_client import StageClient


class TransformClient(StageClient):
    """Starts the transform jobs of a stage, and looks at them."""

    def transform(
        self, path: str | Path, run: str, *, k: int | None = None, instance_type: str | None = None, instance_count: int = 1
    ) -> JobLaunch:
        """Sends a file and has a run's model predict it: one word or text a line, or JSON Lines; `k` labels of each text."""
        data = self.send_data(path, parts=instance_count, k=k)
        return self.launch_transform(TransformOrder(data.name, run, instance_type=instance_type, instance_count=instance_count))

    def send_data(
        self,
        path: str | Path,
        *,
        parts: int = 1,
        k: int | None = None,
        of_words: bool = False,
        advance: Callable[[int], None] = lambda _: None,
    ) -> transform_data.PreparedData:
        """Writes a file as JSON Lines in parts, and sends them."""
        with TemporaryDirectory() as folder:
            prepared = transform_data.prepare(Path(path), Path(folder), parts=parts, k=k, of_words=of_words)
            transform_data.send(self.cloud, prepared, advance)
        return prepared

    def launch_transform(self, order: TransformOrder) -> JobLaunch:
        """Asks the stage for a transform job of data that was sent; the same request over the same data gets the same job."""
        return transforms.launch(self.cloud, order)

    def transform_job(self, name: str | None = None) -> Transform:
        """One transform job; None means the newest."""
        return transforms.latest(self.cloud) if name is None else transforms.transform(self.cloud, name)

    def transforms(self, limit: int = 10) -> list[JobSummary]:
        """The latest transform jobs, newest first."""
        return transforms.transforms(self.cloud, limit=limit)

    def follow_transform(self, name: str) -> Iterator[Transform]:
        """A transform job whenever it has been looked at, until it has ended."""
        return transforms.follow(self.cloud, name)

    def transform_results(self, name: str, output: str | Path | None = None) -> Results:
        """What a transform job predicted, in the order of its data; written to `output` if that is given."""
        return transforms.results(self.cloud, self.transform_job(name), None if output is None else Path(output))

    def stop_transform(self, name: str) -> Transform:
        """Stops a transform job, which then stores no results."""
        return transforms.stop(self.cloud, name)
