"""The work of a processing job as tasks: ranges of bytes of S3 objects. Pure.

The division depends on the objects alone, not on how many machines there are: the same objects give the same tasks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from blazingtext_lifecycle.processing_sources import SourceObject

# Of raw text: some seconds of work, so that a task that is lost costs little, and starting one costs little beside it.
TASK_BYTES = 1 << 27
# What tasks make is put together by one multipart upload, which has 10,000 parts at most
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html); some of them are cut, because a part has 5 GiB at most.
MAXIMUM_TASKS = 8_000


@dataclass(frozen=True)
class Part:
    """What a task does with one object.

    Attributes:
        source: the object.
        start: its first byte that belongs to the part.
        stop: the byte after the last one.
        of_lines: whether the part is the lines that begin within; otherwise it is the whole object, whatever it is packed in.
    """

    source: SourceObject
    start: int
    stop: int
    of_lines: bool


@dataclass(frozen=True)
class Task:
    """One task: its lines follow those of the task before.

    Attributes:
        number: its place, from 0.
        parts: in order.
    """

    number: int
    parts: tuple[Part, ...]


def planned(objects: Sequence[SourceObject], divisible: Collection[SourceObject], least: int = TASK_BYTES) -> list[Task]:
    """The tasks for objects, in order.

    Args:
        objects: the raw text.
        divisible: those of them that are plain lines; of the others, each belongs to one task.
        least: the bytes of a task, where not so many would be too many tasks.
    """
    size = max(least, -(-sum(each.size for each in objects) // MAXIMUM_TASKS))
    tasks: list[Task] = []
    held: list[Part] = []
    bytes_held = 0
    for part in _parts(objects, divisible, size):
        held.append(part)
        bytes_held += part.stop - part.start
        if bytes_held >= size:
            tasks.append(Task(len(tasks), tuple(held)))
            held, bytes_held = [], 0
    return [*tasks, *([Task(len(tasks), tuple(held))] if held else [])]


def _parts(objects: Sequence[SourceObject], divisible: Collection[SourceObject], size: int) -> Iterator[Part]:
    for each in objects:
        if each in divisible:
            for start in range(0, each.size, size):
                yield Part(each, start, min(start + size, each.size), of_lines=True)
        else:
            yield Part(each, 0, each.size, of_lines=False)
