"""Finds the packages of the wheel: pyproject.toml says which folder has which import name, but cannot look below a renamed folder."""

import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from setuptools import find_packages, setup  # type: ignore[import-untyped] # it ships no types


def packages(folders: Mapping[str, str]) -> Iterator[str]:
    """Every package, by its import name; a folder that has an import name of its own is not part of the one it lies in."""
    for name, folder in folders.items():
        others = [other.removeprefix(f"{folder}/").replace("/", ".") for other in folders.values() if other.startswith(f"{folder}/")]
        below = find_packages(folder, exclude=[*others, *(f"{other}.*" for other in others)])
        yield from [name, *(f"{name}.{package}" for package in below)]


# Setuptools would pack what an earlier build left there, modules that have gone since included.
shutil.rmtree("build/lib", ignore_errors=True)
PROJECT = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
setup(packages=list(packages(PROJECT["tool"]["setuptools"]["package-dir"])))
