"""The links by which mypy finds every package under its import name: `.venv/names`."""

import os
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
