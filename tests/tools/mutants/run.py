"""Running tests in the copy: once to record what they reach, and then against one fault after another."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from .collected_tests import CollectedTests
from .compiled import CompiledCode
from .mutations import Mutation
from .reach import KERNELS
from .tree import Copy
from .workers import Ended, Workers

# pytest's exit codes: all passed; interrupted, as by an error of an import; a test it was asked for is not there.
_PASSED, _INTERRUPTED, _NOT_THERE = 0, 2, 4
_OPTIONS = ("-q", "--no-header", "--tb=line", "-p", "no:cacheprovider", "-p", "no:xdist")
# How many tests that noticed other faults in a file are tried before all.
_LIKELIEST = 6
# What is loaded before pytest starts is told so.
_LOADED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")


class RecordError(Exception):
    """The tests could not be recorded."""


class Runner:
    """Runs tests in a copy.

    Args:
        copy: the copy.
        home: where records and compiled kernels are kept between runs.
        modules: what the tests need of others, loaded once for all runs.
    """

    def __init__(self, copy: Copy, home: Path, modules: Sequence[str] = ()) -> None:
        self._copy, self._home = copy, home
        self._modules = modules
        self._workers = Workers(copy.folder, self._environment(), [sys.executable, "-m", "tests.tools.mutants.worker", *modules])
        self._collected: CollectedTests | None = None
        self._killers: dict[str, list[str]] = defaultdict(list)
        self._sound: set[str] = set()

    def close(self) -> None:
        """Ends the processes that ran the tests."""
        self._workers.close()
        if self._collected is not None:
            self._collected.close()

    def record(self, tests: Sequence[str]) -> dict[str, Any]:
        """What the tests of some files reach. Those that have not changed since the last time are not run again.

        Raises:
            RecordError: when pytest did not come to its end.
        """
        kept = self._home / "reach.json"
        known: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        stale = [file for file in tests if known.get(file, {}).get("digest") != self._digest(file)]
        if stale:
            print(f"Recording what {len(stale)} files of tests reach", file=sys.stderr, flush=True)
            for file, record in self._recorded(stale).items():
                known[file] = {"digest": self._digest(file), "sources": self._sources(record), **record}
            kept.write_text(json.dumps(known), encoding="utf-8")
        if self._collected is None:
            arguments = [*_OPTIONS, *_LOADED, *tests]
            self._collected = CollectedTests(self._copy, self._environment(), self._modules, arguments)
        records = [self._as_it_stands(known[file]) for file in tests]
        merged: dict[str, Any] = {"tests": {}, "fixtures": {}, "needs": {}, "failed": []}
        for record in records:
            merged["tests"] |= record["tests"]
            merged["failed"] += record["failed"]
            merged["needs"] |= record["needs"]
            for name, lines in record["fixtures"].items():
                merged["fixtures"].setdefault(name, {}).update(lines)
        return merged

    def _sources(self, record: Mapping[str, Any]) -> dict[str, str]:
        """The text of the sources that a record has lines of."""
        reached = [each["lines"] for each in record["tests"].values()] + [*record["fixtures"].values()]
        return {file: self._digest(file) for file in {file for lines in reached for file in lines}}

    def _as_it_stands(self, record: dict[str, Any]) -> dict[str, Any]:
        """A record in which a test that reached a source reaches all of it, when the source has changed and its lines have moved since."""
        for file, digest in record.get("sources", {}).items():
            path = self._copy.folder / file
            if path.exists() and self._digest(file) != digest:
                everywhere = [*range(1, len(path.read_bytes().splitlines()) + 1)]
                for lines in (*(each["lines"] for each in record["tests"].values()), *record["fixtures"].values()):
                    lines.update({file: everywhere} if file in lines else {})
        return record

    def _digest(self, file: str) -> str:
        """The text of a file, and how it was recorded."""
        recorder = Path(__file__).with_name("recorder.py").read_bytes()
        return hashlib.sha256(recorder + (self._copy.folder / file).read_bytes()).hexdigest()

    def _recorded(self, files: Sequence[str]) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "record.json"
            environment = self._environment() | {"MUTANTS_RECORD": str(target)}
            command = [sys.executable, "-m", "pytest", *_OPTIONS, "-p", "tests.tools.mutants.recorder", "--timeout=0", *files]
            subprocess.run(command, cwd=self._copy.folder, env=environment, stdout=sys.stderr, check=False)
            if not target.exists():
                raise RecordError("The tests did not run to their end; pytest says above why.")
            record = json.loads(target.read_text(encoding="utf-8"))
        for test in record["failed"]:
            print(f"Left out, because it fails without a fault: {test}", file=sys.stderr)
        return {
            file: {
                "tests": {name: each for name, each in record["tests"].items() if name.partition("::")[0] == file},
                "failed": [name for name in record["failed"] if name.partition("::")[0] == file],
                "fixtures": record["fixtures"],
                "needs": record["needs"],
            }
            for file in files
        }

    def is_killed(self, mutation: Mutation, tests: Iterable[str], seconds: float) -> bool:
        """Whether one of some tests fails, or does not end within so many seconds, with a fault in the copy.

        Tests that noticed other faults, in the same file or lately in another, come first, and alone, since every file of tests takes its
        time to be read. If it can be done the fault is put into what is loaded already, which takes a fraction of the time, and only when
        no test notices it there all is imported again.
        """
        names = list(tests)
        here, lately = ([each for each in some if each in names][:_LIKELIEST] for some in (self._killers[mutation.file], self._killers[""]))
        known = list(dict.fromkeys([*here, *lately]))
        rest = [each for each in names if each not in known]
        if self._collected is not None:
            noticed, test = self._collected.notice(mutation, [*known, *rest], seconds)
            if noticed:
                self._remember(mutation, test)
                return True
        return any(self._fails(mutation, some, seconds) for some in (known, rest) if some)

    def is_killed_apart(self, mutation: Mutation, files: Sequence[str], seconds: float) -> bool:
        """As `is_killed`, by whole files of tests, of which it is not known what they reach.

        Raises:
            RecordError: they fail without a fault.
        """
        if not self._sound.issuperset(files):
            ended = self._ended([], files, {}, seconds)
            if ended.code != _PASSED:
                raise RecordError(f"Without a fault the tests of {', '.join(files)} do not pass: {ended.failed or 'they did not end'}.")
            self._sound.update(files)
        return self._fails(mutation, files, seconds)

    def _remember(self, mutation: Mutation, test: str) -> None:
        for file in (mutation.file, "") if test else ():
            self._killers[file] = [test, *(each for each in self._killers[file] if each != test)]

    def _fails(self, mutation: Mutation, names: Sequence[str], seconds: float) -> bool:
        code, failed = self._ended_with(mutation, names, seconds)
        self._remember(mutation, failed)
        # A module that cannot be imported any more takes its tests with it; a test that never was there is a mistake of the caller's.
        if code == _NOT_THERE and self._ended(["--collect-only"], names, {}, 600).code != _PASSED:
            raise RecordError(f"There is no test {names[0]}, or none of {len(names) - 1} others. Is its name the same every time?")
        # A negative code is a crash: a kernel that wrote where it must not.
        if code is not None and code > _INTERRUPTED and code != _NOT_THERE:
            raise RuntimeError(f"pytest ended with exit code {code} for {mutation}.")
        return code != _PASSED

    def _ended_with(self, mutation: Mutation, tests: Sequence[str], seconds: float) -> Ended:
        if not mutation.file.startswith(KERNELS):
            with self._copy.fault(mutation):
                return self._ended([], tests, {}, seconds)
        compiled = self._compiled
        own = Path(tempfile.mkdtemp(prefix="mutant-", dir=self._home))
        try:
            with self._copy.fault(mutation), compiled.lent(mutation, own):
                return self._ended([], tests, {"NUMBA_CACHE_DIR": str(own)}, seconds)
        finally:
            shutil.rmtree(own, ignore_errors=True)

    @cached_property
    def _compiled(self) -> CompiledCode:
        return CompiledCode(self._copy, self._home / "compiled")

    def _environment(self) -> dict[str, str]:
        return self._copy.environment(self._home / "compiled")

    def _ended(self, options: Sequence[str], tests: Sequence[str], environment: Mapping[str, str], seconds: float) -> Ended:
        with tempfile.NamedTemporaryFile("w", suffix=".tests") as listed:
            listed.write("\n".join(tests))
            listed.flush()
            arguments = [*_OPTIONS, *_LOADED, "-x", *options, f"@{listed.name}"]
            return self._workers.run({"arguments": arguments, "environment": {**environment}}, seconds)
