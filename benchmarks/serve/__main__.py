"""python -m benchmarks.serve MODEL: latency and throughput of `engine serve`, the server on one core and the client on others (Linux)."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import numpy as np

from blazingtext.vectors import reading

REQUESTS = 20_000
READY_SECONDS = 60


@click.command()
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--connections", "connections", multiple=True, type=int, default=[1, 4, 16], show_default=True)
def main(model: Path, *, connections: tuple[int, ...]) -> None:
    """Ask for ten words of MODEL, an unpacked artifact with vectors.txt, again and again."""
    words = reading.load(model / "vectors.txt").words[100:110]
    body = json.dumps({"instances": list(words)}).encode()
    if len(os.sched_getaffinity(0)) == 1:
        print("There is one core: server and client take turns on it, and the figures are those of both.\n")
    print("| connections | requests/s | p50 ms | p99 ms |\n|---|---|---|---|")
    with _server(model) as port:
        for count in connections:
            asyncio.run(_ask(port, body, 4, REQUESTS // 10))
            start = time.perf_counter()
            latencies = asyncio.run(_ask(port, body, count, REQUESTS))
            speed = len(latencies) / (time.perf_counter() - start)
            middle, late = np.percentile(latencies, [50, 99]) * 1000
            print(f"| {count} | {speed:,.0f} | {middle:.2f} | {late:.2f} |", flush=True)


@contextmanager
def _server(model: Path) -> Iterator[int]:
    """The server, alone on the first core; this process stays off it."""
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
        yield port
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


async def _ask(port: int, body: bytes, connections: int, requests: int) -> list[float]:
    """The seconds each of so many requests took, over connections that each wait for an answer before the next request."""
    head = f"POST /invocations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    request = head.encode() + body
    latencies: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(requests // connections):
            start = time.perf_counter()
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"The server answered {answer!r}.")
            length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
            latencies.append(time.perf_counter() - start)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client() for _ in range(connections)))
    return latencies


if __name__ == "__main__":
    main()
