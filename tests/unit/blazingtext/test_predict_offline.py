"""`predict --model`: any model on this machine, asked without an endpoint; the answers are the fastText library's on the same file."""

import gc
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest

import blazingtext
from blazingtext.classifiers import predictions as asked
from blazingtext.classifiers.model import Classifier
from blazingtext.predictions import Classification, Label, WordVector
from blazingtext.vectors import exports
from blazingtext_engine.corpus.vocabulary import Vocabulary
from blazingtext_engine.formats.fasttext_writer import write_classifier
from blazingtext_engine.training.models import ClassifierModel, InputMatrix
from blazingtext_engine.training.settings import ClassifierSettings
from blazingtext_lifecycle.errors import CloudError, UserError
from tests.unit.blazingtext.cloud_fakes import packed
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.test_subwords import save_model
from tests.unit.engine.saved_models import counts, random

TEXTS = ["a fine film", "dull and long film", "fine", "a dull\tfilm", "never seen"]


@pytest.fixture(name="vectors")
def _vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Path], Any]:
    """One model of word vectors in every form, and fastText's view of it."""
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "words"
    folder.mkdir()
    theirs = save_model(folder)
    files = {name: (folder / name).read_bytes() for name in ("vectors.txt", "vectors.bin")}
    (tmp_path / "words.tar.gz").write_bytes(packed(files))
    (tmp_path / "words.vec").write_bytes(files["vectors.txt"])
    whole = blazingtext.load(folder)
    for kind in ("fp16", "int8"):
        exports.export(whole, tmp_path / f"{kind}.npz", kind)
    forms = {"folder": folder, "archive": tmp_path / "words.tar.gz", "binary": folder / "vectors.bin", "vec": tmp_path / "words.vec"}
    return forms | {kind: tmp_path / f"{kind}.npz" for kind in ("fp16", "int8")}, theirs


@pytest.fixture(name="classifier", scope="module")
def _classifier(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Path], Any]:
    """A classifier of random rows with word n-grams in every form, and fastText's view of it."""
    folder = tmp_path_factory.mktemp("classifier")
    words, labels = [b"film", b"a", b"</s>", b"fine", b"dull", b"long", b"and"], [b"__label__good", b"__label__bad", b"__label__odd"]
    rows = InputMatrix(random(7, 8), 300, np.arange(300, dtype=np.int32), random(300, 8, 2))
    vocabulary = Vocabulary(words, counts(words), 90, labels, counts(labels))
    settings = ClassifierSettings(dim=8, word_ngrams=2, buckets=300)
    model = ClassifierModel(vocabulary, settings, rows, random(3, 8, 3), 1.0, 1.0, completed=True, results=())
    write_classifier(folder / "model.bin", model, min_count=1)
    theirs = fasttext.load_model(str(folder / "model.bin"))
    (folder.parent / "classifier.tar.gz").write_bytes(packed({"model.bin": (folder / "model.bin").read_bytes()}))
    return {"folder": folder, "archive": folder.parent / "classifier.tar.gz", "binary": folder / "model.bin"}, theirs


@pytest.mark.parametrize(
    ("form", "far"), [("folder", 1e-6), ("archive", 1e-6), ("binary", 1e-6), ("vec", 1e-6), ("fp16", 2e-3), ("int8", 2e-2)]
)
def test_words_get_the_vectors_that_fasttext_gives_them(typed: Typed, vectors: tuple[dict[str, Path], Any], form: str, far: float) -> None:
    forms, theirs = vectors

    code, out, err = typed("predict", "walking", "cafe\u0301", "walks", "--model", str(forms[form]), "--json", s3=None)

    found = json.loads(out)
    assert (code, [each["word"] for each in found]) == (0, ["walking", "cafe\u0301", "walks"])
    for each, word in zip(found[:2], ["walking", "caf\u00e9"], strict=True):
        expected = theirs.get_word_vector(word)
        assert np.abs(np.array(each["vector"]) - expected).max() < far
        assert each["norm"] == pytest.approx(float(np.linalg.norm(expected)), abs=4 * far)
    # Only the binary file has n-grams, which make a vector of any word.
    has_ngrams = form in {"folder", "archive", "binary"}
    assert [each["known"] for each in found] == [True, True, has_ngrams]
    expected = theirs.get_word_vector("walks") if has_ngrams else np.zeros(12)
    assert np.abs(np.array(found[2]["vector"]) - expected).max() < 1e-6
    assert ("1 word not in the model: walks." in err) == (not has_ngrams)
    assert f"next: blazingtext neighbors --model {forms[form]} walking" in err


@pytest.mark.parametrize("form", ["folder", "archive", "binary"])
@pytest.mark.parametrize("k", [None, 1, 2, 9])
def test_texts_get_the_labels_that_fasttext_gives_them(
    typed: Typed, classifier: tuple[dict[str, Path], Any], form: str, k: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    forms, theirs = classifier

    code, out, err = typed("predict", *TEXTS, "--model", str(forms[form]), *([] if k is None else ["-k", str(k)]), "--json", s3=None)

    found = json.loads(out)
    assert (code, err, [each["text"] for each in found]) == (0, "", TEXTS)
    for each in found:
        labels, probabilities = theirs.predict(each["text"], k=k or 1)
        assert [f"__label__{label['name']}" for label in each["labels"]] == list(labels)
        assert [label["probability"] for label in each["labels"]] == pytest.approx(probabilities.tolist(), abs=1e-5)


def test_a_person_sees_a_table_of_words_or_of_labels(
    typed: Typed, vectors: tuple[dict[str, Path], Any], classifier: tuple[dict[str, Path], Any]
) -> None:
    words = typed("predict", "walking", "--model", str(vectors[0]["folder"]))
    texts = typed("predict", "a fine film", "--model", str(classifier[0]["folder"]), "--k", "2")

    assert [line.split()[:2] for line in words[1].splitlines()] == [
        ["word", "length"],
        ["walking", f"{np.linalg.norm(vectors[1].get_word_vector('walking')):.3f}"],
    ]
    labels, probabilities = classifier[1].predict("a fine film", k=2)
    assert [line.split(maxsplit=2) for line in texts[1].splitlines()] == [
        ["label", "probability", "text"],
        *([label.removeprefix("__label__"), f"{each:.3f}", "a fine film"] for label, each in zip(labels, probabilities, strict=True)),
    ]


@pytest.mark.parametrize("kind", ["words", "classifier"])
def test_a_hyphen_reads_one_a_line(
    typed: Typed,
    vectors: tuple[dict[str, Path], Any],
    classifier: tuple[dict[str, Path], Any],
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = vectors[0]["folder"] if kind == "words" else classifier[0]["folder"]
    lines = ["walking", "talked"] if kind == "words" else ["a fine film", "a dull film"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([lines[0], "", f"  {lines[1]} ", ""])))

    _, out, _ = typed("predict", "-", "--model", str(model), "--json")

    assert [each["word" if kind == "words" else "text"] for each in json.loads(out)] == lines


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["walking", "--k", "2"], "k says how many labels a text gets, and this model holds word vectors"),
        (["wal\udce9king"], "is not valid UTF-8"),
        (["-"], "There is nothing to predict"),
    ],
)
def test_what_cannot_be_asked_is_said(
    typed: Typed, vectors: tuple[dict[str, Path], Any], words: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))

    code, out, err = typed("predict", *words, "--model", str(vectors[0]["folder"]))

    assert (code, out, said in err) == (2, "", True)


def test_a_model_that_is_none_or_quantised_is_refused(
    typed: Typed, classifier: tuple[dict[str, Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    model = fasttext.load_model(str(classifier[0]["binary"]))
    model.quantize(qout=False)
    model.save_model(str(tmp_path / "model.ftz"))
    (tmp_path / "text").write_text("no model\n")

    quantised, none = (typed("predict", "fine", "--model", str(tmp_path / name)) for name in ("model.ftz", "text"))

    assert (quantised[0], "is a quantised fastText model (.ftz), and only whole ones (.bin) are read" in quantised[2]) == (2, True)
    assert (none[0], "text holds no model that can be read" in none[2]) == (2, True)


def test_a_text_of_no_known_word_is_told(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Classifier, "predict", lambda *_, **__: [Classification("x y", ()), Classification("z", (Label("good", 1.0),))])
    monkeypatch.setattr(
        "blazingtext.cli.predict.opened", lambda *_: Classifier(words=(), matrix=np.zeros((0, 2), np.float32), path=tmp_path, labels=())
    )

    code, out, err = typed("predict", "x y", "z", "--model", str(tmp_path))

    assert (code, [line.split() for line in out.splitlines()][1:]) == (0, [["good", "1.000", "z"]])
    assert "1 text without a label: x y. The model knows no word of it." in err


# --- in Python --------------------------------------------------------------------------------------------------------


def test_a_loaded_model_predicts(vectors: tuple[dict[str, Path], Any], classifier: tuple[dict[str, Path], Any]) -> None:
    words, texts = blazingtext.load(vectors[0]["folder"]), blazingtext.load(classifier[0]["folder"])

    (word,) = words.predict("nowhere-near")
    (text,) = texts.predict("a fine\nfilm")
    several = texts.predict(TEXTS[:2], k=2)

    assert isinstance(word, WordVector)
    assert word.known
    assert isinstance(text, Classification)
    labels, probabilities = classifier[1].predict("a fine film")
    assert (text.text, [f"__label__{label.name}" for label in text.labels]) == ("a fine\nfilm", list(labels))
    assert text.labels[0].probability == pytest.approx(probabilities[0], abs=1e-5)
    assert [len(each.labels) for each in several if isinstance(each, Classification)] == [2, 2]
    with pytest.raises(UserError, match=r"k is 0\. It says how many labels a text gets, at minimum 1"):
        texts.predict("a", k=0)
    with pytest.raises(UserError, match="nothing to predict"):
        texts.predict([])


def test_a_classifier_has_its_words_vectors_too_as_in_fasttext(classifier: tuple[dict[str, Path], Any]) -> None:
    found, theirs = blazingtext.load(classifier[0]["binary"]), classifier[1]

    assert isinstance(found, Classifier)
    assert sorted(found.labels) == ["bad", "good", "odd"]
    assert np.abs(found["film"] - theirs.get_word_vector("film")).max() < 1e-6
    assert not found.has_vector("unseen")
    near = {each.word: each.similarity for each in found.neighbors("film", 3)}
    expected = {word: cosine for cosine, word in theirs.get_nearest_neighbors("film", k=4) if word != "</s>"}
    assert near == pytest.approx(dict(list(expected.items())[:3]), abs=1e-4)


@pytest.mark.parametrize(
    "command",
    [
        ("neighbors", "film", "-n", "2"),
        ("analogy", "fine", "film", "dull"),
        ("export", "-o", "{}/words.vec"),
        ("map", "-o", "{}/map.svg", "--words", "6", "--stop-words"),
        ("explore", "-o", "{}/page.html", "--words", "6"),
    ],
    ids=lambda command: str(command[0]),
)
def test_other_verbs_take_a_classifier_too(
    typed: Typed, classifier: tuple[dict[str, Path], Any], command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))

    code, out, err = typed(*[each.format(tmp_path) for each in command], "--model", str(classifier[0]["folder"]), "--json", s3=None)

    assert (code, bool(json.loads(out))) == (0, True), err


# --- the engine that answers ------------------------------------------------------------------------------------------


def test_the_engine_is_started_once_for_a_number_of_labels_and_ends_with_the_model(
    classifier: tuple[dict[str, Path], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen

    def noted(*given: Any, **more: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*given, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    model = blazingtext.load(classifier[0]["folder"])

    for k in (1, 1, 2, 2):
        model.predict("a fine film", k=k)
    gc.collect()
    running = [each.poll() for each in started]
    del model
    gc.collect()

    assert (running, [each.poll() for each in started]) == ([0, None], [0, 0])


def test_an_engine_that_cannot_answer_says_why(
    classifier: tuple[dict[str, Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(classifier[0]["binary"].read_bytes())
    model = blazingtext.load(path)
    path.unlink()

    with pytest.raises(UserError, match=r"model\.bin cannot be read"):
        model.predict("a fine film")
    monkeypatch.setattr(asked, "_command", lambda *_: ["sh", "-c", "echo broken >&2; exit 7"])
    with pytest.raises(CloudError, match=r"exit code 7 and gave no labels\. Its last line: broken"):
        blazingtext.load(classifier[0]["folder"]).predict("a fine film")
