"""One training job from Starting to its end: data in, the engine as a child process, the artifact out.

The states follow "DescribeTrainingJob": Starting, Downloading, Training, Uploading, then Completed, Failed, Stopped or
MaxRuntimeExceeded. The job uses S3, Logs and CloudWatch with its execution role.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from .. import container, events, job_lifecycle
from ..cloud import Cloud, RoleError
from ..container import Container
from ..job_lifecycle import GRACE_SECONDS, REASON_LENGTH, JobFailedError
from ..log_stream import LogStream
from ..programs import Programs
from ..s3 import nothing_found
from ..store import TERMINAL, TrainingJob, now
from ..volume import NO_SPACE, Volume
from . import network
from .metrics import compiled, metrics_in, put_training_metrics
from .opt_ml import write_opt_ml
from .transfers import download, store

LOG_GROUP: Final = "/aws/sagemaker/TrainingJobs"
#: How often a running job checks whether it was stopped or has run too long.
_POLL_SECONDS: Final = 0.1


@dataclass
class Host:
    """One instance of a job: its folder, its volume, its log stream, its process once it runs."""

    name: str
    base: Path
    volume: Volume
    logs: LogStream
    container: Container | None = field(default=None)

    def failure(self) -> str:
        """What the container wrote about its failure."""
        path = self.base / "output" / "failure"
        return path.read_text("utf-8", "replace").strip() if path.is_file() else ""


class JobRunner:
    """Runs training jobs.

    Args:
        cloud: the account it runs in.
        folder: where jobs keep their `/opt/ml` while they run.
        programs: what runs for an image.
        grace: seconds between SIGTERM and SIGKILL.
    """

    def __init__(self, cloud: Cloud, folder: Path, programs: Programs, *, grace: float = GRACE_SECONDS) -> None:
        self._cloud, self._folder, self._programs, self._grace = cloud, folder, programs, grace

    def run(self, job: TrainingJob) -> None:
        """Run a job to its end; it always reaches a final status."""
        base = self._folder / "training" / self._cloud.region / job.name
        job_lifecycle.run(job, base, partial(self._run, job), partial(self._fail, job))

    def _run(self, job: TrainingJob, base: Path) -> None:
        job.started = now()
        client = self._clients(job)
        hosts = self._hosts(job, base, client)
        try:
            if not job.stop_requested.is_set():
                self._enter(job, "Downloading", "Downloading input data")
                self._download(job, hosts, client)
            if job.stop_requested.is_set():
                self._finish(job, "Stopped", "Stopped", "Training job stopped")
                return
            self._enter(job, "Training", "Training image download completed. Training in progress.")
            overdue = self._train(job, hosts)
        finally:
            for host in hosts:
                host.logs.close()
        if job.metrics:
            put_training_metrics(client("cloudwatch"), job.name, {name: value for name, (value, _) in job.metrics.items()})
        self._upload(job, hosts[0], client)
        self._end(job, overdue=overdue)

    def _clients(self, job: TrainingJob) -> Callable[[str], Any]:
        return partial(_client_or_failure, self._cloud, job.request["RoleArn"])

    def _hosts(self, job: TrainingJob, base: Path, client: Callable[[str], Any]) -> list[Host]:
        names = [f"algo-{number}" for number in range(1, job.request["ResourceConfig"]["InstanceCount"] + 1)]
        epoch = int(time.time())
        hosts = []
        for name in names:
            write_opt_ml(base / name, job.request, host=name, hosts=names)
            logs = LogStream(partial(client, "logs"), LOG_GROUP, f"{job.name}/{name}-{epoch}")
            hosts.append(Host(name, base / name, Volume(base / name, job.request["ResourceConfig"]), logs))
        return hosts

    def _download(self, job: TrainingJob, hosts: list[Host], client: Callable[[str], Any]) -> None:
        """Fetch each channel once; every host then sees all of it, as FullyReplicated asks."""
        first, *others = hosts
        missing = partial(nothing_found, region=self._cloud.region, role=job.request["RoleArn"])
        for channel in job.request.get("InputDataConfig", ()):
            folder = first.base / "input" / "data" / channel["ChannelName"]
            found = download(channel, folder, client("s3"), room=first.volume.room(), missing=missing)
            for host in hosts:
                host.volume.add_data(found.size)
            for host in others:
                shutil.copytree(folder, host.base / "input" / "data" / channel["ChannelName"], copy_function=os.link)

    def _train(self, job: TrainingJob, hosts: list[Host]) -> bool:
        """Run the containers to their end; whether they had to be stopped for running too long."""
        with network.between([host.name for host in hosts]) as places:
            for host in hosts:
                host.container = self._start(job, host, places)
            return self._run_containers(job, hosts)

    def _run_containers(self, job: TrainingJob, hosts: list[Host]) -> bool:
        overdue = self._wait(job, hosts)
        stopped = overdue or job.stop_requested.is_set()
        if not stopped:
            _check_volumes(hosts, now=True)
        for host in hosts:
            _raise_failure(host, stopped=stopped)
        return overdue

    def _start(self, job: TrainingJob, host: Host, places: Mapping[str, str]) -> Container:
        own = {
            "AWS_REGION": self._cloud.region,
            "AWS_DEFAULT_REGION": self._cloud.region,
            "TRAINING_JOB_NAME": job.name,
            "TRAINING_JOB_ARN": job.arn,
            "SAGEMAKER_BASE_DIR": str(host.base),
            **places,
        }
        program = self._programs.training(job.request["AlgorithmSpecification"]["TrainingImage"])
        return Container(
            program.command,
            environment=container.environment(self._cloud.child_environment(), requested=job.request.get("Environment", {}), own=own),
            folder=program.folder or host.base / "code",
            on_line=partial(_record_line, job, host.logs, compiled(job.metric_definitions)),
            niceness=container.NICENESS,
        )

    def _wait(self, job: TrainingJob, hosts: list[Host]) -> bool:
        """Wait for every container, or end them all when one fails, the job is stopped, or its time is up."""
        limit = job.request["StoppingCondition"].get("MaxRuntimeInSeconds", 86_400)
        deadline = time.monotonic() + limit - ((now() - job.started).total_seconds() if job.started is not None else 0)
        started = [host.container for host in hosts if host.container is not None]
        running = started
        while running:
            over = time.monotonic() >= deadline
            failed = any(each.exit_code not in (None, 0) for each in started)
            if over or failed or job.stop_requested.is_set():
                for each in running:
                    each.terminate(self._grace)
                return over and not job.stop_requested.is_set()
            _check_volumes(hosts)
            running = [each for each in running if each.wait(_POLL_SECONDS) is None]
        return False

    def _upload(self, job: TrainingJob, host: Host, client: Callable[[str], Any]) -> None:
        """Pack and store `/opt/ml/model`, and `/opt/ml/output/data` if anything is in it; a stopped job without a model leaves neither."""
        model = host.base / "model"
        if job.status == "Stopping" and not any(model.iterdir()):
            return
        if job.status == "InProgress":
            self._enter(job, "Uploading", "Uploading generated training model")
        data = host.base / "output" / "data"
        if any(data.iterdir()):
            store(job, host.volume, data, "output.tar.gz", client)
        job.artifact = store(job, host.volume, model, "model.tar.gz", client)

    def _end(self, job: TrainingJob, *, overdue: bool) -> None:
        if overdue:
            self._finish(job, "Stopped", "MaxRuntimeExceeded", "Training job runtime exceeded MaxRuntimeInSeconds provided")
        elif job.stop_requested.is_set():
            self._finish(job, "Stopped", "Stopped", "Training job stopped")
        else:
            self._finish(job, "Completed", "Completed", "Training job completed")

    def _enter(self, job: TrainingJob, secondary: str, message: str) -> None:
        """Enter a secondary status within InProgress; a job asked to stop meanwhile stays Stopping."""
        with job.lock:
            if job.status != "InProgress":
                return
            job.transition("InProgress", secondary, message)
            event = events.training_job_event(job)
        self._cloud.publish(*event)

    def _finish(self, job: TrainingJob, status: str, secondary: str, message: str) -> None:
        with job.lock:
            # A stop that came after the container had ended still counts: a Stopping job ends as Stopped.
            if job.status == "Stopping" and status == "Completed":
                status, secondary, message = "Stopped", "Stopped", "Training job stopped"
            job.transition(status, secondary, message)
            event = events.training_job_event(job)
        self._cloud.publish(*event)

    def _fail(self, job: TrainingJob, reason: str) -> None:
        with job.lock:
            if job.status in TERMINAL:
                return
            job.failure = reason[:REASON_LENGTH]
            job.transition("Failed", "Failed", "Training job failed")
            event = events.training_job_event(job)
        self._cloud.publish(*event)


def _client_or_failure(cloud: Cloud, role_arn: str, service: str) -> Any:
    """A client with the job's role; a role that was deleted meanwhile fails the job."""
    try:
        return cloud.client(service, role_arn)
    except RoleError as problem:
        raise JobFailedError(
            "ClientError: TrainingHostAgent Initialization failed:InvalidInputException: SageMaker is unable to perform: sts:AssumeRole on"
            " the role. Check if you have a trust relationship for 'sagemaker.amazonaws.com' to assume the role."
        ) from problem


def _record_line(job: TrainingJob, logs: LogStream, patterns: Mapping[str, re.Pattern[str]], line: str) -> None:
    logs.write(line)
    for name, value in metrics_in(line, patterns).items():
        if math.isfinite(value):
            job.record_metric(name, value)


def _check_volumes(hosts: Sequence[Host], *, now: bool = False) -> None:
    """Kill every container when one has filled its volume, as if its next write had failed.

    BlazingText's own words for it are not published; the first ones are the operating system's.

    Raises:
        JobFailedError: one has.
    """
    for host in hosts:
        if host.volume.is_full(now=now):
            for each in hosts:
                if each.container is not None:
                    each.container.terminate(0)
            said = f"{NO_SPACE}: the volume of {host.volume.gigabytes} GB (VolumeSizeInGB) is full"
            host.logs.write(said)
            raise JobFailedError(f"AlgorithmError: {said}, exit code: {128 + signal.SIGKILL}")


def _raise_failure(host: Host, *, stopped: bool) -> None:
    """Raise when a container failed, with its FailureReason.

    A stopped container may exit with an error or by a signal: what counts then is what it left in the model folder.

    Raises:
        JobFailedError: it failed, and was not stopped.
    """
    code = host.container.exit_code if host.container is not None else None
    if code is None or code == 0 or stopped:
        return
    written = host.failure()
    if written.startswith("Customer Error: "):
        raise JobFailedError(f"ClientError: {written.removeprefix('Customer Error: ')}")
    # A signal's number comes back negative; a shell, and so a container, says 128 and the number.
    shown = 128 - code if code < 0 else code
    raise JobFailedError(f"AlgorithmError: {written.removeprefix('Platform Error: ')[: REASON_LENGTH - 40]}, exit code: {shown}")
