"""python -m benchmarks.engine.hosts CORPUS: one text trained on one and on several hosts, here processes that share loopback alone.

Prints, for each number of hosts, the mean rho over the seeds, processor seconds of all hosts together, the bytes that a host sends, and how
many that is for each second that its training would take alone on a machine: of its own processor seconds.
"""

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

SETTINGS = {"mode": "batch_skipgram", "vector_dim": "100", "min_count": "5", "epochs": "5"}
_SENT = re.compile(r"Sent (\d+\.\d) MB to the other hosts")


@dataclass(frozen=True)
class Trained:
    """One training: mean rho, processor seconds of all hosts, MB that the first has sent."""

    rho: float
    seconds: float
    sent: float


@click.command()
@click.argument("corpus", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--hosts", "counts", multiple=True, type=click.IntRange(1, 20), default=(1, 2, 4, 8), show_default=True)
@click.option("--seeds", default=1, show_default=True, help="Trainings with each number of hosts; their means are printed.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="A hyperparameter beside the defaults.")
def main(corpus: Path, *, counts: tuple[int, ...], seeds: int, changes: tuple[str, ...]) -> None:
    """Train CORPUS on several numbers of hosts, in turn, a thread each, and print a row for each number."""
    settings = SETTINGS | dict(change.split("=", 1) for change in changes)
    rows: dict[int, list[Trained]] = {count: [] for count in counts}
    for seed in range(1, seeds + 1):
        for count in counts:
            rows[count].append(train(corpus, settings, count, seed))
            click.echo(f"{count} hosts, seed {seed}: {rows[count][-1]}", err=True)
    print("| hosts | mean rho | processor seconds of all | MB a host sends | MB for each of its seconds |\n|---|---|---|---|---|")
    for count, found in rows.items():
        rho, seconds, sent = (statistics.fmean(getattr(each, name) for each in found) for name in ("rho", "seconds", "sent"))
        print(f"| {count} | {rho:.3f} | {seconds:.1f} | {sent:.0f} | {sent * count / seconds:.0f} |")


def train(corpus: Path, settings: dict[str, str], count: int, seed: int) -> Trained:
    """Train once, each host a process with a folder and a port of its own.

    Raises:
        RuntimeError: hosts failed; the message has the end of the log of each.
    """
    names = [f"algo-{number}" for number in range(1, count + 1)]
    with tempfile.TemporaryDirectory() as folder, _places(names) as places:
        environ = {"ENGINE_HOSTS": places, "ENGINE_SEED": str(seed)}
        hosts = [_start(Path(folder) / name, corpus, settings, (name, names), environ) for name in names]
        seconds, failed = 0.0, list[str]()
        for name, (process, log) in zip(names, hosts, strict=True):
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds += usage.ru_utime + usage.ru_stime
            if process.returncode:
                failed.append(f"{name} exited with {process.returncode}:\n{log.read_text(encoding='utf-8')[-2000:]}")
        if failed:
            raise RuntimeError("\n".join(failed))
        sent = _SENT.search(hosts[0][1].read_text(encoding="utf-8"))
        report = json.loads((Path(folder) / names[0] / "model" / "eval.json").read_text(encoding="utf-8"))
        return Trained(float(report["mean_rho"]), seconds, 0.0 if sent is None else float(sent[1]))


def _start(
    base: Path, corpus: Path, settings: dict[str, str], host: tuple[str, list[str]], environ: dict[str, str]
) -> tuple[subprocess.Popen[bytes], Path]:
    config, data, log = base / "input" / "config", base / "input" / "data" / "train", base / "log"
    config.mkdir(parents=True)
    data.mkdir(parents=True)
    shutil.copy(corpus, data)
    documents = {
        "hyperparameters": settings | {"evaluation": "True"},
        "inputdataconfig": {"train": {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"}},
        "resourceconfig": {"current_host": host[0], "hosts": host[1]},
    }
    for name, document in documents.items():
        (config / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    command = [sys.executable, "-m", "blazingtext_engine", "train", "--base", str(base), "--threads", "1"]
    with log.open("wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=os.environ | environ), log


@contextmanager
def _places(names: list[str]) -> Iterator[str]:
    """ENGINE_HOSTS with free ports, kept until the end of the block for servers that set SO_REUSEADDR."""
    holders = []
    for _ in names:
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        holders.append(holder)
    try:
        yield ",".join(f"{name}=127.0.0.1:{holder.getsockname()[1]}" for name, holder in zip(names, holders, strict=True))
    finally:
        for holder in holders:
            holder.close()


if __name__ == "__main__":
    main()
