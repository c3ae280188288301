"""The lines BlazingText prints, byte for byte: metric regexes and people's scripts read them.

Two kinds, as in the real container: lines of its Python half carry a logger's prefix, lines of its C++ half do not. Shapes are those
printed since November 2020 (sizes and durations as floats).
"""

import math
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

WORDS_A_LINE = 10_000_000
FIRST_PROGRESS = 0.02
PROGRESS_STEP = 0.05


@dataclass
class Log:
    """Where the lines go, and the clock that dates them."""

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    clock: Callable[[], float] = time.time
    thread_id: Callable[[], int] = threading.get_ident

    def line(self, text: str = "") -> None:
        """A line without a prefix."""
        self.stream.write(text + "\n")
        self.stream.flush()  # a watcher sees it now, also through a pipe

    def info(self, text: str) -> None:
        """A line with the logger's prefix."""
        self._prefixed("INFO", text)

    def warning(self, text: str) -> None:
        """A warning with the logger's prefix."""
        self._prefixed("WARNING", text)

    def error(self, text: str) -> None:
        """An error with the logger's prefix."""
        self._prefixed("ERROR", text)

    def _prefixed(self, level: str, text: str) -> None:
        moment = time.strftime("%m/%d/%Y %H:%M:%S", time.gmtime(self.clock()))
        self.line(f"[{moment} {level} {self.thread_id()}] {text}")


def started(output: Log) -> None:
    """The first lines of every training."""
    output.line("Arguments: train")
    output.warning("Loggers have already been setup.")
    output.warning("Loggers have already been setup.")


def gpu_count(output: Log, count: Callable[[], int] | None = None, timer: Callable[[], float] = time.perf_counter) -> None:
    """How long the look for GPUs took and how many there are; none is used."""
    begin = timer()
    found = count_gpus() if count is None else count()
    output.info(f"nvidia-smi took: {timer() - begin!r} secs to identify {found} gpus")


GPU_SECONDS = 10.0


def count_gpus() -> int:
    """The GPUs nvidia-smi lists; 0 where there is no nvidia-smi, or none that answers."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return 0
    try:
        listing = subprocess.run([command, "-L"], capture_output=True, text=True, timeout=GPU_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        # A driver that hangs, or a file that is no program: this engine trains on CPUs, so the count is for the log only.
        return 0
    return sum(line.startswith("GPU ") for line in listing.stdout.splitlines())


def single_machine(output: Log, mode: str) -> None:
    """One machine trains."""
    output.info(f"Running single machine CPU BlazingText training using {mode} mode.")


def processing(output: Log, path: str, size: int) -> None:
    """One input file, its size in bytes."""
    output.info(f"Processing {path} . File size: {size / 1024 / 1024!r} MB")


@dataclass
class WordsRead:
    """Prints `Read 10M words` at every ten millions, and the whole number at the end."""

    log: Log
    printed: int = 0

    def update(self, words: int) -> None:
        """The corpus has been read up to this many words."""
        while words - self.printed >= WORDS_A_LINE:
            self.printed += WORDS_A_LINE
            self._print(self.printed)

    def finish(self, words: int, vocabulary: int) -> None:
        """The corpus is read: all its words, and how many different ones are kept."""
        self.update(words)
        self._print(words)
        self.log.line(f"Number of words:  {vocabulary}")

    def _print(self, words: int) -> None:
        self.log.line(f"Read {words // 1_000_000}M words")


def started_from(output: Log, name: str, *, known: int, words: int) -> None:
    """Vectors were given to start from, which BlazingText has not: how many of the text's words have one there."""
    output.info(f"Starting from {name}: it has {known} of the {words} words of the text.")


@dataclass
class TrainingProgress:
    """Prints a progress line at about 2 %, then about every 5 %, and at 100 %."""

    log: Log
    learning_rate: float
    distributed: bool = False
    _next: float = FIRST_PROGRESS
    _printed: float = -math.inf

    def update(self, fraction: float, words_per_second: float) -> None:
        """So much of the training is done; prints when a line is due."""
        if self._next <= fraction < 1:
            self._print(fraction, words_per_second)
            while self._next <= fraction:
                self._next += PROGRESS_STEP

    def finish(self, fraction: float, words_per_second: float) -> None:
        """The training ended here; an interrupted one below 100 %, perhaps where a line was just printed."""
        if fraction > self._printed:
            self._print(fraction, words_per_second)

    def _print(self, fraction: float, words_per_second: float) -> None:
        self._printed = fraction
        alpha = self.learning_rate * (1 - fraction)
        text = f"Alpha: {alpha:.4f}  Progress: {100 * fraction:.2f}%  Million Words/sec: {words_per_second / 1e6:.2f}"
        self.log.line(text if self.distributed else f"##### {text} #####")


def finished(output: Log, *, words_per_second: float, seconds: float, supervised: bool = False) -> None:
    """The training is over; its throughput counts words times epochs."""
    output.line("Training finished." if supervised else "Training finished!")
    output.line(f"Average throughput in Million words/sec: {words_per_second / 1e6:.2f}")
    output.line(f"Total training time in seconds: {seconds:.2f}")
    output.line()


def evaluated(output: Log, *, vectors: str, report: str, mean_rho: float) -> None:
    """The evaluation of word vectors: the very text of eval.json, and the metric."""
    output.line("Evaluating word embeddings....")
    output.line(f"Vectors read from: {vectors} ")
    output.line(report)
    output.info(f"#mean_rho: {mean_rho!r}")


def validation_loading(output: Log, path: str) -> None:
    """The validation file is about to be read."""
    output.line(f"Loading validation data from {path}")


def validation_loaded(output: Log) -> None:
    """The validation data is in memory."""
    output.line("Loaded validation data.")


def epoch_validated(output: Log, *, epoch: int, threads: int, accuracy: float, without_improvement: int) -> None:
    """The accuracy on the validation data after an epoch; `without_improvement` is 0 for a new best."""
    output.line(f"-------------- End of epoch: {epoch}")
    output.line(f"Using {threads} threads for prediction!")
    output.line(f"Validation accuracy: {accuracy:g}")
    if without_improvement == 0:
        output.line("Validation accuracy improved! Storing best weights...")
    else:
        output.line(f"Validation accuracy has not improved for last {without_improvement} epochs.")


def accuracy(output: Log, name: str, value: float, examples: int) -> None:
    """A metric of classification: `name` is train or validation."""
    output.line(f"#{name}_accuracy: {value:.4f}")
    output.line(f"Number of {name} examples: {examples}")


def distributed_training(output: Log, *, mode: str, addresses: Sequence[tuple[str, str]], current: str) -> None:
    """Several machines train; `addresses` are pairs of host name and address, the master first."""
    for name, address in addresses:
        output.line(f"Found {address} for host {name}")
    output.info(f"Running distributed CPU BlazingText training using {mode} on {len(addresses)} hosts.")
    own = dict(addresses)[current]
    output.info(f"Number of hosts: {len(addresses)}, master IP address: {addresses[0][1]}, host IP address: {own}.")


def master_ready(output: Log) -> None:
    """The master is there for its workers."""
    output.info("HTTP server started....")
    output.info(f"Number of CPU sockets found in instance is  {_cpu_sockets()}")


def processes(output: Log, hosts: Sequence[str]) -> None:
    """Every host of the training has come."""
    for rank, name in enumerate(hosts):
        output.line(f"processor name: {name}, number of processors: {len(hosts)}, rank: {rank}")


def exchanged(output: Log, *, sent: int, waited: float) -> None:
    """What this host sent to the others, in bytes, and for how many seconds it sent, received and waited; BlazingText does not tell."""
    output.info(f"Sent {sent / 1e6:.1f} MB to the other hosts. Sending, receiving and waiting took {waited:.2f} seconds.")


def worker_finished(output: Log) -> None:
    """How a worker ends, also when all went well."""
    output.info("Master host is not alive. Training might have finished. Shutting down.... Check the logs for algo-1 machine.")


def _cpu_sockets() -> int:
    """The processor packages of this machine; 1 where the system does not say."""
    files = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/physical_package_id")
    return max(1, len({file.read_text(encoding="ascii") for file in files}))
