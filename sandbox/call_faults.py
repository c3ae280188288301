"""Faults that calls of AWS meet on demand: an answer of AWS's that is an error, or a connection that breaks.

A switch of a running sandbox, kept in its state folder: the server looks at it with every request (`faulty_calls.py`), and notes there
what it has played.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from .errors import SandboxError

_FILE: Final = "call-faults"
_PLAYED: Final = "call-faults-played"
_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")


class Kind(StrEnum):
    """What a call meets."""

    #: The service's own answer to a caller that asks too often; nothing is done.
    THROTTLED = "throttled"
    #: An error of the service itself, with HTTP status 500; nothing is done.
    FAILING = "failing"
    #: IAM's refusal, whatever the policies say; nothing is done.
    REFUSED = "refused"
    #: The connection ends without an answer; nothing is done.
    CUT = "cut"
    #: The call is done; half of its answer arrives before the connection ends, or nothing of an answer without a body.
    LOST = "lost"


@dataclass(frozen=True)
class Fault:
    """What calls of one operation meet.

    Attributes:
        action: the IAM action of the operation, such as `sagemaker:CreateTrainingJob`; HeadObject's is `s3:GetObject`.
        kind: what they meet.
        times: how many of them, the first ones; None: all.

    Raises:
        SandboxError: the action is none, or no call is to meet it.
    """

    action: str
    kind: Kind
    times: int | None = None

    def __post_init__(self) -> None:
        if not _ACTION.fullmatch(self.action):
            raise SandboxError(f'"{self.action}" is no IAM action. Write service and operation: sagemaker:CreateTrainingJob.', exit_code=2)
        if self.times is not None and self.times < 1:
            raise SandboxError(
                f"{self.action} cannot meet a fault {self.times} times. Give 1 or more, or None for every call.", exit_code=2
            )


@dataclass(frozen=True)
class Chosen:
    """The faults chosen last.

    Attributes:
        mark: another one with every choice.
        faults: the faults.
    """

    mark: str = ""
    faults: tuple[Fault, ...] = ()


def choose(folder: Path, faults: Sequence[Fault]) -> None:
    """Have calls meet these faults from now on, and no others; with the first of them, what was played before is forgotten."""
    if faults:
        (folder / _PLAYED).unlink(missing_ok=True)
    chosen = [[fault.action, fault.kind, fault.times] for fault in faults]
    # Renamed into place: the server must not read half of it.
    new = folder / f"{_FILE}.new"
    new.write_text(json.dumps({"mark": uuid.uuid4().hex, "faults": chosen}), encoding="utf-8")
    new.replace(folder / _FILE)


def chosen(folder: Path) -> Chosen:
    """What was chosen last; nothing before the first choice."""
    try:
        found = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Chosen()
    return Chosen(found["mark"], tuple(Fault(action, Kind(kind), times) for action, kind, times in found["faults"]))


def note(folder: Path, action: str) -> None:
    """Note that a call met its fault."""
    with (folder / _PLAYED).open("a", encoding="utf-8") as file:
        file.write(f"{action}\n")


def played(folder: Path) -> Iterable[str]:
    """The actions of the calls that met a fault since the last choice, in their order."""
    file = folder / _PLAYED
    return file.read_text(encoding="utf-8").split() if file.exists() else []
