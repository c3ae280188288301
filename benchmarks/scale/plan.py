"""Instances, hours and dollars of corpora that nobody has prepared with this project yet, from what was measured on one core.

Nothing here was run on AWS. Assumptions are named as such, and stand in one place.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from blazingtext_lifecycle import costs, limits

REGION = "us-east-1"
# https://aws.amazon.com/ec2/instance-types/m5/ and /c5/
WORKER, WORKER_CPUS = "ml.m5.4xlarge", 16
TRAINER = "ml.c5.18xlarge"
# Measured: 30 MB of English a second on a core (benchmarks/README.md, Preparing a corpus). Assumed: a vCPU, half a core, does two thirds.
BYTES_A_SECOND = 20e6
# Assumed, and below what the engine reached on two cores times eighteen (8.4 M a second): BlazingText's own speed is known to AWS.
WORDS_A_SECOND = 20e6
EPOCHS = 5
# Assumed: a word of English and a space.
BYTES_A_WORD = 6
# Assumed: gzip makes text this much smaller.
GZIP = 2.5
RANGE = 128 * 2**20
# A part of a multipart upload, and how many there may be: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
SMALLEST_PART, MOST_PARTS = 5 * 2**20, 10_000


@dataclass(frozen=True)
class Raw:
    """A text before it is prepared.

    Args:
        name: what people call it.
        size: its bytes, unpacked.
        files: packed ones, of which each is a task; 0 for plain text, of which each range of 128 MiB is one.
        instances: that prepare it.
        trainers: instances that train on it.
    """

    name: str
    size: float
    files: int
    instances: int
    trainers: int

    @property
    def tasks(self) -> int:
        """How many pieces are prepared independently."""
        return self.files or ceil(self.size / RANGE)

    @property
    def words(self) -> float:
        """About how many words it has."""
        return self.size / BYTES_A_WORD


# 5 billion words on 2025-07-26: https://en.wikipedia.org/wiki/Wikipedia:Size_of_Wikipedia
WIKIPEDIA = Raw("English Wikipedia", 30e9, 0, 1, 1)
# 30,374 WET files, 4.54 TiB packed: https://commoncrawl.org/2016/10/september-2016-crawl-archive-now-available/
_ARCHIVE = 4.54 * 2**40 * GZIP
CORPORA = (
    WIKIPEDIA,
    Raw("a hundredth of a Common Crawl archive", _ARCHIVE / 100, 304, 2, 1),
    Raw("a Common Crawl archive", _ARCHIVE, 30_374, 32, 4),
)


def makespan(tasks: Sequence[float], slots: Sequence[float]) -> float:
    """Seconds until all tasks are done, each in its turn by the slot that is free first, as Spark hands them out.

    Args:
        tasks: seconds of each on a slot of speed 1.
        slots: the speed of each.
    """
    free = [(0.0, number) for number in range(len(slots))]
    heapq.heapify(free)
    for task in tasks:
        since, number = heapq.heappop(free)
        heapq.heappush(free, (since + task / slots[number], number))
    return max(free)[0]


def sizes(count: int, total: float, sigma: float) -> list[float]:
    """So many sizes of a lognormal distribution, the same ones in every run.

    Args:
        count: how many.
        total: their sum.
        sigma: standard deviation of their logarithm; 0 for equal ones.
    """
    chance = random.Random(count)  # noqa: S311 - a simulation
    found = [chance.lognormvariate(0, sigma) for _ in range(count)]
    return [each * total / sum(found) for each in found]


def preparation_seconds(raw: Raw) -> float:
    """How long its tasks take on its instances; files of nearly equal size, as those of Common Crawl are assumed to be."""
    tasks = sizes(raw.tasks, raw.size / BYTES_A_SECOND, 0.3 if raw.files else 0.0)
    return makespan(tasks, [1.0] * (raw.instances * WORKER_CPUS))


def training_seconds(raw: Raw) -> float:
    """How long all epochs take, when instances share them without loss."""
    return raw.words * EPOCHS / (WORDS_A_SECOND * raw.trainers)


def plan() -> list[str]:
    """The table of instances, hours and dollars, in lines of Markdown."""
    lines = [
        "| corpus | text | tasks | instances | preparation | parts | words | instances | training |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for raw in CORPORA:
        preparing = costs.of_training(WORKER, raw.instances, REGION)
        training = costs.of_training(TRAINER, raw.trainers, REGION)
        lines.append(
            f"| {raw.name} | {raw.size / 1e9:,.0f} GB | {raw.tasks:,} | {raw.instances} x {WORKER} | "
            f"{_time(preparation_seconds(raw), preparing)} | {_parts(raw)} | {raw.words / 1e9:,.0f} x 10^9 | "
            f"{raw.trainers} x {TRAINER} | {_time(training_seconds(raw), training)} |"
        )
    return lines


def _time(seconds: float, price: costs.HourlyPrice) -> str:
    dollars = price.for_seconds(seconds)
    too_long = " (longer than a job may run)" if seconds > limits.LONGEST_SECONDS else ""
    time = f"{ceil(seconds / 60)} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"
    return f"{time}{too_long}, {'price unknown' if dollars is None else costs.dollars(dollars)}"


def _parts(raw: Raw) -> str:
    """How many parts one file is put together of, and whether they are too many for one upload, or too small for parts."""
    if raw.size / raw.tasks < SMALLEST_PART:
        return f"{raw.tasks:,}, too small"
    return f"{raw.tasks:,}" + (f", in {ceil(raw.tasks / MOST_PARTS)} groups" if raw.tasks > MOST_PARTS else "")


def skew() -> list[str]:
    """What uneven tasks and a slow instance cost, in lines of Markdown: 8 instances, a text as large as Wikipedia."""
    seconds, slots = WIKIPEDIA.size / BYTES_A_SECOND, [1.0] * (8 * WORKER_CPUS)
    slow = [0.5] * WORKER_CPUS + slots[WORKER_CPUS:]
    inputs = {
        "plain text, ranges of 128 MiB": sizes(WIKIPEDIA.tasks, seconds, 0),
        "plain text, ranges of 16 MiB": sizes(8 * WIKIPEDIA.tasks, seconds, 0),
        "1,000 packed files of equal size": sizes(1_000, seconds, 0),
        "1,000 packed files, sigma 1": sizes(1_000, seconds, 1),
        "the same, the largest first": sorted(sizes(1_000, seconds, 1), reverse=True),
        "1,000 packed files, sigma 2": sizes(1_000, seconds, 2),
        "the same, the largest first ": sorted(sizes(1_000, seconds, 2), reverse=True),
        "one packed file": [seconds],
    }
    lines = ["| input | tasks | times the ideal | with one instance of 8 at half speed |", "|---|---|---|---|"]
    for name, tasks in inputs.items():
        times, behind = (makespan(tasks, speeds) * sum(speeds) / seconds for speeds in (slots, slow))
        lines.append(f"| {name.strip()} | {len(tasks):,} | {times:.2f} | {behind:.2f} |")
    return lines
