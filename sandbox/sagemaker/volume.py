"""The storage volume of a training instance, as far as it can be kept without mounting one: its size is looked at, again and again.

On AWS a write to a full volume fails, and the container says what it likes about it; SageMaker's own words for its part are
"Insufficient disk space" (seen: https://github.com/aws/sagemaker-python-sdk/issues/128 for the download,
https://github.com/huggingface/blog/issues/114 for the artifact). Here a container is killed when what lies in its `/opt/ml` has passed the
volume's size: it may write more for as long as a look is due, and what it writes elsewhere on this machine is not counted.

Instances with disks of their own have as much as this machine has.
Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html, "VolumeSizeInGB".
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .api.contract import Parameters

GIGABYTE = 1 << 30
#: SageMaker's words when a download or an artifact does not fit.
INSUFFICIENT: Final = "Insufficient disk space"
#: What the C library says of ENOSPC, and so most containers: `os.strerror` follows the machine's language.
NO_SPACE: Final = "No space left on device"
#: A look takes at most this part of the time.
_SHARE: Final = 0.05
#: Families with a "d" after their number (c5d, g4dn, p4d), and those without that have disks all the same.
_OWN_DISKS: Final = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g5|g6e?|p5e?n?|trn\d+n?)\..*")


@dataclass
class Volume:
    """The volume of one instance of a job.

    Attributes:
        base: the container's `/opt/ml`.
        resources: the job's ResourceConfig.
    """

    base: Path
    resources: Parameters
    _data: int = 0
    _used: int = 0
    _due: float = field(default=0.0)

    @property
    def gigabytes(self) -> int | None:
        """Its size; None when the instance has disks of its own, or a tuning job gave it none."""
        own = _OWN_DISKS.fullmatch(self.resources["InstanceType"]) is not None
        return None if own else self.resources.get("VolumeSizeInGB")

    def add_data(self, size: int) -> None:
        """Count so many bytes of input, which lie there until the end."""
        self._data += size

    def room(self) -> int | None:
        """Bytes that are left for input; None when there is no limit."""
        return None if self.gigabytes is None else self.gigabytes * GIGABYTE - self._data

    def is_full(self, *, now: bool = False) -> bool:
        """Whether more lies on it than there is room for.

        Args:
            now: whether to look at once; otherwise no more often than makes sense.
        """
        if self.gigabytes is None:
            return False
        if now or time.monotonic() >= self._due:
            self._look()
        return self._data + self._used > self.gigabytes * GIGABYTE

    def _look(self) -> None:
        began = time.monotonic()
        self._used = sum(_sizes(self.base, without=self.base / "input" / "data"))
        ended = time.monotonic()
        self._due = ended + (ended - began) / _SHARE


def _sizes(folder: Path, without: Path) -> Iterable[int]:
    """What each file below a folder takes of a disk, links not followed; a file that goes meanwhile takes nothing."""
    for place, folders, names in os.walk(folder):
        if without == Path(place):
            folders.clear()
            continue
        for name in names:
            with contextlib.suppress(OSError):
                yield Path(place, name).lstat().st_blocks * 512
