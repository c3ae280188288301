"""Virtual environments that hold the wheel and what one of its extras asks for, made without a network.

The requirements are links to what is installed here already: pip finds them there and asks no index. Nothing else of the development
environment is in reach.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
DISTRIBUTION = "blazingtext-cdk"
OFFLINE = {"UV_OFFLINE": "1", "UV_NO_CONFIG": "1", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
# What would lead Python, uv or the command elsewhere than into the environment that is tested.
LEFT_OUT = ("PYTHON", "VIRTUAL_ENV", "UV_", "PIP_", "AWS_", "BLAZINGTEXT_")


def tracked(*patterns: str) -> list[str]:
    """The files of the repository, those that are new included."""
    # An ordinary user's tests may run in a clone that belongs to somebody else, which git distrusts.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted({name for name in listed if name and (ROOT / name).exists()})


def copy_sources(target: Path) -> Path:
    """The repository's files at another place, so that a build neither sees nor leaves anything beside them."""
    for name in tracked():
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy)
    return target


def environment(**more: str) -> dict[str, str]:
    """The variables that a command of a test sees: no network, none of the caller's packages and settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
    return {**kept, **OFFLINE, "PYTHONDONTWRITEBYTECODE": "1", **more}


@dataclass(frozen=True)
class Installation:
    """A virtual environment.

    Args:
        folder: where it is.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @cached_property
    def packages(self) -> Path:
        """Its site-packages."""
        return next(self.folder.glob("lib/python3*/site-packages"))

    def run(self, *command: str, code: int = 0, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs a command of the environment, away from the repository, and expects an exit code.

        Args:
            command: its words; the first is a program in the environment's `bin`.
            code: the exit code it must end with.
            cwd: where it runs; the environment's own folder when not given.
            variables: what it sees besides.
        """
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        ended = subprocess.run(
            [str(self.folder / "bin" / command[0]), *command[1:]],
            cwd=cwd or self.folder,
            env=environment(PATH=path, **variables),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}"
        return ended


def extras() -> list[str]:
    """The extras that the distribution has."""
    return metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or []


def create(folder: Path, *extras: str, also: tuple[str, ...] = ()) -> Installation:
    """A virtual environment with what a plain installation and these extras ask for, and nothing of ours yet.

    Args:
        folder: where it goes.
        extras: whose requirements it gets.
        also: other distributions.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    made = Installation(folder)
    # Whoever uses the CDK has Node; here it is the development environment's, whatever else the machine has.
    (folder / "bin" / "node").symlink_to(Path(sys.executable).with_name("node"))
    ours = Requirement(f"{DISTRIBUTION}[{','.join(extras)}]" if extras else DISTRIBUTION)
    for name in sorted(_closure([ours, *map(Requirement, also)])):
        for entry in _entries(metadata.distribution(name)):
            link = made.packages / entry.name
            if not link.exists():
                link.symlink_to(entry)
    return made


def _closure(wanted: Sequence[Requirement]) -> set[str]:
    """The distributions that requirements lead to, without ours."""
    waiting = list(wanted)
    asked: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        for extra in {"", *requirement.extras}:
            key = (canonicalize_name(requirement.name), extra)
            if key not in asked:
                asked.add(key)
                waiting += _requirements(requirement.name, extra)
    return {name for name, _ in asked} - {DISTRIBUTION}


def _requirements(name: str, extra: str) -> Iterator[Requirement]:
    for line in metadata.requires(name) or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def _entries(distribution: metadata.Distribution) -> set[Path]:
    """What a distribution has put into site-packages: folders and modules."""
    tops = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
    return {Path(str(distribution.locate_file(top))).resolve() for top in tops}


def shell(line: str, *, cwd: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a line as a person types it."""
    ended = subprocess.run(["/bin/sh", "-c", line], cwd=cwd, env=environment(**variables), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{line} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}"
    return ended
