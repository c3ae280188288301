"""Who is compared, and how each is started; each trains one corpus once and says what it took."""

import json
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engine.measure import Measured, run
from blazingtext.vectors import evaluation, reading

Settings = dict[str, object]
DEFAULTS: Settings = {
    "dim": 100,
    "window": 5,
    "negatives": 5,
    "min_count": 5,
    "sample": 1e-4,
    "batch_size": 11,
    "epochs": 5,
    "learning_rate": 0.05,
    "word_ngrams": 2,
    "subwords": "False",
}


@dataclass(frozen=True)
class Result:
    """One training: seconds of training alone, the whole process, and what quality is computed from."""

    training: float
    process: Measured
    vectors: Path | None = None
    accuracy: float | None = None
    stages: dict[str, float] | None = None


Contestant = Callable[[Settings, Path], Result]
ENGINE = (sys.executable, "-m", "blazingtext_engine", "train")


def train_once(train: Contestant, settings: Settings, words: int) -> dict[str, float]:
    """Train once in a folder that is gone afterwards; gives the figures of the run, quality (mean rho or accuracy) among them.

    Raises:
        RuntimeError: the run gave nothing whose quality could be computed.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = train(settings, Path(folder))
        throughput = words * int(str(settings["epochs"])) / result.training / 1e6
        row = {"million_words_per_second": throughput, "training": result.training}
        whole = result.process
        row |= {"wall": whole.seconds, "peak_mb": whole.peak_mb, "processors": whole.processor / whole.seconds}
        if result.accuracy is not None:
            return {**row, "quality": result.accuracy, **(result.stages or {})}
        if result.vectors is None:
            raise RuntimeError("A run gave neither vectors nor an accuracy, so there is no quality to compare.")
        return {**row, "quality": evaluation.evaluate(reading.load(result.vectors), ngrams=False).mean_rho, **(result.stages or {})}


def engine_environment(settings: Settings, folder: Path) -> dict[str, str]:
    """Make a container-shaped folder; gives the environment in which ENGINE trains there."""
    base = _container(settings, folder)
    return {"SAGEMAKER_BASE_DIR": str(base), "ENGINE_THREADS": str(settings["threads"]), "ENGINE_SEED": str(settings["seed"])}


def engine(settings: Settings, folder: Path) -> Result:
    """This project's engine, through its container contract."""
    measured, model = run(ENGINE, engine_environment(settings, folder)), folder / "model"
    training = float(_found(r"Total training time in seconds: (\S+)", measured.output))
    accuracy = re.search(r"#validation_accuracy: (\S+)", measured.output)
    return Result(training, measured, model / "vectors.txt", float(accuracy.group(1)) if accuracy else None)


def gensim(settings: Settings, folder: Path) -> Result:
    """gensim, corpus_file mode."""
    return _library("benchmarks.engine.gensim_peer", settings, folder)


def fasttext(settings: Settings, folder: Path) -> Result:
    """The fastText library."""
    return _library("benchmarks.engine.fasttext_peer", settings, folder)


def compiled(binary: Path) -> Callable[[Settings, Path], Result]:
    """word2vec.c or pWord2Vec, built by hand from their sources; both take the same options and read vocabulary and text in one call."""

    def train(settings: Settings, folder: Path) -> Result:
        output = folder / "vectors.txt"
        options = {
            "train": settings["corpus"],
            "output": output,
            "size": settings["dim"],
            "window": settings["window"],
            "negative": settings["negatives"],
            "sample": settings["sample"],
            "alpha": settings["learning_rate"],
            "iter": settings["epochs"],
            "min-count": settings["min_count"],
            "threads": settings["threads"],
            "cbow": int(settings["mode"] == "cbow"),
            "binary": 0,
        }
        command = [str(binary), *(part for name, value in options.items() for part in (f"-{name}", str(value)))]
        measured = run(command, {"MKL_NUM_THREADS": "1"})
        return Result(measured.seconds, measured, output)

    return train


def _library(module: str, settings: Settings, folder: Path) -> Result:
    output = folder / "vectors.txt"
    measured: Measured = run([sys.executable, "-m", module, json.dumps({**settings, "output": str(output)})])
    stages: dict[str, float] = json.loads(measured.output.strip().splitlines()[-1])
    return Result(stages["training"], measured, output, stages.get("accuracy"), stages)


def _container(settings: Settings, folder: Path) -> Path:
    channels = {"train": settings["corpus"], "validation": settings.get("validation")}
    for channel, source in channels.items():
        if source:
            data = folder / "input" / "data" / channel
            data.mkdir(parents=True)
            (data / "corpus.txt").symlink_to(str(source))
    config = folder / "input" / "config"
    config.mkdir(parents=True)
    (folder / "model").mkdir()
    (folder / "output").mkdir()
    (config / "hyperparameters.json").write_text(json.dumps(_hyperparameters(settings)), encoding="utf-8")
    described = {
        name: {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
        for name, source in channels.items()
        if source
    }
    (config / "inputdataconfig.json").write_text(json.dumps(described), encoding="utf-8")
    host = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}
    (config / "resourceconfig.json").write_text(json.dumps(host), encoding="utf-8")
    return folder


def _hyperparameters(settings: Settings) -> dict[str, str]:
    shared = {"mode": "mode", "epochs": "epochs", "min_count": "min_count", "learning_rate": "learning_rate", "dim": "vector_dim"}
    vectors = {"window": "window_size", "negatives": "negative_samples", "sample": "sampling_threshold", "subwords": "subwords"}
    names = {**shared, **({"word_ngrams": "word_ngrams"} if settings["mode"] == "supervised" else vectors)}
    names |= {"batch_size": "batch_size"} if settings["mode"] == "batch_skipgram" else {}
    given = {theirs: str(settings[ours]) for ours, theirs in names.items()}
    return given if settings["mode"] == "supervised" else {**given, "evaluation": "False"}


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"The engine's log holds no {pattern!r}:\n{text[-2000:]}")
    return match.group(1)
