"""python -m benchmarks.serve.load VECTORS CLASSIFIER: `engine serve` under a steady load and under bursts (Linux).

Requests come at their times whether or not earlier ones were answered, as from many callers, and a latency counts from that time: a
server that falls behind cannot slow its callers down and so look fast.
"""

import asyncio
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from .server import server

_SECONDS, _BURSTS, _BURST, _BETWEEN = 10, 5, 64, 1.0
SHARES = (0.25, 0.5, 0.75)
_TIMEOUT = 10.0
_WARM_UP = 200


@dataclass(frozen=True)
class Load:
    """What a load was answered with.

    Attributes:
        name: of the load.
        seconds: from the first request to the last answer.
        latencies: seconds of the requests that were answered with 200.
        errors: how many were not, in time.
    """

    name: str
    seconds: float
    latencies: Sequence[float]
    errors: int

    def row(self, model: str, base: float) -> str:
        """A line of the table; `base` is the median latency of the lightest load."""
        middle, late = np.percentile(self.latencies, [50, 99]) if self.latencies else (math.nan, math.nan)
        rate = len(self.latencies) / self.seconds
        return (
            f"| {model} | {self.name} | {rate:,.0f} | {middle * 1000:.1f} ({middle / base:.1f}) | {late * 1000:.1f} ({late / base:.1f}) "
            f"| {self.errors} of {len(self.latencies) + self.errors:,} |"
        )


@click.command()
@click.argument("vectors", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("classifier", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(vectors: Path, classifier: Path) -> None:
    """Ask the models of two unpacked artifacts: ten words of word vectors, and a sentence of ten words of a classifier."""
    words = ["the", "and", "music", "money", "morning", "people", "time", "beautiful", "school", "night"]
    print("| model | load | answers/s | p50 ms (times) | p99 ms (times) | errors |\n|---|---|---|---|---|---|")
    for name, model, instances in (("word vectors", vectors, words), ("classifier", classifier, [" ".join(words)])):
        with server(model) as port:
            for line in asyncio.run(_table(name, port, json.dumps({"instances": instances}).encode())):
                print(line, flush=True)


async def _table(name: str, port: int, body: bytes) -> list[str]:
    most = await capacity(port, body)
    loads = [await steady(port, body, share, most) for share in SHARES]
    loads.append(await _bursts(port, body))
    base = float(np.percentile(loads[0].latencies, 50))
    return [f"| {name} | one after the other on 4 connections | {most:,.0f} | | | |", *(load.row(name, base) for load in loads)]


async def capacity(port: int, body: bytes) -> float:
    """Answers a second to four callers that each wait for the last answer."""

    async def caller() -> None:
        for _ in range(_WARM_UP):
            await _ask(port, body)

    start = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(4)))
    return 4 * _WARM_UP / (time.perf_counter() - start)


async def steady(port: int, body: bytes, share: float, most: float) -> Load:
    """Requests for some seconds, of a share of the `most` answers a second."""
    rate = share * most
    return await _at(f"steady, {share:.0%} of that", port, body, [number / rate for number in range(int(_SECONDS * rate))])


async def _bursts(port: int, body: bytes) -> Load:
    times = [round_ * _BETWEEN for round_ in range(_BURSTS) for _ in range(_BURST)]
    return await _at(f"{_BURSTS} bursts of {_BURST} at once, every {_BETWEEN:.0f} s", port, body, times)


async def _at(name: str, port: int, body: bytes, times: Sequence[float]) -> Load:
    """Requests at some seconds from now, each on a connection of its own."""
    start = time.perf_counter()

    async def request(due: float) -> float | None:
        await asyncio.sleep(max(0.0, start + due - time.perf_counter()))
        try:
            await asyncio.wait_for(_ask(port, body), _TIMEOUT)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            return None
        return time.perf_counter() - start - due

    found = await asyncio.gather(*map(request, times))
    latencies = [each for each in found if each is not None]
    return Load(name, time.perf_counter() - start, latencies, len(found) - len(latencies))


async def _ask(port: int, body: bytes) -> None:
    """One request on a new connection.

    Raises:
        OSError: there is no connection.
        ValueError: the answer is not 200.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST /invocations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        if not answer.startswith(b"HTTP/1.1 200"):
            raise ValueError(answer)
    finally:
        writer.close()


if __name__ == "__main__":
    main()
