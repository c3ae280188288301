"""What a processing job fetches from S3 and stores there, and SageMaker's words when it cannot.

Of a failed download: https://github.com/aws-samples/sagemaker-run-notebook/issues/32; of a failed upload no answer of AWS's is published.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .. import s3
from ..api.contract import Parameters
from ..job_lifecycle import JobFailedError
from ..s3 import Location, TransferError
from . import requests
from .opt_ml import local
from .record import ProcessingJob


def download(job: ProcessingJob, bases: Sequence[Path], s3_client: Any, *, room: int | None, missing: Callable[[str], str]) -> None:
    """Fetch the inputs of all hosts.

    What is replicated is fetched once, and each host has a hard link to every file: it takes no further room on this machine.

    Args:
        job: whose inputs they are.
        bases: each host's `/opt/ml`.
        s3_client: of the job's role.
        room: bytes that the volume of a host has; None when nothing limits them.
        missing: what to say of an address under which there is nothing.

    Raises:
        JobFailedError: an input cannot be read, does not fit, or there is nothing.
    """
    left = [room] * len(bases)
    for source in requests.inputs(job.request):
        sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
        parts = [(number, len(bases)) for number in range(len(bases))] if sharded else [(0, 1)]
        files = 0
        for number, part in enumerate(parts):
            found = _fetch(source, local(source["LocalPath"], bases[number]), s3_client, room=left[number], part=part)
            files += found.files
            for host in [number] if sharded else range(len(bases)):
                left[host] = _less(left[host], found.size)
        if files == 0:
            raise JobFailedError(f"ClientError: {missing(source['S3Uri'])}")
        for other in [] if sharded else bases[1:]:
            here, there = local(source["LocalPath"], bases[0]), local(source["LocalPath"], other)
            shutil.copytree(here, there, copy_function=os.link, dirs_exist_ok=True)


def _fetch(source: Parameters, folder: Path, s3_client: Any, *, room: int | None, part: tuple[int, int]) -> s3.Downloaded:
    prefix = Location.parse(source["S3Uri"])
    try:
        return s3.Downloaded(0, 0) if prefix is None else s3.download_prefix(s3_client, prefix, folder, room=room, part=part)
    except TransferError as problem:
        raise JobFailedError(f"ClientError: Failed to download data. {problem}") from problem


def _less(room: int | None, size: int) -> int | None:
    return None if room is None else room - size


class Uploads:
    """The outputs of one host. Files of the same name from several hosts have one key: the last one stays.

    Args:
        job: whose outputs they are.
        base: the host's `/opt/ml`.
        client: makes the S3 client of the job's role.
    """

    def __init__(self, job: ProcessingJob, base: Path, client: Callable[[], Any]) -> None:
        self._outputs, self._base, self._client = requests.outputs(job.request), base, client
        self._stored: dict[Path, tuple[int, int]] = {}

    def store(self, *, finished: bool) -> None:
        """Store what is new or has changed.

        Args:
            finished: whether the job has succeeded: only then is what is uploaded at its end stored, too.

        Raises:
            JobFailedError: the bucket is missing or the role may not write.
        """
        for output in self._outputs:
            if not finished and output["S3UploadMode"] == "EndOfJob":
                continue
            folder = local(output["LocalPath"], self._base)
            for path, seen in _files(folder):
                if self._stored.get(path) != seen:
                    self._upload(path, f"{output['S3Uri'].rstrip('/')}/{path.relative_to(folder).as_posix()}")
                    self._stored[path] = seen

    def _upload(self, path: Path, uri: str) -> None:
        """Store a copy of a file: the container may be writing to it, and what is sent must not change on the way."""
        target, copy = Location.parse(uri), self._base / "upload"
        try:
            shutil.copyfile(path, copy)
            if target is not None:
                s3.upload(self._client(), copy, target)
        except FileNotFoundError:
            # It has been renamed or removed meanwhile: there is nothing to store.
            return
        except TransferError as problem:
            raise JobFailedError(f"ClientError: Failed to upload data. {problem}") from problem
        finally:
            copy.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    """The files below a folder, with what changes when they do."""
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file():
                state = path.stat()
                yield path, (state.st_mtime_ns, state.st_size)
