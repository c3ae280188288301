"""Whether CloudFormation notices that SageMaker rolled an endpoint's update back: nobody has shown it on AWS, so both can be played.

A switch of a running sandbox, kept in its state folder; the server reads it at the end of every update.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .errors import SandboxError

NOTICED: Final = "noticed"
SILENT: Final = "silent"
ANSWERS: Final = (NOTICED, SILENT)
_FILE: Final = "endpoint-rollbacks"


def read(folder: Path) -> str:
    """`noticed`, the default, or `silent`."""
    file = folder / _FILE
    return file.read_text("utf-8") if file.exists() else NOTICED


def write(folder: Path, answer: str) -> None:
    """Choose what is played from now on.

    Raises:
        SandboxError: it is neither `noticed` nor `silent`.
    """
    if answer not in ANSWERS:
        raise SandboxError(
            f'"{answer}" is no way for CloudFormation to take an endpoint\'s rollback. Choose {NOTICED} or {SILENT}.', exit_code=2
        )
    # Renamed into place: the server must not read half of it.
    new = folder / f"{_FILE}.new"
    new.write_text(answer, "utf-8")
    new.replace(folder / _FILE)
