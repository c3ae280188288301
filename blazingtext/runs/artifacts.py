"""A run's artifact on this machine: downloaded once, unpacked safely."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, naming
from blazingtext_lifecycle.errors import CloudError, LifecycleError, NotReady, RequestError, UserError

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..errors import RunError
from ..files import atomic_file, refuse_existing
from ..stages import blazingtext_command
from . import checksums, training_jobs

# What BlazingText writes; anything else in an archive is ignored.
MEMBERS = ("vectors.txt", "vectors.bin", "model.bin", "eval.json")

_CHUNK_BYTES = 1 << 20

Advance = Callable[[int], None]
OnSize = Callable[[int], Advance]


@dataclass(frozen=True)
class Artifact:
    """A run's files on this machine.

    Attributes:
        uri: where the archive is in S3.
        folder: where its files are here.
        files: their names.
        stage: whose run it is.
    """

    uri: str
    folder: Path
    files: tuple[str, ...]
    stage: str

    def path(self, name: str) -> Path:
        """The path of one of the files.

        Raises:
            RequestError: the run has none of that name.
        """
        if name not in self.files:
            raise RequestError(
                f"{self.uri} contains no {name}, only {', '.join(self.files)}: word vectors come from skipgram, cbow and batch_skipgram, "
                f"a classifier from supervised. Choose a run of the other kind with --job; see: {blazingtext_command('runs', self.stage)}"
            )
        return self.folder / name


@dataclass(frozen=True)
class CopiedFile:
    """A file of a run in a folder of one's own.

    Attributes:
        path: where it is.
        bytes: its size.
        sha256: its hash, hexadecimal.
    """

    path: Path
    bytes: int
    sha256: str


def cache_folder() -> Path:
    """Where artifacts are kept: BLAZINGTEXT_CACHE, or the user's cache folder."""
    chosen = os.environ.get("BLAZINGTEXT_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "blazingtext"


def fetch(cloud: Cloud, uri: str, *, on_size: OnSize = lambda _: lambda _: None) -> Artifact:
    """An artifact's files, from the cache when they are there.

    Args:
        cloud: the stage.
        uri: of a model.tar.gz; the job's name in it may be a beginning that no other job of the stage has.
        on_size: called with the archive's size; returns what is called with every number of bytes downloaded.

    Raises:
        RequestError: there is no such object; the message says what became of its job.
        NotReady: the job still runs.
        UserError: the cache cannot be written.
        CloudError: the archive is broken, or is not what S3 holds.
    """
    bucket, key = naming.split_s3_uri(uri)
    with translating_aws_errors(f"download {uri}"):
        try:
            head = cloud.s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if not aws_errors.is_missing(error):
                raise
            found = _job_of(cloud, uri)
            if found.job != naming.job_of_artifact(uri):
                return fetch(cloud, naming.artifact_uri(bucket, found.job), on_size=on_size)
            raise _no_artifact(cloud, found, uri) from error
        # The ETag is part of the path: a run of another account, or of a sandbox, may have the same name.
        folder = cache_folder() / bucket / (naming.job_of_artifact(uri) or key.replace("/", "_")) / head["ETag"].strip('"')
        if not folder.is_dir():
            with _explaining_disks(folder):
                folder.parent.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as partial:
                    packed = Path(partial) / naming.ARTIFACT
                    cloud.s3.download_file(bucket, key, str(packed), Callback=on_size(head["ContentLength"]))
                    checksums.check(packed, head, uri)
                    _move_into_place(unpack(packed, Path(partial) / "files"), folder)
    return Artifact(uri, folder, tuple(sorted(each.name for each in folder.iterdir() if each.name in MEMBERS)), cloud.stage)


@contextmanager
def _explaining_disks(folder: Path) -> Iterator[None]:
    """Turns the operating system's errors into a sentence.

    Raises:
        UserError: the model cannot be kept: the disk or the quota is full, or the home folder is read-only.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise UserError(
            f"The model cannot be kept in {folder.parent}. {error.strerror or error}. Nothing was left there. "
            "Make room, or set BLAZINGTEXT_CACHE to another folder."
        ) from error


def _job_of(cloud: Cloud, uri: str) -> training_jobs.Run:
    """The job that would have made an artifact; its name may have been typed in part.

    Raises:
        RequestError: there is none.
    """
    job = naming.job_of_artifact(uri)
    if not job:
        raise RunError(f"There is no {uri}. It is not the artifact of a training job.", cloud.stage)
    return training_jobs.run(cloud, job)


def _no_artifact(cloud: Cloud, found: training_jobs.Run, uri: str) -> LifecycleError:
    """Why a job has no artifact."""
    if not found.over:
        wait = blazingtext_command(f"logs {found.job} --follow", cloud.stage)
        return NotReady(f"{found.job} has no model yet. It is {found.status} ({found.phase}). Wait for it with: {wait}")
    why = f": {found.failure}" if found.failure else ""
    return RunError(f"{found.job} has no model. It is {found.status}{why}, and there is no {uri}.", cloud.stage)


def _move_into_place(source: Path, folder: Path) -> None:
    """Renames the folder in one step; another process may have done the same a moment before."""
    try:
        source.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _check_room(size: int, folder: Path) -> None:
    """Raises before a file is written that does not fit: an archive says first how large it is, and a thousand times smaller it may be."""
    if size > shutil.disk_usage(folder).free:
        raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)} for a file of {size:,} bytes")


def unpack(archive: Path, folder: Path) -> Path:
    """Copies the files that BlazingText writes out of an archive, by name; links, devices and everything else in it are ignored.

    Raises:
        CloudError: it is not an archive, it is damaged, or it contains none of the files.
        OSError: one of them is larger than the disk has room for.
    """
    folder.mkdir(parents=True)
    try:
        with gzip.open(archive) as unzipped, tarfile.open(fileobj=unzipped, mode="r:") as packed:
            for member in packed:
                name = member.name.removeprefix("./")
                stream = packed.extractfile(member) if member.isreg() and name in MEMBERS else None
                if stream is not None:
                    _check_room(member.size, folder)
                    with stream, (folder / name).open("wb") as target:
                        shutil.copyfileobj(stream, target)
            # The checksum of all stands at the end, and tarfile does not get there.
            while unzipped.read(_CHUNK_BYTES):
                pass
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CloudError(
            f"{archive.name} cannot be unpacked. {type(error).__name__}: {error}. "
            "Run the command again to download it again; if that does not help, train again."
        ) from error
    if not any(folder.iterdir()):
        raise CloudError(
            f"{archive.name} contains no model. None of {', '.join(MEMBERS)} is in it, so BlazingText did not write it. "
            "Choose another run with --job."
        )
    return folder


def copy(artifact: Artifact, folder: Path, *, force: bool = False) -> tuple[CopiedFile, ...]:
    """Copies a run's files to a folder of one's own.

    Args:
        artifact: the run's files.
        folder: where to; made when it is not there.
        force: replace files of the same names.

    Raises:
        UserError: one is there already, and nothing is written then; or the folder cannot be written.
    """
    for name in artifact.files:
        refuse_existing(folder / name, force=force)
    return tuple(_copied(artifact.path(name), folder / name, force=force) for name in artifact.files)


def _copied(source: Path, target: Path, *, force: bool) -> CopiedFile:
    digest = hashlib.sha256()
    with source.open("rb") as read, atomic_file(target, force=force) as written:
        while part := read.read(1 << 20):
            digest.update(part)
            written.write(part)
    return CopiedFile(target, source.stat().st_size, digest.hexdigest())
