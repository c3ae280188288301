"""A page that is one session: its commands run in one shell, and what it shows beside what they printed.

A block of commands (```sh) may be followed by what it prints (```text). A line `...` stands for any lines. Words and counts are to be the
same. What differs from one training to the next may: a score with three decimals or more by `WITHIN`, a percentage by `PERCENT` points;
the hash in a job's name, times, costs and speeds altogether. Two words after ```text let more differ: `nearest`, the words themselves,
of which `SAME_WORDS` are to be there; `shape`, every number.
"""

import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

WITHIN, PERCENT, SAME_WORDS = 0.15, 20, 0.5
_BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text ?(\w*)\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
_HASH = re.compile(r"\b(blazingtext-dev-[a-z]+(?:-batch-skipgram|-skipgram|-cbow)?)-[0-9a-z]{7,10}(?:-\d{3}-[0-9a-f]{8})?\b")
_NUMBER = re.compile(r"[(+-]*(\d[\d,]*)(\.\d+)?(%?)\)?")
_MEASURED = re.compile(r"\$[\d.]+|\d+\.\d{1,2}")
_DURATION = re.compile(r"\b\d+(?:\.\d)? (?:s|min|h)\b(?: \d+ (?:s|min|h)\b)*")


@dataclass(frozen=True)
class Block:
    """Commands, what is shown of their output, and how that is compared."""

    commands: str
    shown: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Printed:
    """What a block printed."""

    out: str
    err: str


def blocks(page: str) -> list[Block]:
    """The blocks of a page in their order."""
    return [Block(commands, shown, kind) for commands, kind, shown in _BLOCK.findall(page)]


class Session:
    """One shell, which ends at the first command that fails.

    Args:
        environment: of the shell.
        folder: for what is typed and printed.
        start: the folder that it begins in.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path, start: Path) -> None:
        self._folder, self._printed = folder, list[Printed]()
        self._shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, cwd=start, env=dict(environment), text=True)
        self._type("set -euo pipefail")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shell.kill()
        self._shell.communicate()

    def printed(self, given: Sequence[str]) -> Printed:
        """What the last of some blocks prints, after those before it.

        Args:
            given: their commands, from the first of the session on; those that were typed already are not typed again.

        Raises:
            AssertionError: a command failed, now or before; the message has what its block printed.
        """
        for commands in given[len(self._printed) :]:
            self._printed.append(self._run(commands))
        return self._printed[len(given) - 1]

    def _run(self, commands: str) -> Printed:
        files = {name: self._folder / f"{len(self._printed)}.{name}" for name in ("sh", "out", "err", "done")}
        if self._shell.poll() is None:
            files["sh"].write_text(commands, encoding="utf-8")
            self._type('exec > "{out}" 2> "{err}"; . "{sh}" < /dev/null; : > "{done}"'.format(**files))
        while self._shell.poll() is None and not files["done"].exists():
            time.sleep(0.05)
        said = Printed(*(files[name].read_text(encoding="utf-8") for name in ("out", "err")))
        assert files["done"].exists(), f"exit code {self._shell.poll()} of\n{commands}\n{said.out[-2000:]}{said.err[-4000:]}"
        return said

    def _type(self, line: str) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(f"{line}\n")
        self._shell.stdin.flush()


def differences(block: Block, out: str) -> Iterator[str]:
    """What of a block's output is not as the page shows it, a sentence each."""
    found = [line.rstrip() for line in out.splitlines() if line.strip()]
    place = 0
    for part in _parts(block.shown):
        starts = [start for start in range(place, len(found) - len(part) + 1) if _alike(part, found[start : start + len(part)], block.kind)]
        if not starts:
            yield "no such lines, after those before them:\n" + "\n".join(part)
        else:
            place = starts[0] + len(part)
    if block.kind == "nearest":
        words = set(re.findall(r"[a-z]{3,}", block.shown))
        there = words & set(re.findall(r"[a-z]{3,}", out))
        if len(there) < SAME_WORDS * len(words):
            yield f"only {len(there)} of the {len(words)} words shown were printed: {', '.join(sorted(there))}"


def _parts(shown: str) -> Iterator[list[str]]:
    """The lines that stand together, between lines of `...`."""
    part: list[str] = []
    for line in [*(line.rstrip() for line in shown.splitlines() if line.strip()), "..."]:
        if line.strip() != "...":
            part.append(line)
        elif part:
            yield part
            part = []


def _alike(shown: Sequence[str], printed: Sequence[str], kind: str) -> bool:
    return all(_same_line(each, other, kind) for each, other in zip(shown, printed, strict=True))


def _same_line(shown: str, printed: str, kind: str) -> bool:
    ours, theirs = (_words(line) for line in (shown, printed))
    return len(ours) == len(theirs) and all(_same_word(a, b, kind) for a, b in zip(ours, theirs, strict=True))


def _words(line: str) -> list[str]:
    return _DURATION.sub("TIME", _HASH.sub(r"\1-HASH", line)).replace("less than $", "$").split()


def _same_word(shown: str, printed: str, kind: str) -> bool:
    if shown == printed or (_MEASURED.fullmatch(shown) and _MEASURED.fullmatch(printed)):
        return True
    ours, theirs = _NUMBER.fullmatch(shown), _NUMBER.fullmatch(printed)
    if not ours or not theirs:
        return kind == "nearest" and not ours and not theirs
    if kind == "shape":
        return True
    if ours[3]:
        return bool(theirs[3]) and abs(_value(shown) - _value(printed)) <= PERCENT
    return bool(ours[2]) and abs(_value(shown) - _value(printed)) <= WITHIN


def _value(number: str) -> float:
    return float(number.strip("()%").replace(",", ""))
