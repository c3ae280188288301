"""What a training job fetches from S3 and stores there, and SageMaker's words when it cannot."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import model_archive, s3
from ..api.contract import Parameters
from ..job_lifecycle import JobFailedError
from ..s3 import Downloaded, Location, TransferError
from ..store import TrainingJob
from ..volume import INSUFFICIENT, Volume


def download(channel: Parameters, folder: Path, s3_client: Any, *, room: int | None, missing: Callable[[str], str]) -> Downloaded:
    """Fetch a channel.

    Args:
        channel: an entry of the job's InputDataConfig.
        folder: where to.
        s3_client: of the job's role.
        room: bytes that its volume has left; None when nothing limits them.
        missing: what to say of an address under which there is nothing.

    Raises:
        JobFailedError: it cannot be read, does not fit, or there is nothing.
    """
    uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
    prefix = Location.parse(uri)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        found = Downloaded(0, 0) if prefix is None else s3.download_prefix(s3_client, prefix, folder, room=room)
    except TransferError as problem:
        raise JobFailedError(f"ClientError: Data download failed:{problem}") from problem
    if found.files == 0:
        raise JobFailedError(f"ClientError: {missing(uri)}")
    return found


def store(job: TrainingJob, volume: Volume, folder: Path, name: str, client: Callable[[str], Any]) -> str:
    """Pack a folder and store it where the job's output goes; its address.

    Source: "Amazon SageMaker AI Training Storage Folders": `/opt/ml/model` becomes model.tar.gz, `/opt/ml/output/data` output.tar.gz.

    Args:
        job: whose it is.
        volume: where it lies, and where the archive has to fit in beside it.
        folder: what is packed.
        name: the archive's.
        client: makes clients of the job's role.

    Raises:
        JobFailedError: it cannot be packed or stored.
    """
    archive = folder.parent / name
    uri = f"{job.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job.name}/output/{name}"
    target = Location.parse(uri)
    if target is None:
        raise JobFailedError(f"ClientError: Artifact upload failed:{uri} is not an S3 address")
    try:
        _pack(folder, archive)
        if volume.is_full(now=True):
            raise TransferError(INSUFFICIENT)  # noqa: TRY301 - reported like any other reason
        s3.upload(client("s3"), archive, target)
    except TransferError as problem:
        raise JobFailedError(f"ClientError: Artifact upload failed:{problem}") from problem
    return uri


def _pack(folder: Path, archive: Path) -> None:
    try:
        model_archive.pack(folder, archive)
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        raise TransferError(INSUFFICIENT) from problem
