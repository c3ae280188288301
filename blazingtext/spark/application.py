"""The application that Spark is given: sources are listed, tasks run wherever Spark runs them, and what they made becomes a corpus.

Its words are those that ``lambda/lifecycle/processing_jobs.py`` writes. What became of it lies in the bucket afterwards: `report`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from blazingtext_lifecycle import naming, processing_sources
from blazingtext_lifecycle.errors import CorpusError, UserError
from blazingtext_lifecycle.processing_sources import SourceObject

from . import corpus
from .corpus import Order, Report
from .options import Preparing
from .tasks import TASK_BYTES, planned
from .work import is_divisible, work

Item = TypeVar("Item")
Result = TypeVar("Result")
# Looking at the beginning of an object takes a moment: a task of Spark's does it for many.
_LOOKS_AT_ONCE = 64


class Run(Protocol):
    """Calls a function with each of several items, wherever that is; the results are in the items' order."""

    def __call__(self, function: Callable[[Item], Result], items: Sequence[Item], *, together: int = 1) -> list[Result]:
        """The results, where `together` items may share what it takes to start one."""
        ...


def main(words: Sequence[str]) -> int:
    """Prepares a corpus with Spark.

    Returns:
        The exit code: 1 when the sources cannot become a corpus. Whatever else fails is raised, and fails the job.
    """
    order = read(words)
    from pyspark.sql import SparkSession  # noqa: PLC0415 - only this needs Spark

    # A task that takes much longer than the others runs once more elsewhere; the first that ends counts.
    spark = SparkSession.builder.appName("blazingtext").config("spark.speculation", "true").getOrCreate()

    def run(function: Callable[[Item], Result], items: Sequence[Item], *, together: int = 1) -> list[Result]:
        slices = max(1, -(-len(items) // together))
        found: list[Result] = spark.sparkContext.parallelize(items, slices).map(function).collect()
        return found

    try:
        return finish(order, run)
    finally:
        spark.stop()


def finish(order: Order, run: Run) -> int:
    """Prepares the corpus, and leaves a report of it.

    Args:
        order: what to do.
        run: runs the tasks.

    Returns:
        The exit code.
    """
    s3 = order.place.s3
    try:
        report = prepare(order, run)
    except UserError as error:
        print(f"corpus prepare: {error}", flush=True)
        _leave(s3, order, {"error": str(error)})
        return 1
    finally:
        _clean_up(order)
    _leave(s3, order, asdict(report))
    print(f"corpus prepare: {report.uri}: {report.lines} lines, {report.words} words, {report.size} bytes", flush=True)
    return 0


def _clean_up(order: Order) -> None:
    """Removes what the tasks have made; what cannot be removed, the bucket's own rules do later."""
    place = order.place
    try:
        corpus.remove(place.s3, order.bucket, corpus.listed(place.s3, order.bucket, place.prefix))
    except (OSError, BotoCoreError, ClientError) as error:
        print(f"corpus prepare: s3://{order.bucket}/{place.prefix} was not removed, and expires: {error}", flush=True)


def prepare(order: Order, run: Run) -> Report:
    """The corpus of an order.

    Raises:
        UserError: the sources cannot become a corpus, have changed, or may not be read.
    """
    s3 = order.place.s3
    objects = processing_sources.listed(s3, order.sources)
    if processing_sources.digest(objects) != order.listing:
        raise CorpusError(
            f"{', '.join(order.sources)} has changed since the job was asked for. Nothing was prepared. "
            "Run the same command again: it starts a job for what is there now."
        )
    corpus.refuse_another(order, s3)
    print(f"corpus prepare: {len(objects)} objects, {sum(each.size for each in objects)} bytes", flush=True)
    divisible = _divisible(objects, order, run)
    tasks = planned(objects, divisible, order.task_bytes)
    print(f"corpus prepare: {len(tasks)} tasks; of {len(divisible)} objects lines can be divided", flush=True)
    done = run(partial(work, preparing=order.preparing, place=order.place), tasks)
    return corpus.made(order, objects, done, s3)


def _divisible(objects: Sequence[SourceObject], order: Order, run: Run) -> set[SourceObject]:
    looked = run(partial(is_divisible, preparing=order.preparing, place=order.place), objects, together=_LOOKS_AT_ONCE)
    return {each for each, divisible in zip(objects, looked, strict=True) if divisible}


def read(words: Sequence[str]) -> Order:
    """The order that an application's words give."""
    parser = argparse.ArgumentParser(prog="prepare_corpus.py", allow_abbrev=False)
    for name in ("job", "bucket", "region", "corpus", "request", "listing", "scratch"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--replace", action="store_true")
    parser.add_argument("--task-bytes", type=int, default=TASK_BYTES)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("sources", nargs="+")
    found = vars(parser.parse_args(words))
    chosen = dict(each.split("=", 1) for each in found.pop("set"))
    try:
        preparing = Preparing.read(chosen)
    except ValueError as problem:
        parser.error(str(problem))
    return Order(**found | {"sources": tuple(found["sources"])}, preparing=preparing)


def _leave(s3: Any, order: Order, report: Mapping[str, object]) -> None:
    document = json.dumps(report, ensure_ascii=False).encode("utf-8", "replace")
    s3.put_object(Bucket=order.bucket, Key=naming.report_key(order.job), Body=document, ContentType="application/json")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
