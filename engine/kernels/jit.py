"""Compilation to machine code: for which processor, with which options, and where the result is kept between runs.

This is the one place that touches Numba's untyped decorators and llvmlite's untyped modules.
"""

import grp
import hashlib
import os
import pwd
import stat
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import llvmlite.binding
import numba
import numba.core.cgutils
import numba.extending
import numpy as np

from ..errors import UserError

__all__ = ["CPU", "Cpu", "cgutils", "float32", "inner", "int64", "intrinsic", "ir", "kernel", "selected_cpu", "types"]

# Compiler internals, untyped.
cgutils: Any = numba.core.cgutils
intrinsic: Callable[[Any], Any] = numba.extending.intrinsic
ir: Any = llvmlite.ir
types: Any = numba.types
_config: Any = numba.config
_njit: Any = numba.njit
# In a kernel these make machine numbers; for the type checker they are int and float.
int64: Callable[[Any], int] = cast("Any", np.int64)
float32: Callable[[Any], float] = cast("Any", np.float32)
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Cpu:
    """The instruction set kernels are written for.

    Attributes:
        name: avx512, avx2, sse or neon.
        lanes: 32-bit floats in one vector register.
        registers: how many vector registers there are; kernels choose their tiles by it.
        model: LLVM's name of the processor, None for the host itself.
        features: LLVM's feature string, None for the host's own.
    """

    name: str
    lanes: int
    registers: int
    model: str | None = None
    features: str | None = None


def selected_cpu(wanted: str, host_features: dict[str, bool], machine: str) -> Cpu:
    """The widest instruction set of this machine, or the one `ENGINE_CPU` names (`wanted`, empty when unset).

    Raises:
        UserError: when it names one that this machine does not have.
    """
    arm = machine.lower() in {"arm64", "aarch64"}
    available = {"neon": Cpu("neon", 4, 32)} if arm else _x86_cpus(host_features)
    if wanted and wanted not in available:
        raise UserError(
            f"ENGINE_CPU={wanted} cannot be used: this machine offers {', '.join(available)}. Unset ENGINE_CPU or choose one of these."
        )
    if wanted:
        return available[wanted]
    best = next(iter(available.values()))
    return best if best.name == "avx512" else Cpu(best.name, best.lanes, best.registers)


def _x86_cpus(features: dict[str, bool]) -> dict[str, Cpu]:
    """What an x86-64 processor can run, widest first."""
    cpus = {}
    if features.get("avx512f") and features.get("avx512vl"):
        # LLVM prefers 256-bit registers on most AVX-512 machines; these kernels are faster with 512.
        prefetch = ",+prfchw" if features.get("prfchw") else ""
        cpus["avx512"] = Cpu("avx512", 16, 32, "x86-64-v4", f"-prefer-256-bit{prefetch}")
    if features.get("avx2") and features.get("fma"):
        cpus["avx2"] = Cpu("avx2", 8, 16, "x86-64-v3", "")
    cpus["sse"] = Cpu("sse", 4, 16, "x86-64", "")
    return cpus


def _host_cpu() -> Cpu:
    machine = llvmlite.binding.get_process_triple().partition("-")[0]
    return selected_cpu(os.environ.get("ENGINE_CPU", ""), dict(llvmlite.binding.get_host_cpu_features()), machine)


def cache_key(package: Path, cpu: "Cpu") -> str:
    """Identifies compiled code by its compiler and by the sources of kernels: they inline each other, so a change to one makes all stale.

    Covers every module of kernels/, whose constants kernels use, and any module elsewhere in the package that compiles something.
    """
    digest = hashlib.sha256(f"{sys.version_info[:2]} {numba.__version__} {llvmlite.__version__} {cpu}".encode())
    for path in sorted(package.rglob("*.py")):
        source = path.read_bytes()
        if path.is_relative_to(package / "kernels") or b"jit import" in source:
            digest.update(source)
    return digest.hexdigest()[:16]


def _cache_candidates() -> list[Path]:
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return [Path(chosen)]
    home = os.environ.get("XDG_CACHE_HOME")
    user = Path(home) if home else Path(os.path.expanduser("~/.cache"))  # noqa: PTH111 - Path.expanduser raises without a home
    return [user / "blazingtext-engine", Path(tempfile.gettempdir()) / f"blazingtext-engine-{os.getuid()}"]


def _cache_folder() -> str:
    """A folder of ours for compiled code, or "" when nothing is writable; never the source folder, which may be read-only."""
    for candidate in _cache_candidates():
        folder = candidate / cache_key(_PACKAGE, CPU)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if only_ours(folder) and os.access(folder, os.W_OK):
            return str(folder)
    return ""


def only_ours(folder: Path) -> bool:
    """Whether nobody else may change what lies in a folder, or put another in its place: compiled code is loaded from it and run.

    Every folder on the way belongs to this user or to root, and others may write to none, save to one whose sticky bit keeps them from
    renaming what is not theirs, as in /tmp.
    """
    path = folder.resolve()
    return all(_is_safe(each, shared=each != path) for each in (path, *path.parents))


def _is_safe(folder: Path, *, shared: bool) -> bool:
    found = folder.stat()
    trusted = found.st_uid in {os.getuid(), *({0} if shared else ())}
    open_to_others = found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not _is_private(found.st_gid))
    return trusted and (not open_to_others or (shared and bool(found.st_mode & stat.S_ISVTX)))


def _is_private(group: int) -> bool:
    """Whether a group is this user's own, of the same name, as many systems make one for every user."""
    try:
        return grp.getgrgid(group).gr_name == pwd.getpwuid(os.getuid()).pw_name and not grp.getgrgid(group).gr_mem
    except KeyError:
        return False


_PACKAGE = Path(__file__).parents[1]
CPU = _host_cpu()
if CPU.model is not None:
    _config.CPU_NAME = CPU.model
    _config.CPU_FEATURES = CPU.features
_CACHE = _cache_folder()


# Without Numba's runtime (_nrt) arrays are not reference-counted: each count is an atomic operation on memory that all threads share,
# hundreds in a block. Kernels allocate nothing, so they do not need it; one that did would fail to compile.
_OPTIONS = {"nogil": True, "fastmath": True, "error_model": "numpy", "boundscheck": False, "_nrt": False}


def kernel(function: Function) -> Function:
    """Compile a function that holds no Python object: it runs without the interpreter lock, so threads run it side by side.

    fastmath lets LLVM reorder sums into vector registers; kernels check no bounds (tests put guard rows around everything they write).
    """
    before = _config.CACHE_DIR
    _config.CACHE_DIR = _CACHE
    try:
        compiled: Function = _njit(**_OPTIONS, cache=bool(_CACHE))(function)
    finally:
        _config.CACHE_DIR = before
    return compiled


def inner(function: Function) -> Function:
    """Compile a function that only kernels call: without the wrappers for Python and C, which take as long as the function itself.

    Called from Python it would crash the process: there is nothing to call.
    """
    compiled: Function = _njit(**_OPTIONS, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return compiled
