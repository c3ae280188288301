"""Lets Python programs find `/opt/ml` in the folder that stands for it, which `SAGEMAKER_BASE_DIR` names.

A container of a processing job is a process of this machine, and its script has paths below `/opt/ml` written into it. Python imports
this module when it starts, because its folder is on PYTHONPATH. From then on Python's own functions on files, imports, child processes
and PySpark take such a path for the one in the base folder. Code outside of Python (a shell script, the C++ of PyArrow) does not: there
the variable helps.

It must not need anything but the standard library: the interpreter may be another than the sandbox's own.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.machinery
import importlib.util
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: `/opt/ml` where a path begins: at the start of a word, after `=` or the like, or after `file://`; not inside of a longer path.
_PREFIX = re.compile(r"(?:(?<=file://)|(?<![\w./-]))/opt/ml(?![\w.-])")
#: Functions of `os`, and how many of their first arguments are paths.
_FUNCTIONS = {
    **dict.fromkeys(("access", "chdir", "chmod", "chown", "listdir", "lstat", "mkdir", "open", "readlink", "remove", "rmdir"), 1),
    **dict.fromkeys(("scandir", "stat", "statvfs", "truncate", "unlink", "utime"), 1),
    **dict.fromkeys(("link", "rename", "replace", "symlink"), 2),
}
_NAMED = frozenset({"dst", "file", "path", "src"})
#: How PySpark speaks to Java; spark-submit tells its Python program the port.
_GATEWAY, _GATEWAY_PORT = "py4j.protocol", "PYSPARK_GATEWAY_PORT"
_CAPABILITIES = ("supports_dir_fd", "supports_effective_ids", "supports_fd", "supports_follow_symlinks")


def in_base(text: str, base: str) -> str:
    """A text in which each path below `/opt/ml` is one below the base folder."""
    return _PREFIX.sub(lambda _: base, text)


def install(base: str) -> None:
    """Make this process find `/opt/ml` in a folder."""

    def moved(path: Any) -> Any:
        text = os.fspath(path) if isinstance(path, os.PathLike) else path
        if isinstance(text, str):
            return in_base(text, base) if text.startswith("/opt/ml") else path
        return os.fsencode(in_base(os.fsdecode(text), base)) if isinstance(text, bytes) and text.startswith(b"/opt/ml") else path

    _move_files(moved)
    _move_imports(moved)
    _move_processes(base)
    if _GATEWAY_PORT in os.environ:
        _move_gateway(base)


def _move_files(moved: Callable[[Any], Any]) -> None:
    builtins.open = io.open = _moving(builtins.open, 1, moved)
    for name, count in _FUNCTIONS.items():
        original = getattr(os, name, None)
        if original is None:
            continue
        replacement = _moving(original, count, moved)
        for capability in (getattr(os, each) for each in _CAPABILITIES):
            if original in capability:
                capability.add(replacement)
        setattr(os, name, replacement)


def _moving(function: Callable[..., Any], count: int, moved: Callable[[Any], Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        first = [moved(each) for each in given[:count]]
        return function(*first, *given[count:], **{name: moved(value) if name in _NAMED else value for name, value in named.items()})

    return call


def _move_imports(moved: Callable[[Any], Any]) -> None:
    """Folders below `/opt/ml` on `sys.path`."""
    loaders = (
        (importlib.machinery.SourceFileLoader, importlib.machinery.SOURCE_SUFFIXES),
        (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
    )

    def finder(path: str) -> importlib.machinery.FileFinder:
        there = moved(path)
        if there == path:
            raise ImportError(f"{path} is not below /opt/ml")
        return importlib.machinery.FileFinder(there, *loaders)

    sys.path_hooks.insert(0, finder)


def _move_processes(base: str) -> None:
    original = subprocess.Popen.__init__

    def word(value: Any) -> Any:
        text = os.fspath(value) if isinstance(value, os.PathLike) else value
        return in_base(text, base) if isinstance(text, str) else value

    @functools.wraps(original)
    def start(self: Any, args: Any, *given: Any, **named: Any) -> None:
        words = [word(each) for each in args] if isinstance(args, list | tuple) else word(args)
        original(self, words, *given, **{name: word(value) if name in {"cwd", "executable"} else value for name, value in named.items()})

    subprocess.Popen.__init__ = start  # type: ignore[method-assign]


def _move_gateway(base: str) -> None:
    """Paths that a PySpark program names to Spark, which opens them in Java. Other modules import names of this one, so it comes first."""
    protocol = importlib.import_module(_GATEWAY)
    original = protocol.get_command_part

    @functools.wraps(original)
    def part(parameter: Any, *given: Any, **named: Any) -> Any:
        return original(in_base(parameter, base) if isinstance(parameter, str) else parameter, *given, **named)

    protocol.__dict__["get_command_part"] = part


def _run_the_one_that_this_hides() -> None:
    """Import the environment's own sitecustomize, if it has one: Python stops at the first."""
    here = Path(__file__).resolve().parent
    others = [entry for entry in sys.path if Path(entry).resolve() != here]
    spec = importlib.machinery.PathFinder.find_spec(__name__, others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if __name__ == "sitecustomize":
    _run_the_one_that_this_hides()
    if "SAGEMAKER_BASE_DIR" in os.environ:
        install(os.environ["SAGEMAKER_BASE_DIR"])
