"""The other end of `collected`: which test notices a fault in functions that are loaded already."""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

from .live import changed
from .mutations import Mutation
from .reach import KERNELS
from .tree import Copy
from .worker import BROKEN
from .workers import Ended, Workers

_PASSED, _FAILED = 0, 1


class CollectedTests:
    """Runs tests in children of a process that has collected them.

    Args:
        copy: the copy of the tree.
        environment: of that process.
        modules: what it loads first.
        arguments: pytest's, the files of tests among them.
    """

    def __init__(self, copy: Copy, environment: Mapping[str, str], modules: Sequence[str], arguments: Sequence[str]) -> None:
        self._copy = copy
        command = [sys.executable, "-m", "tests.tools.mutants.collected", *modules, "--", *arguments]
        self._workers = Workers(copy.folder, environment, command)
        self._sound: set[str] = set()
        self._unsound: set[str] = set()

    def close(self) -> None:
        """Ends the process."""
        self._workers.close()

    def notice(self, mutation: Mutation, tests: Sequence[str], seconds: float) -> tuple[bool, str]:
        """Whether one of some tests fails, or does not end within so many seconds, with a fault, and which one did.

        (False, "") also when the fault cannot be put into functions that are loaded: then only a run that imports everything can tell.
        """
        source = (self._copy.folder / mutation.file).read_bytes()
        if not mutation.file.endswith(".py") or mutation.file.startswith(KERNELS):
            return False, ""
        if changed(source, mutation.applied(source), mutation.file) is None:
            return False, ""
        while True:
            code, failed = self._run(mutation, source, [each for each in tests if each not in self._unsound], seconds)
            if code == _FAILED and not self._is_sound(failed):
                self._unsound.add(failed)
                continue
            return code not in {_PASSED, BROKEN}, failed

    def _is_sound(self, test: str) -> bool:
        """Whether a test passes here without a fault; an error in what ends after a test has its name, too."""
        if test not in self._sound and self._run(None, b"", [test], 600).code == _PASSED:
            self._sound.add(test)
        return test in self._sound

    def _run(self, mutation: Mutation | None, source: bytes, tests: Sequence[str], seconds: float) -> Ended:
        # What the process collects is as it stands without a fault; what its child imports late, or starts, has it.
        self._workers.ready()
        texts = (source, mutation.applied(source)) if mutation else (b"", b"")
        before, after = (text.decode("utf-8", "surrogateescape") for text in texts)
        with tempfile.TemporaryDirectory(prefix="m") as folder, self._copy.fault(mutation) if mutation else nullcontext():
            request = {"file": mutation.file if mutation else "", "before": before, "after": after, "tests": tests, "folder": folder}
            return self._workers.run(request, seconds)
