"""Training on this machine: what the engine is given, and what becomes of its answers. The engine here is a script."""

import hashlib
import json
import os
import stat
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import blazingtext
from blazingtext.corpus import preparation
from blazingtext.runs import local_models, local_training
from blazingtext.vectors import exports
from blazingtext_lifecycle.errors import CloudError, CorpusError, HyperparameterError, UserError
from tests.unit.blazingtext.cloud_fakes import packed
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.test_subwords import save_model
from tests.unit.engine.saved_models import save_classifier

Engine = Callable[[str], None]


@pytest.fixture(name="engine")
def _engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Puts a script in the engine's place; it finds its folder as `base` and its arguments as `arguments`."""

    def put(body: str) -> None:
        script = tmp_path / "engine"
        head = f"#!{sys.executable}\nimport json, os, pathlib, sys\narguments = sys.argv[1:]\n"
        base = "base = pathlib.Path(arguments[arguments.index('--base') + 1])\n"
        script.write_text(head + base + textwrap.dedent(body), encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(sys, "executable", str(script))

    return put


@pytest.fixture(name="text")
def _text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("some words of a text\n" * 3000, encoding="utf-8")
    return path


MODEL = """
(base / "model").mkdir()
(base / "model" / "vectors.txt").write_text("1 1\\nthe 1\\n")
"""
SEEN = """
seen = {path.relative_to(base).as_posix(): path.read_text()[:60] for path in sorted(base.rglob("*")) if path.is_file()}
(base / "model").mkdir()
(base / "model" / "seen.json").write_text(json.dumps({"files": seen, "arguments": arguments}))
"""


def _seen(folder: Path) -> Any:
    return json.loads((folder / "seen.json").read_text())


def test_the_recipe_of_the_text_goes_into_the_models_folder(engine: Engine, tmp_path: Path) -> None:
    engine(MODEL)
    (tmp_path / "raw.txt").write_text("Some Words. " * 3000)
    preparation.prepare([str(tmp_path / "raw.txt")], tmp_path / "wiki.txt")

    found = local_training.train(tmp_path / "wiki.txt", tmp_path / "model", mode="skipgram")

    assert found.files == ("recipe.json", "vectors.txt")
    assert (tmp_path / "model" / "recipe.json").read_bytes() == (tmp_path / "wiki.txt.recipe.json").read_bytes()
    assert found.corpus_sha256 == hashlib.sha256((tmp_path / "wiki.txt").read_bytes()).hexdigest()


def test_text_that_has_changed_since_trains_without_its_recipe_and_that_is_a_warning(engine: Engine, tmp_path: Path) -> None:
    engine(MODEL)
    (tmp_path / "raw.txt").write_text("Some Words. " * 3000)
    preparation.prepare([str(tmp_path / "raw.txt")], tmp_path / "wiki.txt")
    with (tmp_path / "wiki.txt").open("a") as stream:
        stream.write("more words\n")

    found = local_training.train(tmp_path / "wiki.txt", tmp_path / "model", mode="skipgram")

    assert found.files == ("vectors.txt",)
    assert any("wiki.txt has changed since it was prepared" in warning for warning in found.warnings)


def test_the_engine_is_given_what_a_container_is_given(engine: Engine, text: Path, tmp_path: Path) -> None:
    engine(SEEN)

    found = local_training.train([text], tmp_path / "m" / "model", mode="cbow", hyperparameters={"epochs": 2}, threads=3, seed=7)

    seen = _seen(found.folder)
    assert seen["arguments"][:3] == ["-u", "-m", "blazingtext_engine"]
    assert seen["arguments"][3] == "train"
    assert seen["arguments"][-2:] == ["--threads=3", "--seed=7"]
    assert json.loads((tmp_path / "m" / "model" / "seen.json").read_text())["files"].keys() == {
        "input/config/hyperparameters.json",
        "input/config/inputdataconfig.json",
        "input/data/train/text.txt",
    }
    assert seen["files"]["input/data/train/text.txt"].startswith("some words of a text")
    assert (found.mode, found.hyperparameters["epochs"], found.hyperparameters["mode"]) == ("cbow", "2", "cbow")
    assert (found.files, sorted(each.name for each in (tmp_path / "m").iterdir())) == (("seen.json",), ["model"])


def test_threads_and_seed_are_the_engines_own_unless_they_are_given(engine: Engine, text: Path, tmp_path: Path) -> None:
    engine(SEEN)

    assert _seen(local_training.train([text], tmp_path / "model").folder)["arguments"][-1] != "--threads=None"
    assert not [each for each in _seen(tmp_path / "model")["arguments"] if each.startswith(("--threads", "--seed"))]


@pytest.mark.parametrize("form", ["text", "binary", "folder", "untrained n-grams", "archive", "fp16", "classifier"])
def test_the_engine_is_given_a_file_to_start_from_and_its_dimension(
    engine: Engine, text: Path, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "given"
    folder.mkdir()
    save_model(folder)
    if form == "untrained n-grams":
        numbers = " ".join(str(number * 7 % 5 - 2) for number in range(12))
        (folder / "vectors.txt").write_text(f"2 12\nwalking {numbers}\nthe {numbers}\n")
    (folder / "own.vec").write_bytes((folder / "vectors.txt").read_bytes())
    (tmp_path / "model.tar.gz").write_bytes(packed({"vectors.bin": (folder / "vectors.bin").read_bytes()}))
    exports.export(local_models.open_model(folder), tmp_path / "half.npz", "fp16")
    save_classifier(tmp_path)
    path, name, dimension = {
        "text": (folder / "own.vec", "own.vec", "12"),
        "binary": (folder / "vectors.bin", "vectors.bin", "12"),
        "folder": (folder, "vectors.bin", "12"),
        "untrained n-grams": (folder, "vectors.txt", "12"),
        "archive": (tmp_path / "model.tar.gz", "vectors.bin", "12"),
        "fp16": (tmp_path / "half.npz", "half.npz.vec", "12"),
        "classifier": (tmp_path / "model.bin", "model.bin", "5"),
    }[form]
    engine(SEEN + "given = pathlib.Path([each for each in arguments if each.startswith('--initial=')][0][10:])\nassert given.is_file()\n")

    found = local_training.train([text], tmp_path / "model", initial=path)

    (option,) = [each for each in _seen(found.folder)["arguments"] if each.startswith("--initial=")]
    assert (Path(option).name, found.hyperparameters["vector_dim"]) == (name, dimension)
    told = local_training.train([text], tmp_path / "told", initial=str(path), hyperparameters={"vector_dim": 7})
    assert told.hyperparameters["vector_dim"] == "7"


def test_what_cannot_be_started_from_is_said_and_leaves_nothing(engine: Engine, typed: Typed, text: Path, tmp_path: Path) -> None:
    engine("raise SystemExit('never')")

    code, _, err = typed("local", "train", str(text), "-o", str(tmp_path / "m" / "model"), "--from", str(text))

    assert (code, "text.txt holds no model that can be read: text.txt is not in word2vec's text format" in err) == (2, True)
    assert list((tmp_path / "m").iterdir()) == []


def test_a_classifier_has_two_channels_and_its_accuracies(engine: Engine, tmp_path: Path) -> None:
    engine(MODEL + 'print("#train_accuracy: 0.9870")\nprint("#validation_accuracy: 0.8750")\n')
    labelled = tmp_path / "labelled.txt"
    labelled.write_text("__label__good a fine film\n__label__bad a dull film\n" * 50)
    lines: list[str] = []

    found = local_training.train([labelled], tmp_path / "model", mode="supervised", validation=[labelled], on_line=lines.append)

    assert found.metrics == {"train:accuracy": 0.987, "validation:accuracy": 0.875}
    assert lines == ["#train_accuracy: 0.9870", "#validation_accuracy: 0.8750"]


def test_mean_rho_is_a_metric(engine: Engine, text: Path, tmp_path: Path) -> None:
    engine(MODEL + 'print("[11/29/2026 INFO 1] #mean_rho: -0.043440311092515616")\n')

    assert local_training.train([text], tmp_path / "model").metrics == {"train:mean_rho": -0.043440311092515616}


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (
            '(base / "output").mkdir()\n(base / "output" / "failure").write_text("Customer Error: no such text")\nsys.exit(1)\n',
            UserError,
            "no such",
        ),
        (
            '(base / "output").mkdir()\n(base / "output" / "failure").write_text("AlgorithmError: full")\nsys.exit(1)\n',
            CloudError,
            "failed. full",
        ),
        ('print("a")\nprint("killed")\nsys.exit(9)\n', CloudError, "exit code 9 and left no reason. Its last line: killed"),
        ("sys.exit(3)\n", CloudError, "It wrote nothing"),
    ],
)
def test_a_failure_says_why_and_leaves_nothing(
    engine: Engine, text: Path, tmp_path: Path, body: str, kind: type[Exception], why: str
) -> None:
    engine(MODEL + body)

    with pytest.raises(kind, match=why):
        local_training.train([text], tmp_path / "m" / "model")
    assert list((tmp_path / "m").iterdir()) == []


def test_an_interrupt_ends_the_engine_and_leaves_nothing(engine: Engine, text: Path, tmp_path: Path) -> None:
    engine("print(os.getpid(), flush=True)\nimport time\ntime.sleep(600)\n")
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        local_training.train([text], tmp_path / "m" / "model", on_line=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
    assert list((tmp_path / "m").iterdir()) == []


def test_what_is_wrong_is_said_before_the_engine_starts(engine: Engine, text: Path, tmp_path: Path) -> None:
    engine("raise SystemExit('never')")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")

    with pytest.raises(HyperparameterError, match="epochs"):
        local_training.train([text], tmp_path / "model", hyperparameters={"epochs": 0})
    labelled = tmp_path / "labelled.txt"
    labelled.write_text("__label__good a fine film\n__label__bad a dull film\n" * 50)
    with pytest.raises(HyperparameterError, match="early_stopping needs a validation channel"):
        local_training.train([labelled], tmp_path / "model", mode="supervised", hyperparameters={"early_stopping": True})
    with pytest.raises(CorpusError, match=r"none\.txt"):
        local_training.train([tmp_path / "none.txt"], tmp_path / "model")
    for taken in (tmp_path / "full", text):
        with pytest.raises(UserError, match="is there already, and is not an empty folder"):
            local_training.train([text], taken)
    with pytest.raises(UserError, match="cannot be written"):
        local_training.train([text], Path("/dev/null/model"))
    assert (tmp_path / "full" / "mine").read_text() == "mine"


def test_an_empty_folder_may_be_there(engine: Engine, text: Path, tmp_path: Path) -> None:
    engine(MODEL)
    (tmp_path / "model").mkdir()

    assert local_training.train([text], tmp_path / "model").files == ("vectors.txt",)


def test_python_trains_and_loads(engine: Engine, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine(MODEL)
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))

    found = blazingtext.train(str(text), str(tmp_path / "model"))

    assert blazingtext.load(str(found.folder)).words == ("the",)


def test_local_train_shows_the_log_and_what_it_made(typed: Typed, engine: Engine, text: Path, tmp_path: Path) -> None:
    engine(MODEL + 'print("##### Alpha: 0.01  Progress: 50.00%  Million Words/sec: 1.00 #####")\nprint("#mean_rho: 0.5")\n')
    folder = tmp_path / "model"

    code, out, err = typed("local", "train", str(text), "-o", str(folder), "--mode", "skipgram", "--epochs", "3")

    assert code == 0
    assert [line.split() for line in out.splitlines()] == [["model", str(folder)], ["files", "vectors.txt"], ["train:mean_rho", "0.5000"]]
    assert "Progress: 50.00%" in err
    assert f"next: blazingtext neighbors --model {folder} WORD" in err
    again = typed("local", "train", str(text), "-o", str(folder), "--json")
    assert (again[0], "is there already" in again[1] + again[2]) == (2, True)


def test_local_train_in_json_has_hyperparameters_and_metrics(typed: Typed, engine: Engine, text: Path, tmp_path: Path) -> None:
    engine(MODEL + 'print("#mean_rho: 0.5")\n')

    code, out, _ = typed("local", "train", str(text), "-o", str(tmp_path / "model"), "--threads", "1", "--seed", "0", "--json")

    found = json.loads(out)
    assert (code, found["metrics"], found["mode"], found["files"]) == (0, {"train:mean_rho": 0.5}, "batch_skipgram", ["vectors.txt"])
    assert found["hyperparameters"]["vector_dim"] == "100"
