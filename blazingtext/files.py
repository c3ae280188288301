"""Files that appear only when they are complete."""

from __future__ import annotations

import io
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from blazingtext_lifecycle.errors import UserError

# A file name may have 255 bytes; the name of the unfinished file must not be what does not fit.
_NAME_BYTES = 100


@contextmanager
def atomic_file(path: Path, *, force: bool = True) -> Iterator[IO[bytes]]:
    """A file to write to that gets its name only when the body succeeds; after an error nothing is left.

    A symbolic link stays, and the file that it points to is written. A terminal, a pipe or another character device is written to
    directly.

    Args:
        path: its final name; missing folders are created.
        force: replace a file that is there.

    Raises:
        UserError: the file exists and may not be replaced, is no file, or cannot be written: the folder, the name, the disk or the quota
            does not let it.
    """
    refuse_existing(path, force=force)
    with _explained(path):
        final = path.resolve()
        direct = _is_stream(final)
    if direct:
        with _explained(path):
            raw = _Raw(path, "wb")
        with _closing(io.BufferedWriter(raw)) as stream:
            yield stream
        return
    with _explained(path):
        final.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=final.parent, prefix=f".{_shortened(final.name)}.", suffix=".part")
    try:
        with _closing(io.BufferedWriter(_Raw(path, "wb", handle))) as stream:
            yield stream
        # mkstemp creates files that only their owner can read; the umask decides here as for any other file.
        with _explained(path):
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(final)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


class _Raw(io.FileIO):
    """A file whose trouble with writing has the file's name."""

    def __init__(self, path: Path, mode: str, handle: int | None = None) -> None:
        super().__init__(path if handle is None else handle, mode)
        self._path = path

    def write(self, data: object) -> int:
        with _explained(self._path):
            return super().write(data) or 0  # type: ignore[arg-type] # whatever a buffer may hold


@contextmanager
def _closing(stream: io.BufferedWriter) -> Iterator[IO[bytes]]:
    """Closes a stream; after an error what it still holds is given up."""
    try:
        yield stream
    except BaseException:
        with suppress(OSError, UserError):
            stream.close()
        raise
    stream.close()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns the operating system's errors into sentences.

    Raises:
        UserError: the path cannot be written.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, RuntimeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise UserError(
            f"{_shown(path)} cannot be written. {reason}. Nothing was left there. Choose another path, or make room."
        ) from error


def _shown(path: Path) -> str:
    """A path, cut when it is very long."""
    text = str(path)
    return text if len(text) <= 200 else f"{text[:100]}...{text[-50:]}"


def _shortened(name: str) -> str:
    return os.fsdecode(os.fsencode(name)[:_NAME_BYTES])


def _is_stream(path: Path) -> bool:
    """Whether a path is a terminal, a pipe or another character device.

    Raises:
        OSError: it is something else that must not be replaced by a file: a disk, a socket, a folder.
    """
    if not path.exists():
        return False
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)):
        kind = "It is a folder" if stat.S_ISDIR(mode) else "It is a disk or a socket, not a file"
        raise OSError(0, kind)
    return not stat.S_ISREG(mode)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Does nothing when the path is free or may be replaced.

    Raises:
        UserError: the file exists and may not be replaced, or its name is impossible.
    """
    with _explained(path):
        there = path.exists() and not _is_stream(path)
    if there and not force:
        raise UserError(f"{path} already exists. Nothing was written. Use --force to replace it, or write to another file.")


def _umask() -> int:
    """The process's file mode mask; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
