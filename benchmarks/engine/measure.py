"""A command as a whole process: wall and processor seconds, peak memory, what it printed; and the machine it runs on."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """One finished process: wall seconds, peak resident memory in MB (of it and its children), its output, seconds of all processors."""

    seconds: float
    peak_mb: float
    output: str
    processor: float


def processors() -> int:
    """The processors this process may use: those of the machine, or fewer in a container or under taskset."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def instruction_set() -> str:
    """The one the engine's kernels are compiled for here; asked of another process, as Numba would count as memory of every child."""
    return run([sys.executable, "-c", "from blazingtext_engine.kernels.jit import CPU; print(CPU.name)"]).output.strip()


def last_cache_bytes() -> int:
    """The size of the largest cache of this machine; 64 MiB where Linux does not say."""
    sizes = Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size")
    return max((int(size.read_text(encoding="ascii").strip().removesuffix("K")) << 10 for size in sizes), default=1 << 26)


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end.

    Raises:
        RuntimeError: it did not exit with 0; the end of its output is in the message.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})})
        # wait4, because it is the only call that tells one child's own peak memory.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}:\n{text[-2000:]}")
    return Measured(seconds, usage.ru_maxrss / 1024, text, usage.ru_utime + usage.ru_stime)
