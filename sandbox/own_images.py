"""Container images of a user's own: the commands that stand for them, from `sandbox up --image` to the server."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from .errors import SandboxError

_FILE: Final = "images.json"


@dataclass(frozen=True)
class OwnCommand:
    """A command and the folder it runs in: the one in which the sandbox was started, so that relative paths mean what they meant there."""

    command: tuple[str, ...]
    folder: str


def parse(options: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Commands by image, from `URI=COMMAND` as a person types it.

    Raises:
        SandboxError: one cannot be read.
    """
    found: dict[str, tuple[str, ...]] = {}
    for option in options:
        uri, _, line = option.partition("=")
        try:
            words = tuple(shlex.split(line))
        except ValueError as problem:
            raise SandboxError(f'--image "{option}" cannot be read: {problem}. Quote the command as in a shell.', 2) from problem
        if not uri or not words:
            raise SandboxError(
                f'--image "{option}" names no image or no command. Write it as URI=COMMAND, for instance "mine:1=python mine.py".',
                exit_code=2,
            )
        if uri in found:
            raise SandboxError(f"--image names {uri} twice. One command stands for an image: leave the other out.", 2)
        found[uri] = words
    return found


def commands(images: Mapping[str, Sequence[str]]) -> dict[str, OwnCommand]:
    """Commands that run in this process's working directory."""
    return {uri: OwnCommand(tuple(words), str(Path.cwd())) for uri, words in images.items()}


def write(folder: Path, images: Mapping[str, OwnCommand]) -> None:
    """Leave the commands in a state folder, for its server."""
    (folder / _FILE).write_text(json.dumps({uri: asdict(each) for uri, each in images.items()}, indent=2), "utf-8")


def read(folder: Path) -> dict[str, OwnCommand]:
    """The commands of a state folder."""
    listed = json.loads((folder / _FILE).read_text("utf-8"))
    return {uri: OwnCommand(tuple(each["command"]), each["folder"]) for uri, each in listed.items()}
