"""python -m benchmarks.serve.batches: many words in one request to `engine serve`, whose model has a million of them (Linux).

The vectors are random numbers. "Frequent" are words from the most frequent five thousand, "any" are words from all of them.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import psutil

from benchmarks.serve.load import SHARES, capacity, steady
from benchmarks.serve.server import server_process
from blazingtext_engine.corpus.vocabulary import Vocabulary
from blazingtext_engine.formats.fasttext_writer import write_word_vectors
from blazingtext_engine.training.models import InputMatrix, WordVectors
from blazingtext_engine.training.settings import Word2VecSettings

DIM, FREQUENT = 100, 5000
WORDS = (10, 100, 1000, 2500)  # of 2,500 vectors an answer has 5 MB; SageMaker passes on 6
ASKED = 100_000
BODIES = 20
LOADED = 100  # words of a request under load
WORKERS = (1, 2, 4)
_START_SECONDS = 120


@click.command()
@click.option("--vocabulary", default=1_000_000, show_default=True, help="Words of the model.")
@click.option("--runs", default=3, show_default=True)
def main(vocabulary: int, *, runs: int) -> None:
    """Print words a second of the server's processor time, latencies under load, and the memory of several workers."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        model.mkdir()
        write_random_model(model, vocabulary)
        with server_process(model) as (port, process):
            print("| words a request | words | M words/s of processor time | p50 ms | p99 ms |\n|---|---|---|---|---|")
            for count in WORDS:
                for name, among in (("frequent", min(FREQUENT, vocabulary)), ("any", vocabulary)):
                    bodies = _bodies(count, among)
                    speed, latencies = max((_ask_in_turn(port, process, bodies, count) for _ in range(runs)), key=lambda run: run[0])
                    middle, late = np.percentile(latencies, [50, 99]) * 1000
                    print(f"| {count:,} | {name} | {speed / 1e6:.3f} | {middle:.1f} | {late:.1f} |", flush=True)
            print("\n| words a request | load | answers/s | p50 ms (times) | p99 ms (times) | errors |\n|---|---|---|---|---|---|")
            for row in asyncio.run(_under_load(port, _bodies(LOADED, vocabulary)[0])):
                print(row, flush=True)
        print("\n| workers | MB of its own, each process | MB shared |\n|---|---|---|")
        for workers in WORKERS:
            own, shared = _memory(Path(folder), workers)
            print(f"| {workers} | {', '.join(f'{size / 1e6:.0f}' for size in own)} | {shared / 1e6:.0f} |", flush=True)


def write_random_model(folder: Path, words: int) -> None:
    """vectors.bin of words w0, w1, ... with random vectors."""
    rows = np.random.default_rng(1).normal(0, 0.2, (words, DIM)).astype(np.float32)
    counts = np.arange(words, 0, -1, dtype=np.int64)
    vocabulary = Vocabulary([b"w%d" % number for number in range(words)], counts, int(counts.sum()), [], counts[:0])
    model = WordVectors(vocabulary, Word2VecSettings(), rows, InputMatrix.of_words(rows), rows, 1.0, 1.0, completed=True)
    write_word_vectors(folder / "vectors.bin", model, min_count=5)


def _bodies(count: int, among: int) -> list[bytes]:
    generator = np.random.default_rng(2)
    return [json.dumps({"instances": [f"w{number}" for number in generator.integers(0, among, count)]}).encode() for _ in range(BODIES)]


def _ask_in_turn(port: int, process: int, bodies: Sequence[bytes], count: int) -> tuple[float, list[float]]:
    """Words a second of the server's processor time, and the seconds of each request, one after the other on one connection."""
    server, latencies = psutil.Process(process), list[float]()

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        for number in range(max(BODIES, ASKED // count)):
            body = bodies[number % BODIES]
            start = time.perf_counter()
            head = f"POST /invocations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200"), answer
            await reader.readexactly(int(answer.lower().partition(b"content-length:")[2].split()[0]))
            latencies.append(time.perf_counter() - start)
        writer.close()
        await writer.wait_closed()

    before = sum(server.cpu_times()[:2])
    asyncio.run(ask())
    return len(latencies) * count / (sum(server.cpu_times()[:2]) - before), latencies


async def _under_load(port: int, body: bytes) -> list[str]:
    most = await capacity(port, body)
    loads = [await steady(port, body, share, most) for share in SHARES]
    base = float(np.percentile(loads[0].latencies, 50))
    return [load.row(str(LOADED), base) for load in loads]


def _memory(base: Path, workers: int) -> tuple[list[int], int]:
    """The bytes that each process of a server has for itself, and those of the largest that others have, too."""
    command = [sys.executable, "-m", "blazingtext_engine", "serve", "--base", str(base), "--port", "0", "--workers", str(workers)]
    with subprocess.Popen(command, env={**os.environ}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            started = _started(psutil.Process(process.pid), workers)
        finally:
            process.terminate()
        return [own for own, _ in started], max(shared for _, shared in started)


def _started(server: psutil.Process, workers: int) -> list[tuple[int, int]]:
    """The memory of all processes with the model's index, when the workers have read it: when none of them grows any more."""
    end, last = time.monotonic() + _START_SECONDS, list[tuple[int, int]]()
    while time.monotonic() < end:
        time.sleep(2)
        processes = [server, *(child for child in server.children() if "resource_tracker" not in " ".join(child.cmdline()))]
        memory = [(each.uss, each.rss - each.uss) for each in (one.memory_full_info() for one in processes)]
        if len(memory) == (1 if workers == 1 else workers + 1) and memory == last:
            return memory
        last = memory
    raise RuntimeError("The server did not come to rest.")


if __name__ == "__main__":
    main()
