"""Files that appear only when they are complete."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from blazingtext_lifecycle.errors import UserError


@contextmanager
def atomic_file(path: Path, *, force: bool = True) -> Iterator[IO[bytes]]:
    """A file to write to that gets its name only when the body succeeds; after an error nothing is left.

    Args:
        path: its final name; missing folders are created.
        force: replace a file that is there.

    Raises:
        UserError: the file exists and may not be replaced, or the folder is not writable.
    """
    refuse_existing(path, force=force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise UserError(f"{path} cannot be written. {error.strerror or error}. Choose another path.") from error
    try:
        with os.fdopen(handle, "wb", buffering=1 << 20) as stream:
            yield stream
        # mkstemp creates files that only their owner can read; the umask decides here as for any other file.
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def refuse_existing(path: Path, *, force: bool) -> None:
    """Does nothing when the path is free or may be replaced.

    Raises:
        UserError: the file exists and may not be replaced.
    """
    if path.exists() and not force:
        raise UserError(f"{path} already exists. Nothing was written. Use --force to replace it, or write to another file.")


def _umask() -> int:
    """The process's file mode mask; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
