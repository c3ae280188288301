"""Files that are either whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from blazingtext_lifecycle.errors import UserError


@contextmanager
def whole_file(path: Path, *, force: bool = True) -> Iterator[IO[bytes]]:
    """A file to write to that takes its name only when the body ends well; after an error nothing is left.

    Args:
        path: its name in the end; missing folders are made.
        force: replace a file that is there.

    Raises:
        UserError: the file exists and may not be replaced, or the folder cannot be written to.
    """
    refuse_existing(path, force=force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise UserError(f"{path} cannot be written. {error.strerror or error}. Choose another place.") from error
    try:
        with os.fdopen(handle, "wb", buffering=1 << 20) as stream:
            yield stream
        # mkstemp makes files that only their owner reads; a corpus is as open as any other file.
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def refuse_existing(path: Path, *, force: bool) -> None:
    """Nothing, when the path is free or may be replaced.

    Raises:
        UserError: it is taken.
    """
    if path.exists() and not force:
        raise UserError(
            f"{path} exists already. Nothing was written, so that nothing is lost. Use --force to replace it, or another --output."
        )


def _umask() -> int:
    """The process's file mode mask; asking for it means setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
