"""The commands about processing jobs, as methods of the Python client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .arguments import several
from .runs import processing, processing_code
from .runs.launch import JobLaunch
from .runs.processing import Processing, ProcessingOrder
from .runs.stage_jobs import JobSummary
from .stage_client import StageClient

if TYPE_CHECKING:
    from .spark.options import Preparing


class ProcessingClient(StageClient):
    """Starts the processing jobs of a stage, which prepare corpora, and looks at them."""

    def prepare_on_aws(
        self,
        sources: Sequence[str],
        corpus: str,
        *,
        preparing: Preparing | None = None,
        instance_type: str | None = None,
        instance_count: int | None = None,
        replace_corpus: bool = False,
    ) -> JobLaunch:
        """Has raw text in S3 prepared by a processing job: keys, and prefixes that end in a slash; `preparing` says how."""
        options = {} if preparing is None else preparing.words()
        given = tuple(several("prepare_on_aws(", "sources", sources))
        order = ProcessingOrder(corpus, given, options, instance_type=instance_type, instance_count=instance_count, replace=replace_corpus)
        return self.launch_processing(replace(order, code=self.send_code()))

    def send_code(self) -> str:
        """The SHA-256 of the code of this version of the project, which is sent to the stage's bucket unless it is there."""
        return processing_code.send(self.cloud)

    def launch_processing(self, order: ProcessingOrder) -> JobLaunch:
        """Asks the stage for a processing job; the same request over the same data gets the same job."""
        return processing.launch(self.cloud, order)

    def processing_job(self, name: str | None = None) -> Processing:
        """One processing job; None means the newest."""
        return processing.latest(self.cloud) if name is None else processing.processing(self.cloud, name)

    def processing_jobs(self, limit: int = 10) -> list[JobSummary]:
        """The latest processing jobs, newest first."""
        return processing.processings(self.cloud, limit=limit)

    def follow_processing(self, name: str) -> Iterator[Processing]:
        """A processing job whenever it has been looked at, until it has ended."""
        return processing.follow(self.cloud, name)

    def processing_report(self, name: str) -> dict[str, Any]:
        """What a processing job made, and what it lost on the way; `error` when its sources cannot become a corpus."""
        return processing.report(self.cloud, self.processing_job(name).job)

    def stop_processing(self, name: str) -> Processing:
        """Stops a processing job, which then leaves no corpus."""
        return processing.stop(self.cloud, name)
