"""model.tar.gz: packed after training, unpacked before serving."""

from __future__ import annotations

import shutil
import tarfile
import zlib
from pathlib import Path
from typing import Final

_CHUNK_BYTES: Final = 1 << 20


class ArchiveError(Exception):
    """The archive cannot be unpacked; the message says why."""


class TooLargeError(ArchiveError):
    """There is no room for what it holds."""


def pack(folder: Path, archive: Path) -> list[str]:
    """Pack a folder as SageMaker packs `/opt/ml/model`: names relative to it, no leading `./`.

    Binaries come first: `vectors.bin`, `eval.json`, `vectors.txt` is the order seen in AWS's artifacts.

    Returns:
        The names packed.
    """
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: (path.suffix != ".bin", path.name))
    with tarfile.open(archive, "w:gz", compresslevel=3) as tar:
        for path in files:
            tar.add(path, arcname=path.relative_to(folder).as_posix())
    return [path.relative_to(folder).as_posix() for path in files]


def unpack(archive: Path, folder: Path, *, room: int | None = None) -> None:
    """Unpack a model artifact; a member that would land outside the folder, a device or a link is refused.

    AWS extracts no archive with a symbolic link, either: https://repost.aws/knowledge-center/sagemaker-endpoint-creation-fail

    Args:
        archive: the model.tar.gz.
        folder: where to.
        room: bytes that it may take; never more than this machine's disk has left.

    Raises:
        ArchiveError: not a gzipped tar, or an unsafe member.
        TooLargeError: it says itself that it needs more; of that member nothing is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    left = free if room is None else min(room, free)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            # Not extractall with a filter: Python 3.11 before 3.11.4 has none.
            for member in tar:
                left -= member.size
                if left < 0:
                    raise TooLargeError(f"Unable to extract model data from {archive.name}: {member.name!r} is larger than the disk")
                _unpack_member(tar, member, folder)
            _check_to_the_end(tar)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as problem:
        raise ArchiveError(f"Unable to extract model data from {archive.name}: {problem}") from problem


def _check_to_the_end(tar: tarfile.TarFile) -> None:
    """Read what follows the last member: the checksum of all stands at the end, and tarfile does not get there."""
    while tar.fileobj.read(_CHUNK_BYTES):
        pass


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    target = (folder / member.name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise tarfile.ExtractError(f"{member.name!r} would be extracted outside the destination")
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    source = tar.extractfile(member) if member.isreg() else None
    if source is None:
        raise tarfile.ExtractError(f"{member.name!r} is neither a file nor a folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, target.open("wb") as file:
        shutil.copyfileobj(source, file)
