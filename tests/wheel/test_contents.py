"""What is in the wheel: our import names, everything below their folders, and nothing else."""

import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.wheel.installation import ROOT, tracked

# Written down once more on purpose: a seventh name is a decision, not an accident.
NAMES = {"blazingtext", "blazingtext_engine", "blazingtext_functions", "blazingtext_lifecycle", "blazingtext_sandbox", "blazingtext_stacks"}
FOLDERS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-dir"]


@pytest.fixture(name="contents", scope="module")
def _contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as opened:
        return {name for name in opened.namelist() if not name.endswith("/")}


def import_name(path: str) -> str:
    """Where a file of the repository is in the wheel; the innermost folder that has an import name decides."""
    name, folder = max(((name, folder) for name, folder in FOLDERS.items() if path.startswith(f"{folder}/")), key=lambda each: len(each[1]))
    return name + path.removeprefix(folder)


def test_the_wheel_puts_our_names_and_no_other_into_somebodys_environment(contents: set[str]) -> None:
    metadata = {name for name in contents if re.match(r"blazingtext_cdk-[\d.]+\.dist-info/", name)}

    assert {name.partition("/")[0] for name in contents - metadata} == NAMES


def test_every_module_and_every_data_file_is_in_the_wheel_and_nothing_else_is(contents: set[str]) -> None:
    files = [
        path for folder in set(FOLDERS.values()) for path in tracked(folder) if path.endswith((".py", "/py.typed")) or "/data/" in path
    ]
    assert len(files) > 150

    shipped = {name for name in contents if ".dist-info/" not in name}

    assert shipped == {import_name(path) for path in files}


def test_every_package_says_that_it_has_types(contents: set[str]) -> None:
    assert {f"{name}/py.typed" for name in NAMES} <= contents


def test_the_licence_and_the_notice_of_the_data_travel_with_them(contents: set[str]) -> None:
    assert {name.rpartition("/")[2] for name in contents if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    assert "blazingtext/data/sample/README.md" in contents
