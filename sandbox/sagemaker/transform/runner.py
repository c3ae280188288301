"""One transform job from its start to its end: the model served on its instances, the files through it, the results stored.

Outputs are stored when all files have been through: of a job that was stopped none is, of one that failed those of the files that succeeded
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTransformJob.html, .../API_TransformOutput.html).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from .. import events, job_lifecycle, model_archive, s3
from ..cloud import Cloud, RoleError
from ..job_lifecycle import JobFailedError
from ..job_record import now
from ..model_archive import ArchiveError
from ..programs import Programs
from ..s3 import Location, TransferError, nothing_found
from . import inputs
from .host import Host, StoppedError, run_together
from .inputs import InputError, Source
from .record import TransformJob

Task = tuple[Source, Path]


class TransformRunner:
    """Runs transform jobs.

    Args:
        cloud: the account it runs in.
        folder: where jobs keep their files while they run.
        programs: what runs for an image.
    """

    def __init__(self, cloud: Cloud, folder: Path, programs: Programs) -> None:
        self._cloud, self._folder, self._programs = cloud, folder, programs

    def run(self, job: TransformJob) -> None:
        """Run a job to its end; it always reaches a final status."""
        base = self._folder / "transform" / self._cloud.region / job.name
        job_lifecycle.run(job, base, partial(self._run, job), partial(self._finish, job, "Failed"))

    def _run(self, job: TransformJob, base: Path) -> None:
        try:
            self._transform(job, base)
        except StoppedError:
            self._finish(job, "Stopped")

    def _transform(self, job: TransformJob, base: Path) -> None:
        job.started = now()
        client = self._client(job)
        artifact = base / "model"
        artifact.mkdir(parents=True)
        _fetch(job, client, artifact)
        tasks = self._tasks(job, client, base / "out")
        hosts: list[Host] = []
        try:
            count = job.request["TransformResources"]["InstanceCount"]
            hosts.extend(Host.make(job, base / "hosts", artifact, self._cloud, self._programs) for _ in range(count))
            for host in hosts:
                host.start()
            wanted = [host.wait() for host in hosts]
            run_together(hosts, tasks, client, wanted[0])
        finally:
            for host in hosts:
                host.close()
        self._end(job, hosts, tasks, client)

    def _client(self, job: TransformJob) -> Any:
        role = job.model["ExecutionRoleArn"]
        try:
            return self._cloud.client("s3", role)
        except RoleError as problem:
            raise JobFailedError(
                f"ClientError: SageMaker cannot assume the role {role} of the model {job.request['ModelName']}. Please ensure that the role"
                " exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
            ) from problem

    def _tasks(self, job: TransformJob, client: Any, folder: Path) -> list[Task]:
        uri = job.request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
        missing = nothing_found(uri, self._cloud.region, job.model["ExecutionRoleArn"])
        try:
            found = inputs.sources(job.request, client, missing)
        except InputError as problem:
            raise JobFailedError(f"ClientError: {problem}") from problem
        folder.mkdir()
        return [(source, folder / str(number)) for number, source in enumerate(found)]

    def _end(self, job: TransformJob, hosts: list[Host], tasks: list[Task], client: Any) -> None:
        if job.stop_requested.is_set():
            raise StoppedError
        output = job.request["TransformOutput"]["S3OutputPath"].rstrip("/")
        for source, path in tasks:
            if path.is_file():
                _store(client, path, f"{output}/{source.name}.out")
        failures = [reason for host in hosts for reason in host.failures]
        self._finish(job, "Failed" if failures else "Completed", failures[0] if failures else None)

    def _finish(self, job: TransformJob, status: str, reason: str | None = None) -> None:
        job_lifecycle.finish(self._cloud, job, events.transform_job_event, status, reason)


def _fetch(job: TransformJob, client: Any, folder: Path) -> None:
    uri = job.model["PrimaryContainer"].get("ModelDataUrl")
    location = None if uri is None else Location.parse(uri)
    if location is None:
        return
    archive = folder.with_name("model.tar.gz")
    try:
        s3.download(client, location, archive)
        model_archive.unpack(archive, folder)
    except (TransferError, ArchiveError) as problem:
        raise JobFailedError(
            f'ClientError: Failed to download model data. Please ensure that there is an object located at the URL "{uri}" and that the'
            f" role passed to CreateModel has permissions to download the object. ({problem})"
        ) from problem
    finally:
        archive.unlink(missing_ok=True)


def _store(client: Any, path: Path, uri: str) -> None:
    target = Location.parse(uri)
    if target is None:
        raise JobFailedError(f"ClientError: Output upload failed: {uri} is not an S3 address")
    try:
        s3.upload(client, path, target)
    except TransferError as problem:
        raise JobFailedError(f"ClientError: Output upload failed: {problem}") from problem
