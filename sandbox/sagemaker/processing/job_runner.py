"""One processing job from its start to its end: inputs in, a child process per instance, outputs out.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html and the pages below it. The job uses S3 and
Logs with its execution role, and its containers act as that role.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from .. import container, events, job_lifecycle
from ..cloud import Cloud, RoleError
from ..container import Container
from ..job_lifecycle import GRACE_SECONDS, JobFailedError
from ..job_record import now
from ..log_stream import LogStream
from ..programs import Programs
from ..s3 import nothing_found
from ..volume import NO_SPACE, Volume
from .opt_ml import PYTHON_PATHS, write_opt_ml
from .opt_ml_paths.sitecustomize import in_base
from .programs import missing_spark, program
from .record import ProcessingJob
from .smspark_submit import RENDEZVOUS
from .transfers import Uploads, download

LOG_GROUP: Final = "/aws/sagemaker/ProcessingJobs"
#: AWS's words for every container that fails: https://github.com/aws/sagemaker-spark-container (test/integration/sagemaker/test_spark.py).
CONTAINER_FAILED: Final = "AlgorithmError: See job logs for more information"
_MESSAGE_BYTES: Final = 1024
#: How often a running job looks whether it was stopped, and whether there is something to upload.
_POLL_SECONDS, _UPLOAD_SECONDS = 0.1, 1.0


@dataclass
class Host:
    """One instance of a job: its folder, its volume, its log stream, its outputs, its process once it runs."""

    name: str
    base: Path
    volume: Volume
    logs: LogStream
    uploads: Uploads
    container: Container | None = field(default=None)


class ProcessingRunner:
    """Runs processing jobs.

    Args:
        cloud: the account it runs in.
        folder: where jobs keep their `/opt/ml` while they run.
        programs: a user's commands for images.
        grace: seconds between SIGTERM and SIGKILL.
    """

    def __init__(self, cloud: Cloud, folder: Path, programs: Programs, *, grace: float = GRACE_SECONDS) -> None:
        self._cloud, self._folder, self._programs, self._grace = cloud, folder, programs, grace

    def run(self, job: ProcessingJob) -> None:
        """Run a job to its end; it always reaches a final status."""
        base = self._folder / "processing" / self._cloud.region / job.name
        job_lifecycle.run(job, base, partial(self._run, job), partial(self._finish, job, "Failed"))

    def _run(self, job: ProcessingJob, base: Path) -> None:
        client = partial(self._client, job.request["RoleArn"])
        hosts = self._hosts(job, base, client)
        try:
            if not job.stop_requested.is_set():
                missing = partial(nothing_found, region=self._cloud.region, role=job.request["RoleArn"])
                download(job, [host.base for host in hosts], client("s3"), room=hosts[0].volume.room(), missing=missing)
            if job.stop_requested.is_set():
                self._finish(job, "Stopped")
                return
            overdue = self._process(job, hosts)
            finished = not overdue and not job.stop_requested.is_set()
            for host in hosts:
                host.uploads.store(finished=finished)
        finally:
            for host in hosts:
                host.logs.close()
            job.message = _message(hosts)
        self._finish(job, "Completed" if finished else "Stopped")

    def _hosts(self, job: ProcessingJob, base: Path, client: Callable[[str], Any]) -> list[Host]:
        names = [f"algo-{number}" for number in range(1, job.instances + 1)]
        epoch = int(time.time())
        hosts = []
        for name in names:
            write_opt_ml(base / name, job, host=name, hosts=names)
            logs = LogStream(partial(client, "logs"), LOG_GROUP, f"{job.name}/{name}-{epoch}")
            uploads = Uploads(job, base / name, partial(client, "s3"))
            hosts.append(Host(name, base / name, Volume(base / name, job.cluster), logs, uploads))
        return hosts

    def _process(self, job: ProcessingJob, hosts: list[Host]) -> bool:
        """Run the containers to their end; whether they had to be stopped for running too long.

        Raises:
            JobFailedError: one failed, filled its volume, or wrote what could not be stored.
        """
        reason = missing_spark(self._programs, job.request["AppSpecification"])
        if reason is not None:
            raise JobFailedError(f"ClientError: {reason}")
        with job.lock:
            job.started = now()
        rendezvous = hosts[0].base.parent / "rendezvous"
        rendezvous.mkdir()
        try:
            for host in hosts:
                host.container = self._start(job, host, rendezvous)
            overdue = self._wait(job, hosts)
            if not overdue and not job.stop_requested.is_set():
                _check_volumes(hosts, now=True)
                _check_exits(hosts)
        except JobFailedError:
            _terminate(hosts, 0)
            for host in hosts:
                host.uploads.store(finished=False)
            raise
        return overdue

    def _start(self, job: ProcessingJob, host: Host, rendezvous: Path) -> Container:
        specification, base = job.request["AppSpecification"], str(host.base)
        requested = {name: in_base(value, base) for name, value in job.request.get("Environment", {}).items()}
        own = {
            **self._role_environment(job),
            "AWS_REGION": self._cloud.region,
            "AWS_DEFAULT_REGION": self._cloud.region,
            "SAGEMAKER_BASE_DIR": base,
            RENDEZVOUS: str(rendezvous),
            "PYTHONPATH": os.pathsep.join([str(PYTHON_PATHS), *filter(None, [requested.get("PYTHONPATH")])]),
        }
        chosen = program(self._programs, specification)
        try:
            return Container(
                [in_base(word, base) for word in chosen.command],
                environment=container.environment(self._cloud.child_environment(), requested=requested, own=own),
                folder=chosen.folder or host.base / "work",
                on_line=host.logs.write,
                niceness=container.NICENESS,
            )
        except OSError as problem:
            host.logs.write(f"{chosen.command[0]}: {problem.strerror}")
            raise JobFailedError(CONTAINER_FAILED) from problem

    def _role_environment(self, job: ProcessingJob) -> Mapping[str, str]:
        """The job's credentials; a container that is isolated from the network has none."""
        if job.request.get("NetworkConfig", {}).get("EnableNetworkIsolation"):
            return {}
        with _explaining_roles():
            return self._cloud.role_environment(job.request["RoleArn"], seconds=job.max_seconds + GRACE_SECONDS)

    def _client(self, role_arn: str, service: str) -> Any:
        with _explaining_roles():
            return self._cloud.client(service, role_arn)

    def _wait(self, job: ProcessingJob, hosts: list[Host]) -> bool:
        """Wait for every container, or end them all when one fails, the job is stopped, or its time is up."""
        deadline, upload_at = time.monotonic() + job.max_seconds, time.monotonic() + _UPLOAD_SECONDS
        started = [host.container for host in hosts if host.container is not None]
        running = started
        while running:
            over = time.monotonic() >= deadline
            failed = any(each.exit_code not in (None, 0) for each in started)
            if over or failed or job.stop_requested.is_set():
                _terminate(hosts, self._grace)
                return over and not job.stop_requested.is_set()
            _check_volumes(hosts)
            if time.monotonic() >= upload_at:
                for host in hosts:
                    host.uploads.store(finished=False)
                upload_at = time.monotonic() + _UPLOAD_SECONDS
            running = [each for each in running if each.wait(_POLL_SECONDS) is None]
        return False

    def _finish(self, job: ProcessingJob, status: str, reason: str | None = None) -> None:
        job_lifecycle.finish(self._cloud, job, events.processing_job_event, status, reason)


@contextlib.contextmanager
def _explaining_roles() -> Iterator[None]:
    """Turn a role that was deleted meanwhile into the job's failure."""
    try:
        yield
    except RoleError as problem:
        raise JobFailedError(
            "ClientError: SageMaker is unable to perform: sts:AssumeRole on the role. Check if you have a trust relationship for"
            " 'sagemaker.amazonaws.com' to assume the role."
        ) from problem


def _terminate(hosts: Sequence[Host], grace: float) -> None:
    for host in hosts:
        if host.container is not None:
            host.container.terminate(grace)


def _check_volumes(hosts: Sequence[Host], *, now: bool = False) -> None:
    """Fail when a host has filled its volume, as if its next write had failed.

    Raises:
        JobFailedError: one has.
    """
    for host in hosts:
        if host.volume.is_full(now=now):
            host.logs.write(f"{NO_SPACE}: the volume of {host.volume.gigabytes} GB (VolumeSizeInGB) is full")
            raise JobFailedError(CONTAINER_FAILED)


def _check_exits(hosts: Sequence[Host]) -> None:
    """Fail unless every container has ended with 0.

    Raises:
        JobFailedError: one has not.
    """
    if any(host.container is not None and host.container.exit_code != 0 for host in hosts):
        raise JobFailedError(CONTAINER_FAILED)


def _message(hosts: Sequence[Host]) -> str | None:
    """What the containers left in `/opt/ml/output/message`, one after the other, the first KB of it.

    Raises:
        JobFailedError: it is not UTF-8.
    """
    files = [host.base / "output" / "message" for host in hosts]
    content = b"".join(path.read_bytes() for path in files if path.is_file())
    try:
        content.decode()
    except UnicodeDecodeError as problem:
        raise JobFailedError("ClientError: The content of /opt/ml/output/message is not UTF-8 encoded") from problem
    return content[:_MESSAGE_BYTES].decode("utf-8", "ignore") or None
