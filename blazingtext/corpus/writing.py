"""Where a corpus is written: a file, or an object of S3; either appears only when it is complete."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from ..files import atomic_file
from .objects import S3Object


def complete(path: Path | S3Object, *, force: bool = True) -> AbstractContextManager[IO[bytes]]:
    """A file or an object to write to, which is there only when the body succeeds; after an error nothing of it is left.

    Args:
        path: where.
        force: replace what is there.

    Raises:
        UserError: something is there and may not be replaced, or a file cannot be written.
        LifecycleError: AWS refuses, or cannot be reached: known before the first byte is written.
    """
    if not isinstance(path, S3Object):
        return atomic_file(path, force=force)
    # Spark's image has an older botocore, and writes in its own way.
    from .object_uploads import uploaded  # noqa: PLC0415

    return uploaded(path, force=force)
