"""`engine serve` for a benchmark: alone on the first core, on loopback, on a free port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY_SECONDS = 60


@contextmanager
def server(model: Path) -> Iterator[int]:
    """The port of a server that is alone on the first core; this process stays off it."""
    with server_process(model) as (port, _):
        yield port


@contextmanager
def server_process(model: Path) -> Iterator[tuple[int, int]]:
    """The same, and the number of the server's process."""
    cores = sorted(os.sched_getaffinity(0))
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(model.parent)}
    # The server takes a free port itself and says which: one that is found here could be somebody else's by then.
    command = [sys.executable, "-m", "blazingtext_engine", "serve", "--host", "127.0.0.1", "--port", "0"]
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores[:1]),  # noqa: PLW1509 - this process has one thread
    )
    os.sched_setaffinity(0, cores[1:] or cores)
    try:
        said = process.stdout.readline() if process.stdout is not None else ""
        port = int(said.rstrip(".\n").rpartition(" ")[2])
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def _wait(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
