"""One instance of a transform job: its container, its two log streams, and the files that it transforms one after the other."""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
import secrets
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from .. import s3
from ..cloud import Cloud
from ..container import Container
from ..hosting import serving_container
from ..hosting.container_client import ContainerTimeoutError, ContainerUnreachableError
from ..hosting.fleet import HEALTH_CHECK_SECONDS, STOP_GRACE
from ..hosting.health import PING_SECONDS
from ..hosting.serving_container import ServingContainer
from ..job_lifecycle import JobFailedError
from ..log_stream import LogStream
from ..programs import Programs
from ..s3 import TransferError
from . import records, settings
from .data_processing import DataProcessing, ProcessingError
from .inputs import Source
from .record import TransformJob
from .records import PayloadError, Record, SplitError
from .settings import Settings

LOG_GROUP: Final = "/aws/sagemaker/TransformJobs"
CLIENT_ERROR: Final = "ClientError: See job logs for more information"
ALGORITHM_ERROR: Final = "AlgorithmError: See job logs for more information"
_SERVER_ERROR: Final = 500


class FileFailedError(JobFailedError):
    """A file was not transformed; the message is the FailureReason, `lines` go to the log.

    Args:
        reason: the job's FailureReason.
        lines: for the data log.
    """

    def __init__(self, reason: str, *lines: str) -> None:
        super().__init__(reason)
        self.lines = lines


class StoppedError(Exception):
    """The job is to stop."""


@dataclass
class Host:
    """One instance.

    Attributes:
        job: whose it is.
        base: its `/opt/ml`.
        serving: its container, not yet started.
        logs: what the container prints.
        data_log: what SageMaker says about requests.
    """

    job: TransformJob
    base: Path
    serving: ServingContainer
    logs: LogStream
    data_log: LogStream
    container: Container | None = field(default=None)
    failures: list[str] = field(default_factory=list)

    @classmethod
    def make(cls, job: TransformJob, folder: Path, artifact: Path, cloud: Cloud, programs: Programs) -> Host:
        """An instance whose container is not yet started."""
        name = f"i-{secrets.token_hex(9)[:17]}"
        stream = f"{job.name}/{name}-{int(time.time())}"
        client = partial(cloud.client, "logs", job.model["ExecutionRoleArn"])
        logs, data_log = LogStream(client, LOG_GROUP, stream), LogStream(client, LOG_GROUP, f"{stream}/data-log")
        requested, own = job.request.get("Environment", {}), settings.environment(job.request)
        serving = serving_container.prepare(
            cloud, programs, job.model, folder / name, artifact=artifact, on_line=logs.write, requested=requested, own=own
        )
        return cls(job, folder / name, serving, logs, data_log)

    def start(self) -> None:
        """Start the container."""
        self.container = self.serving.run()

    def wait(self) -> Settings:
        """Wait until the container answers `/ping`; how requests are to be made.

        Raises:
            FileFailedError: it does not.
            StoppedError: the job is to stop.
        """
        deadline = time.monotonic() + HEALTH_CHECK_SECONDS
        for delay in itertools.chain((0.02, 0.05, 0.1), itertools.repeat(0.2)):
            if self.serving.client.ping(PING_SECONDS):
                break
            if self.container is None or self.container.exit_code is not None or time.monotonic() > deadline:
                self.say("The container did not pass the ping health check.")
                raise FileFailedError(ALGORITHM_ERROR)
            if self.job.stop_requested.wait(delay):
                raise StoppedError
        answer = self.serving.client.get("/execution-parameters", PING_SECONDS)
        found = settings.decide(self.job.request, answer.data if answer is not None and answer.status == 200 else None)
        self.say(str(found))
        return found

    def work(self, tasks: Sequence[tuple[Source, Path]], client: Any, wanted: Settings) -> None:
        """Transform some files into others; one that fails leaves none, and the next one follows."""
        for source, target in tasks:
            try:
                self._transform(source, target, client, wanted)
            except FileFailedError as problem:
                target.unlink(missing_ok=True)
                self.failures.append(str(problem))
                for line in problem.lines:
                    self.say(f"{source.location.bucket}/{source.location.key}: {line}")
            except StoppedError:
                return

    def say(self, line: str) -> None:
        """A line of SageMaker's own."""
        now = dt.datetime.now(dt.UTC)
        self.data_log.write(f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}:[sagemaker logs]: {line}")

    def close(self) -> None:
        """End the container and send what is left of the logs."""
        self.serving.client.close()
        if self.container is not None:
            self.container.terminate(STOP_GRACE)
        self.serving.reservation.__exit__(None, None, None)
        for stream in (self.logs, self.data_log):
            stream.close()

    @cached_property
    def processing(self) -> DataProcessing | None:
        """The filters of the job; CreateTransformJob has checked them."""
        return DataProcessing.of(self.job.request)

    def _transform(self, source: Source, target: Path, client: Any, wanted: Settings) -> None:
        fetched = target.with_name(f"{target.name}.in")
        try:
            s3.download(client, source.location, fetched)
            with self._opened(fetched) as file, target.open("wb") as out, ThreadPoolExecutor(wanted.concurrency) as pool:
                for answer in _in_order(pool, self._requests(file, wanted), partial(self._ask, wanted), wanted.concurrency):
                    out.write(answer)
        except TransferError as problem:
            raise FileFailedError(CLIENT_ERROR, str(problem)) from problem
        except (SplitError, ProcessingError, EOFError, gzip.BadGzipFile, zlib.error) as problem:
            raise FileFailedError(CLIENT_ERROR, f"Unable to read the data: {problem}") from problem
        except PayloadError as problem:
            said = f"A record is larger than the payload may be ({wanted})."
            raise FileFailedError(CLIENT_ERROR, said) from problem
        finally:
            fetched.unlink(missing_ok=True)

    def _opened(self, path: Path) -> AbstractContextManager[BinaryIO]:
        compressed = self.job.request["TransformInput"].get("CompressionType") == "Gzip"
        return gzip.open(path, "rb") if compressed else path.open("rb")  # type: ignore[return-value]  # GzipFile reads as BinaryIO does

    def _requests(self, file: BinaryIO, wanted: Settings) -> Iterator[list[Record]]:
        split_type = self.job.request["TransformInput"].get("SplitType", "None")
        alone = wanted.strategy == "SINGLE_RECORD" or split_type == "None"
        yield from records.batches(records.split(file, split_type), alone=alone, most_bytes=wanted.most_bytes)

    def _ask(self, wanted: Settings, batch: list[Record]) -> bytes:
        """What is stored for the answer to one request."""
        processing = self.processing
        alone = len(batch) == 1 and wanted.strategy == "SINGLE_RECORD"
        given = [each.payload if alone else each.framed for each in batch]
        sent = given if processing is None else [processing.before(each) for each in given]
        answer = self._answer(b"".join(sent), wanted)
        stored = answer if processing is None else processing.after(given, answer)
        lines = self.job.request["TransformOutput"].get("AssembleWith") == "Line"
        return stored + b"\n" if lines and not stored.endswith(b"\n") else stored

    def _answer(self, body: bytes, wanted: Settings) -> bytes:
        headers = {"Content-Type": self.job.request["TransformInput"].get("ContentType", "")}
        if accept := self.job.request["TransformOutput"].get("Accept"):
            headers["Accept"] = accept
        headers = {name: value for name, value in headers.items() if value}
        for attempt in itertools.count():
            if self.job.stop_requested.is_set():
                raise StoppedError
            try:
                answer = self.serving.client.post("/invocations", body, headers, wanted.timeout)
            except (ContainerTimeoutError, ContainerUnreachableError) as problem:
                if attempt >= wanted.retries:
                    raise FileFailedError(ALGORITHM_ERROR, f"Unable to get response from algorithm: {problem}") from problem
                continue
            if answer.status == 200:
                return answer.data
            if answer.status < _SERVER_ERROR or attempt >= wanted.retries:
                raise _refused(answer.status, answer.data)
        raise AssertionError


def _refused(status: int, body: bytes) -> FileFailedError:
    """The words of an answer that is no result.

    Seen: https://github.com/aws/sagemaker-tensorflow-serving-container/issues/93 and
    https://github.com/aws/amazon-sagemaker-examples/issues/1620
    """
    said = ["", "Message:", *body.decode("utf-8", "replace").splitlines()]
    if status < _SERVER_ERROR:
        return FileFailedError(CLIENT_ERROR, f"ClientError: {status}", *said)
    return FileFailedError(ALGORITHM_ERROR, f"Bad HTTP status received from algorithm: {status}", *said)


def _in_order(
    pool: ThreadPoolExecutor, requests: Iterator[list[Record]], ask: Callable[[list[Record]], bytes], most: int
) -> Iterator[bytes]:
    """The answers in the order of the requests, of which so many are under way at a time."""
    waiting: deque[Future[bytes]] = deque()
    try:
        for request in requests:
            if len(waiting) == most:
                yield waiting.popleft().result()
            waiting.append(pool.submit(ask, request))
        while waiting:
            yield waiting.popleft().result()
    finally:
        for each in waiting:
            each.cancel()


def run_together(hosts: Sequence[Host], tasks: Sequence[tuple[Source, Path]], client: Any, wanted: Settings) -> None:
    """Every instance transforms its share of the files; returns when all have."""
    with ThreadPoolExecutor(len(hosts)) as pool:
        shares = [pool.submit(host.work, tasks[place :: len(hosts)], client, wanted) for place, host in enumerate(hosts)]
    for share in shares:
        share.result()
