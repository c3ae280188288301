"""Training on this machine, without AWS: the engine in a process of its own, as SageMaker starts a container."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from blazingtext_lifecycle import hyperparameters as table
from blazingtext_lifecycle import naming, recipe_keys
from blazingtext_lifecycle.combinations import BATCH_SKIPGRAM
from blazingtext_lifecycle.errors import CloudError, UserError
from blazingtext_lifecycle.extras import require

from ..arguments import several
from ..corpus import recipe, uploads
from ..figures import duration
from ..html_tables import facts
from . import local_models

# Modes and instances constrain each other on AWS; this machine is one without GPU.
_INSTANCE_TYPE = "ml.c5.xlarge"
# How the engine's reasons begin when it is the person who can put it right.
_CUSTOMER = "Customer Error"
_METRIC = re.compile(r"#(train|validation)_accuracy: ([0-9.]+)|#mean_rho: (-?[0-9.]+)")


@dataclass(frozen=True)
class LocalTraining:
    """A training that has ended.

    Attributes:
        folder: where the model is.
        files: its files, by name.
        mode: the training mode.
        hyperparameters: all of them, as text.
        metrics: final values by name, such as train:mean_rho.
        seconds: how long it took.
        warnings: what is legal but probably a mistake.
        corpus_sha256: of the text, that of the validation channel included: of one file, its own; of several, the SHA-256 of theirs in
            hexadecimal, a line each.
    """

    folder: Path
    files: tuple[str, ...]
    mode: str
    hyperparameters: Mapping[str, str]
    metrics: Mapping[str, float]
    seconds: float
    warnings: tuple[str, ...]
    corpus_sha256: str

    def __repr__(self) -> str:
        reached = "".join(f", {name} {value:.3f}" for name, value in self.metrics.items())
        return f"LocalTraining({self.folder}: {self.mode}{reached}, {duration(self.seconds)})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        reached = [(name, f"{value:.4f}") for name, value in self.metrics.items()]
        told = [("mode", self.mode), ("files", ", ".join(self.files)), ("time", duration(self.seconds))]
        return facts(str(self.folder), [*told, *reached, *(("warning", each) for each in self.warnings)])


def train(
    corpus: str | Path | Sequence[str | Path],
    folder: str | Path,
    *,
    mode: str = BATCH_SKIPGRAM,
    hyperparameters: Mapping[str, object] | None = None,
    validation: str | Path | Sequence[str | Path] = (),
    threads: int | None = None,
    seed: int | None = None,
    initial: str | Path | None = None,
    on_line: Callable[[str], None] = lambda _: None,
) -> LocalTraining:
    """Trains with the same hyperparameters, checks and files as on SageMaker; the recipe of the corpus, if it has one, goes with the model.

    Args:
        corpus: a text file or several, one sentence a line; labelled for ``supervised``.
        folder: where the model goes; it must not be there yet, or be empty. Nothing is left there when the training fails.
        mode: the training mode.
        hyperparameters: those that differ from the defaults.
        validation: labelled text to validate a classifier on.
        threads: how many threads train; None means every processor.
        seed: where randomness starts; with one thread, the same seed gives the same bytes.
        initial: a model, as for `load`, whose vectors the training starts from, as with fastText's -pretrainedVectors. All its words are
            kept, whatever their count; its dimension is that of the training unless vector_dim is given. SageMaker has no such thing.
        on_line: called with every line of the training's log.

    Raises:
        MissingExtraError: the engine's requirements are not installed.
        CorpusError: a file cannot be trained on.
        RecipeError: what lies beside a file is no recipe.
        HyperparameterError: names every hyperparameter that is wrong.
        UserError: the folder holds something, the engine refuses the request, or `initial` cannot be started from: it cannot be read, has
            another dimension, or knows no word of the text.
        CloudError: the engine failed.
    """
    require("engine")
    folder = Path(folder)
    channels = uploads.plan("local", _paths(corpus), _paths(validation))
    names = {channel.channel for channel in channels}
    complete, warnings = table.complete(mode, hyperparameters or {}, _INSTANCE_TYPE, 1, channels=names)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is there already, and is not an empty folder. Name another one, or remove it.")
    hashes = {channel.path: uploads.digests_of(channel.path).whole for channel in channels}
    prepared, doubts = recipe.of_files([(channel.path, hashes[channel.path]) for channel in channels])
    began = time.monotonic()
    with _beside(folder) as base:
        start = None
        if initial is not None:
            start, dimension = local_models.initial_vectors(initial, base)
            complete = {**complete, **({} if "vector_dim" in (hyperparameters or {}) else {"vector_dim": str(dimension)})}
        with _explained(folder):
            _lay_out(base, channels, complete)
        metrics = _run(base, {"threads": threads, "seed": seed, "initial": start}, on_line)
        if prepared is not None:
            recipe.write(prepared, base / "model" / recipe.FILE)
        with _explained(folder):
            (base / "model").rename(folder)
    files = tuple(sorted(path.name for path in folder.iterdir()))
    found = tuple(dict.fromkeys([*(each for channel in channels for each in channel.warnings), *warnings, *doubts]))
    digest = recipe_keys.joined_sha256([hashes[channel.path] for channel in sorted(channels, key=lambda each: each.key)])
    return LocalTraining(folder, files, mode, complete, metrics, time.monotonic() - began, found, digest)


def _paths(given: str | Path | Sequence[str | Path]) -> list[Path]:
    return [Path(given)] if isinstance(given, str | Path) else [Path(each) for each in several("train(", "files", given)]


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder next to one that is to be made, so that the model gets there in one step; it is gone afterwards."""
    with _explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{naming.TRAIN}-")
    with temporary as base:
        yield Path(base)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turns the operating system's errors about the model's folder into a sentence."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{folder} cannot be written. {error.strerror or error}. Make room, or name another folder.") from error


def _lay_out(base: Path, channels: Sequence[uploads.Channel], complete: Mapping[str, str]) -> None:
    """A folder as SageMaker gives it to a container; the corpus is linked, not copied."""
    config = base / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(complete), encoding="utf-8")
    told = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    (config / "inputdataconfig.json").write_text(json.dumps({channel.channel: told for channel in channels}), encoding="utf-8")
    for channel in channels:
        data = base / "input" / "data" / channel.channel
        data.mkdir(parents=True, exist_ok=True)
        (data / channel.path.name).symlink_to(channel.path.resolve())


def _run(base: Path, given: Mapping[str, object], on_line: Callable[[str], None]) -> dict[str, float]:
    """Trains to the end, with the engine's own options where they are given; the metrics that the log holds.

    An interrupt stops the engine before it goes on, so that no process stays behind.
    """
    options = [f"--{name}={value}" for name, value in given.items() if value is not None]
    command = [sys.executable, "-u", "-m", "blazingtext_engine", "train", "--base", str(base), *options]
    last = "It wrote nothing."
    metrics: dict[str, float] = {}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    ) as engine:
        try:
            for line in engine.stdout or ():
                last = line.rstrip("\n")
                on_line(last)
                if found := _METRIC.search(last):
                    name = f"{found[1]}:accuracy" if found[1] else "train:mean_rho"
                    metrics[name] = float(found[2] or found[3])
        except BaseException:
            engine.send_signal(signal.SIGKILL)
            raise
    if engine.returncode:
        raise _failure(base, engine.returncode, last)
    return metrics


def _failure(base: Path, code: int, last: str) -> UserError | CloudError:
    file = base / "output" / "failure"
    if not file.is_file():
        return CloudError(f"The engine ended with exit code {code} and left no reason. Its last line: {last}")
    prefix, _, reason = file.read_text(encoding="utf-8").partition(": ")
    return UserError(reason) if prefix == _CUSTOMER else CloudError(f"The engine failed. {reason or prefix}")
