"""model.tar.gz: packed after training, unpacked before serving."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path


class ArchiveError(Exception):
    """The archive cannot be unpacked; the message says why."""


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


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a model artifact; a member that would land outside the folder, a device or a link is refused.

    Raises:
        ArchiveError: not a gzipped tar, or an unsafe member.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            # Not extractall with a filter: Python 3.11 before 3.11.4 has none.
            for member in tar:
                _unpack_member(tar, member, folder)
    except (tarfile.TarError, EOFError, OSError) as problem:
        raise ArchiveError(f"Unable to extract model data from {archive.name}: {problem}") from problem


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
