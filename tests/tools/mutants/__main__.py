"""``python -m tests.tools.mutants``: how many of a sample of deliberate faults the tests notice, and which they do not."""

import argparse
import fcntl
import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .classes import CLASSES
from .equivalents import equivalents
from .mutations import Mutation
from .packages import PACKAGES, Package, changed_lines, every, sample
from .reach import Reach
from .run import RecordError, Runner
from .tree import Copy

ROOT = Path(__file__).parents[3]
_TOLD_EVERY = 50
_APART_SECONDS = 900


@dataclass
class Score:
    """What became of the mutants of one package."""

    killed: list[Mutation] = field(default_factory=list)
    survived: list[Mutation] = field(default_factory=list)
    equivalent: list[Mutation] = field(default_factory=list)

    @property
    def percent(self) -> float:
        """The share that was killed of those that make a difference; 100 when there was none."""
        counted = len(self.killed) + len(self.survived)
        return 100 * len(self.killed) / counted if counted else 100.0

    def __str__(self) -> str:
        counts = Counter(mutation.kind for mutation in self.survived)
        kinds = ", ".join(f"{kind} {count}" for kind, count in counts.most_common())
        counted = len(self.killed) + len(self.survived)
        return f"{self.percent:5.1f} % of {counted:3} killed, {len(self.equivalent)} equivalent{f'; survived: {kinds}' if kinds else ''}"


def home() -> Path:
    """Where the copy, the record and compiled kernels are kept, for this clone alone."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "blazingtext-mutants" / hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]


class BusyError(Exception):
    """Another run works in the same copy."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else works in the folder meanwhile; the lock goes with the process, however it ends.

    Raises:
        BusyError: somebody does already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"Another run puts faults into {folder / 'tree'}. Wait until it has ended.") from None
        yield


def measure(
    package: Package, mutants: Sequence[Mutation], runner: Runner, copy: Copy, end: float, tried: dict[Mutation, bool] | None = None
) -> Score:
    """Try the mutants one after another until the time `end` of the monotonic clock; of those in `tried` it is known whether they die."""
    score, known = Score(), equivalents()
    tried = {} if tried is None else tried
    reach = Reach(copy.folder, runner.record(package.test_files(copy.folder)))
    for number, mutation in enumerate(mutants):
        if number and number % _TOLD_EVERY == 0:
            print(f"{number} of {len(mutants)} tried, {len(score.survived)} survived", file=sys.stderr, flush=True)
        if time.monotonic() > end:
            print("The time is over: the rest was not tried", file=sys.stderr)
            break
        if any(each.covers(mutation) for each in known):
            score.equivalent.append(mutation)
            continue
        if mutation not in tried:
            tried[mutation] = _is_killed(mutation, reach, runner, package.apart.get(mutation.file, ()))
        (score.killed if tried[mutation] else score.survived).append(mutation)
    return score


def _is_killed(mutation: Mutation, reach: Reach, runner: Runner, apart: Sequence[str]) -> bool:
    tests = reach.tests(mutation.file, mutation.line)
    seconds = sum(reach.record["tests"][test]["seconds"] for test in tests)
    killed = bool(tests) and runner.is_killed(mutation, tests, 60 + 5 * seconds)
    if not killed and apart:
        killed = runner.is_killed_apart(mutation, apart, _APART_SECONDS)
    if not killed:
        print(f"{mutation}{'' if tests or apart else '  (no test gets there)'}", flush=True)
    return killed


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.mutants", description=__doc__)
    parser.add_argument("packages", nargs="*", metavar="package", help=f"{', '.join(PACKAGES)}; all without one")
    parser.add_argument("--sample", type=int, default=60, metavar="N", help="mutants of each package (default 60)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another seed is another sample (default 0)")
    parser.add_argument("--class", dest="classes", action="append", choices=CLASSES, help="all mutants of one kind of lines; repeatable")
    parser.add_argument("--files", nargs="+", metavar="FILE", help="only these files")
    parser.add_argument("--changed", metavar="COMMIT", help="only lines that differ from this commit, for example main")
    parser.add_argument("--minutes", type=float, default=600, metavar="N", help="stop after so many minutes (default 600)")
    parser.add_argument("--least", type=float, default=0, metavar="PERCENT", help="exit with 1 if a package scores less")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0; 1 if a package scores too little; 2 for an unknown package, tests that do not run, or another run."""
    given = options().parse_args(arguments)
    try:
        with alone(home()):
            return _main(given)
    except (BusyError, RecordError) as error:
        print(error, file=sys.stderr)
        return 2


def _main(given: argparse.Namespace) -> int:
    names = given.packages or list(PACKAGES)
    if unknown := [name for name in names if name not in PACKAGES]:
        print(f"No package is called {', '.join(unknown)}. There are: {', '.join(PACKAGES)}.", file=sys.stderr)
        return 2
    end = time.monotonic() + 60 * given.minutes
    copy = Copy(ROOT, home() / "tree")
    scores = []
    for name in names:
        runner = Runner(copy, home(), PACKAGES[name].modules)
        tried: dict[Mutation, bool] = {}
        try:
            for title, mutants in _chosen(given, name, copy.folder):
                scores.append(measure(PACKAGES[name], mutants, runner, copy, end, tried))
                print(f"{title:12} {scores[-1]}", flush=True)
        finally:
            runner.close()
    return 1 if any(score.percent < given.least for score in scores) else 0


def _chosen(given: argparse.Namespace, name: str, root: Path) -> Iterator[tuple[str, list[Mutation]]]:
    """The mutants of a package that are tried, if there are any, and what they are called; a class has all its own."""
    files = [file for file in PACKAGES[name].files(root) if not given.files or file in given.files]
    for kind in given.classes or ():
        if name in CLASSES[kind].packages and (mutants := every(root, CLASSES[kind].lines(root, files))):
            yield f"{kind} in {name}", mutants
    if not given.classes:
        changed = changed_lines(ROOT, given.changed) if given.changed else None
        if mutants := sample(root, files, given.sample, given.seed, changed):
            yield name, mutants


if __name__ == "__main__":
    sys.exit(main())
