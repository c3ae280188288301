"""The Makefile: its long steps say what they do; the links by which mypy finds every package under its import name, `.venv/names`."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = """
[tool.setuptools.package-dir]
blazingtext_engine = "engine"
blazingtext_functions = "lambda"
blazingtext_lifecycle = "lambda/lifecycle"
"""


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    folder = tmp_path / "a project's folder"
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/python").symlink_to(sys.executable)
    shutil.copyfile(ROOT / "Makefile", folder / "Makefile")
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    for name in ("engine", "lambda/lifecycle"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").touch()
    return folder


@pytest.fixture(name="link")
def _link(project: Path) -> Callable[[], dict[str, Path]]:
    def run() -> dict[str, Path]:
        # Not the flags of a make that runs these tests.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        subprocess.run(["make", "--silent", ".venv/names"], cwd=project, env=environment, check=True)
        return {link.name: link.resolve() for link in (project / ".venv/names").iterdir()}

    return run


def test_every_package_has_a_link_of_its_import_name(project: Path, link: Callable[[], dict[str, Path]]) -> None:
    expected = {"blazingtext_engine": project / "engine", "blazingtext_lifecycle": project / "lambda/lifecycle"}

    assert link() == expected
    assert link() == expected


def test_the_link_of_a_package_that_has_gone_or_moved_goes_too(project: Path, link: Callable[[], dict[str, Path]]) -> None:
    link()
    (project / "engine").rename(project / "motor")
    moved = PYPROJECT.replace('"engine"', '"motor"').replace('blazingtext_lifecycle = "lambda/lifecycle"\n', "")
    (project / "pyproject.toml").write_text(moved, encoding="utf-8")

    assert link() == {"blazingtext_engine": project / "motor"}


def test_the_links_move_with_the_folder(project: Path, link: Callable[[], dict[str, Path]]) -> None:
    link()
    elsewhere = project.rename(project.with_name("elsewhere"))

    assert (elsewhere / ".venv/names/blazingtext_engine").resolve() == elsewhere / "engine"


# What takes more than five seconds somewhere: tests, checks of types, downloads, new environments.
LONG = re.compile(r"pytest |PYTEST|@mypy|-m tests\.|\$\(INSTALL\)|pip install .*-r |-m venv|n\.npm|\$\$compile|tests\.tools")


def recipes() -> dict[str, list[str]]:
    """The targets and their lines; a line that goes on is one line."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    rules = re.findall(r"^([\w./%-]+):(?!=)[^\n]*\n((?:\t.*\n)+)", text, re.MULTILINE)
    return {target: [line.strip() for line in lines.splitlines()] for target, lines in rules}


@pytest.mark.parametrize(("target", "lines"), recipes().items(), ids=recipes())
def test_a_long_step_says_what_it_does_before_it_begins(target: str, lines: list[str]) -> None:
    long = [number for number, line in enumerate(lines) if LONG.search(line)]
    said = [number for number, line in enumerate(lines) if re.match(r'@echo "[A-Z].+" >&2$', line)]

    assert not long or (said and said[0] < long[0]), f"make {target} is silent while it works"


def test_the_long_steps_are_known() -> None:
    long = {target for target, lines in recipes().items() if any(map(LONG.search, lines))}

    assert {"test", "check", "examples", "journey", "sdk2", "conformance", "mutants", "types", "lock", ".venv/development.ready"} <= long
