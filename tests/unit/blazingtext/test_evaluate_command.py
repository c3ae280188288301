"""`blazingtext evaluate` on public sets, on files of one's own, and of classifiers; the same from Python."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import blazingtext
from blazingtext.classifiers import confusion
from blazingtext.classifiers.evaluation import ClassifierEvaluation
from blazingtext.classifiers.metrics import Confused, LabelScore
from blazingtext.client import BlazingText
from blazingtext.runs import local_models, validation
from blazingtext_lifecycle.errors import RequestError, UserError
from tests.unit.blazingtext.cloud_fakes import BUCKET, FakeBucket, FakeJobs, cloud, packed
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.screens import NEW, lines
from tests.unit.engine.saved_models import save_classifier, save_vectors

TEXT = "__label__Company good good\n__label__Artist bad\n__label__Album bad good\n__label__Artist\n__label__Never good\nnothing\n"


@pytest.fixture(name="vectors")
def _vectors(tmp_path: Path) -> Path:
    """Vectors of six words."""
    path = tmp_path / "v.txt"
    path.write_text("6 2\nking 1 0\nqueen 1 0.1\nman 0.5 0.9\nwoman 0.5 1\ncar -1 0.2\nNew_York -1 -1\n")
    return path


@pytest.fixture(name="classifier")
def _classifier(tmp_path: Path) -> Path:
    """A classifier of three labels, in a folder."""
    (tmp_path / "classifier").mkdir()
    save_classifier(tmp_path / "classifier")
    return tmp_path / "classifier" / "model.bin"


@pytest.fixture(name="text")
def _text(tmp_path: Path) -> Path:
    path = tmp_path / "test.txt"
    path.write_text(TEXT)
    return path


# --- word vectors -----------------------------------------------------------------------------------------------------


def test_each_set_has_a_row_with_score_interval_and_coverage(typed: Typed, vectors: Path, tmp_path: Path) -> None:
    pairs, asked = tmp_path / "p.csv", tmp_path / "a.txt"
    pairs.write_text("king,queen,9\nking,car,1\nnix,car,2\nNew York,king,3\n")
    asked.write_text(": royal\nman king woman queen\nman king woman car\n: none\na b c d\n")

    shown = typed("evaluate", str(pairs), "--on", str(asked), "--model", str(vectors))

    assert shown == (
        0,
        lines(
            str(vectors),
            "set      kind         score   95 % interval  found  of",
            "a.txt    analogy     0.5000  0.000 to 1.000      2   3",
            "  royal              0.5000                      2   2",
            "  none                    -                      0   1",
            "p.csv    similarity  1.0000  0.000 to 1.000      3   4",
        ),
        "",
    )


def test_json_and_csv_have_all_of_it(typed: Typed, vectors: Path) -> None:
    told = ("evaluate", "--on", "wordsim353,google", "--model", str(vectors))

    _, document, err = typed(*told, "--json")
    _, table, _ = typed(*told, "--csv")

    results = json.loads(document)["results"]
    assert [(each["name"], each["kind"], each["total"]) for each in results] == [
        ("wordsim353", "similarity", 353),
        ("google", "analogy", 19_544),
    ]
    assert [each["found"] for each in results[1]["sections"] if each["name"] == "family"] == [2]
    assert (results[0]["found"], set(results[0]["interval"])) == (2, {"value", "low", "high"})
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["set"], row["section"]) for row in rows][:3] == [
        ("wordsim353", ""),
        ("google", ""),
        ("google", "capital-common-countries"),
    ]
    assert [(float(row["score"]), float(row["low"]), int(row["found"])) for row in rows[:2]] == [
        (each["score"], each["interval"]["low"], each["found"]) for each in results
    ]
    assert [(int(row["total"]), int(row["of_ngrams"])) for row in rows[:3]] == [(353, 0), (19_544, 0), (506, 0)]
    assert (rows[2]["low"], err) == ("", "")


def test_rules_reach_the_scores(typed: Typed, vectors: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "p.txt"
    pairs.write_text("King queen 9\nking car 1\nqueen man 5\nnix car 7\n")

    def found(*options: str) -> tuple[int, float]:
        (result,) = json.loads(typed("evaluate", str(pairs), "--model", str(vectors), *options, "--json")[1])["results"]
        return result["found"], round(result["score"], 4)

    assert [found(), found("--match-case"), found("--top", "2"), found("--count-unknown")] == [(3, 1.0), (2, 1.0), (1, 0.0), (3, 0.8)]


def test_a_set_without_a_vector_is_told(typed: Typed, vectors: Path, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("katze hund 9\n")

    code, out, err = typed("evaluate", str(tmp_path / "p.txt"), "--model", str(vectors))

    assert (code, out.splitlines()[-1].split()) == (0, ["p.txt", "similarity", "-", "-", "0", "1"])
    assert err == "warning p.txt has no score: the model has vectors for none of it. Is it of another language or spelling?\n"


def test_words_by_their_n_grams_are_told(typed: Typed, tmp_path: Path) -> None:
    from blazingtext_engine.corpus.words import Subwords

    save_vectors(tmp_path, Subwords(2, 3, 50))
    (tmp_path / "p.txt").write_text("awesomer blazing 9\nawesome blazing 1\n")
    told = ("evaluate", str(tmp_path / "p.txt"), "--model", str(tmp_path / "vectors.bin"))

    assert typed(*told)[2] == "p.txt: 1 pair with a word outside the vocabulary, by its character n-grams.\n"
    assert typed(*told, "--vocabulary-only")[2] == ""


def test_the_containers_scores_have_a_csv_too(typed: Typed, vectors: Path) -> None:
    _, table, _ = typed("evaluate", "--model", str(vectors), "--csv")

    rows = {row["pairs"]: row for row in csv.DictReader(io.StringIO(table))}
    assert (rows["EN-WS-353-ALL.txt"]["total"], rows["EN-WS-353-ALL.txt"]["found"], rows["mean_rho"]["found"]) == ("353", "2", "")
    assert float(rows["mean_rho"]["rho"]) == pytest.approx(sum(float(row["rho"]) for name, row in rows.items() if name != "mean_rho") / 3)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("--json --csv", "Choose one"),
        ("--k 2", "--k is an option for classifiers, and this is about word vectors. Leave it out"),
        ("--threshold 0.5 -o x.png --no-force", "--threshold, --output, --force are options for classifiers"),
        ("--on google --compute", "--compute is an option for WordSim-353 as the container scores it, and this is about --on and FILE"),
        ("--top 5 --match-case", "--top, --match-case are options for --on and FILE"),
        ("--on nix", 'There is no set "nix", and no file of that name'),
        ("none.csv", 'There is no set "none.csv", and no file of that name'),
        ("--on bats", "CC BY-NC"),
        ("--on v.txt", "v.txt, line 1 cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused(typed: Typed, vectors: Path, options: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(vectors.parent)
    if "v.txt" in options:
        vectors.with_name("v.txt").rename("w.txt")
        Path("v.txt").write_text("6 2\nking queen 1\n")

    code, _, err = typed("evaluate", "--model", "w.txt" if "v.txt" in options else "v.txt", *options.split())

    assert (code, why in err.replace("\n", " ")) == (2, True), err


# --- classifiers ------------------------------------------------------------------------------------------------------


def test_a_classifier_is_judged_in_tables(typed: Typed, classifier: Path, text: Path) -> None:
    code, out, err = typed("evaluate", str(text), "--model", str(classifier))

    found = blazingtext.evaluate_classifier(classifier, text)
    head, labels, matrix, curve = out.split("\n\n")
    assert code == 0
    assert head.splitlines()[0] == f"{classifier} on {text}"
    assert [line.split()[0] for line in head.splitlines()[1:]] == ["lines", "precision@1", "recall@1", "micro", "macro"]
    assert head.splitlines()[1].split() == ["lines", "4"]
    assert [line.split()[0] for line in labels.splitlines()[1:]] == [each.label.removeprefix("__label__") for each in found.labels]
    assert matrix.splitlines()[0].split()[3:] == [line.split()[0] for line in matrix.splitlines()[1:]]
    assert sum(int(cell) for line in matrix.splitlines()[1:] for cell in line.split()[1:]) == 4
    assert [line.split()[0] for line in curve.splitlines()] == ["threshold", *(f"{step / 20:.2f}" for step in range(1, 20))]
    assert err == (
        "warning 2 lines left out, with labels that the model does not know on some (__label__Never): only lines with a label that the "
        "model knows count, as in fastText.\n"
    )


def test_labels_that_are_never_answered_count_nothing(classifier: Path, text: Path) -> None:
    found = blazingtext.evaluate_classifier(classifier, text, threshold=1)

    assert (found.precision, found.recall, found.micro_f1, found.macro_f1) == (None, 0, 0, 0)


def test_json_and_csv_of_a_classifier(typed: Typed, classifier: Path, text: Path) -> None:
    told = ("evaluate", "--on", str(text), "--model", str(classifier.parent), "--k", "2", "--threshold", "0.2")

    found = json.loads(typed(*told, "--json")[1])
    rows = list(csv.DictReader(io.StringIO(typed(*told, "--csv")[1])))

    assert (found["k"], found["threshold"], found["lines"], found["left_out"]) == (2, 0.2, 4, 2)
    assert [row["label"] for row in rows] == [each["label"] for each in found["labels"]]
    assert [row["recall"] for row in rows] == [str(each["recall"]) for each in found["labels"]]
    assert {row["label"] for row in rows} == {"__label__Company", "__label__Artist", "__label__Album"}
    assert sum(each["count"] for each in found["confusions"]) == 4


def test_a_picture_of_the_confusions_is_drawn_or_kept(typed: Typed, classifier: Path, text: Path, tmp_path: Path) -> None:
    told = ("evaluate", str(text), "--model", str(classifier), "--output", str(tmp_path / "c.svg"))

    code, _, err = typed(*told)
    first = (tmp_path / "c.svg").read_bytes()
    kept = typed(*told, "--no-force")
    typed(*told)
    other = typed("evaluate", str(text), "--model", str(classifier), "--output", str(tmp_path / "c.gif"))

    assert (code, err.splitlines()[-1]) == (0, f"done {tmp_path / 'c.svg'} shows the confusions")
    assert (b"<svg" in first, (tmp_path / "c.svg").read_bytes() == first) == (True, True)
    assert (kept[0], "already exists" in kept[2]) == (2, True)
    assert (other[0], "its suffix chooses the format" in other[2]) == (2, True)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("", "No text is named to judge the classifier on"),
        ("test.txt --pairs test.txt --top 3", "--pairs, --top are options for word vectors, and this is about a classifier"),
        ("none.txt", "none.txt cannot be read"),
        ("v.txt", "v.txt has no label"),
    ],
)
@pytest.mark.usefixtures("text", "vectors")
def test_what_does_not_fit_a_classifier_is_refused(
    typed: Typed, classifier: Path, tmp_path: Path, options: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    code, _, err = typed("evaluate", *options.split(), "--model", str(classifier))

    assert (code, why in err.replace("\n", " ")) == (2, True), err


def many_labels(number: int) -> ClassifierEvaluation:
    names = [f"__label__{each:02d}" for each in range(number)]
    labels = tuple(LabelScore(name, number - place, 1, 1.0, 1.0, 1.0, None, None) for place, name in enumerate(names))
    wrong = tuple(Confused(names[place], names[place + 1], number - place) for place in range(number - 1))
    return ClassifierEvaluation("m", ("t",), 1, 0.0, 9, 0, {}, 1.0, 1.0, 1.0, 1.0, labels, (Confused(names[0], names[0], 99), *wrong), ())


@pytest.mark.parametrize(("labels", "head"), [(10, ["label,", "and", "answer:", "00"]), (11, ["label", "taken", "for", "lines"])])
def test_ten_labels_fit_into_a_matrix(
    typed: Typed, classifier: Path, text: Path, monkeypatch: pytest.MonkeyPatch, labels: int, head: list[str]
) -> None:
    monkeypatch.setattr("blazingtext.classifiers.evaluation.evaluate", lambda *_, **__: many_labels(labels))

    _, out, _ = typed("evaluate", str(text), "--model", str(classifier))

    assert out.split("\n\n")[2].split()[:4] == head


def test_of_many_labels_the_top_confusions_are_shown(typed: Typed, classifier: Path, text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blazingtext.classifiers.evaluation.evaluate", lambda *_, **__: many_labels(13))

    code, out, err = typed("evaluate", str(text), "--model", str(classifier))

    shown = out.split("\n\n")[2].splitlines()
    assert (code, shown[0].split(), shown[1].split(), len(shown)) == (0, ["label", "taken", "for", "lines"], ["00", "01", "13"], 11)
    assert "2 confusions more: --json has all of them." in err


def test_the_picture_has_a_row_for_each_label_and_the_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    figures: list[Figure] = []
    original = confusion._figure

    def kept(names: list[str], counts: Any) -> Figure:
        figures.append(original(names, counts))
        return figures[-1]

    monkeypatch.setattr(confusion, "_figure", kept)

    drawn = confusion.draw(many_labels(45), tmp_path / "c.png")

    (axes,) = figures[0].axes
    assert (len(drawn.labels), drawn.left_out, drawn.labels[0], drawn.without_font) == (40, 5, "__label__00", ())
    assert [each.get_text() for each in axes.get_yticklabels()][:3] == ["00", "01", "02"]
    assert {(each.get_position(), each.get_text()) for each in axes.texts} >= {((0, 0), "99"), ((1, 0), "45"), ((2, 1), "44")}
    # 99 of 144 lines: dark, so its number is white.
    assert {each.get_text(): each.get_color() for each in axes.texts}["99"] == "white"
    assert np.asarray(axes.images[0].get_array())[0, 0] == pytest.approx(99 / 144)
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


def test_labels_without_a_font_are_told(
    typed: Typed, classifier: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = confusion.Drawn(tmp_path / "c.png", ("a",), 2, ("\u4e2d",))
    monkeypatch.setattr(confusion, "draw", lambda *_, **__: drawn)

    _, _, err = typed("evaluate", str(text), "--model", str(classifier), "-o", str(tmp_path / "c.png"))

    assert "done " + str(tmp_path / "c.png") + " shows the confusions, without the 2 labels of fewest lines" in err
    assert "warning 1 label has characters that no font installed here has, drawn as boxes: \u4e2d." in err


# --- runs -------------------------------------------------------------------------------------------------------------


@pytest.fixture(name="run")
def _run(classifier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The clients of a stage with a run of a classifier that was validated on two files."""
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    bucket, jobs = FakeBucket(), FakeJobs()
    bucket.put(f"runs/{NEW}/output/model.tar.gz", packed({"model.bin": classifier.read_bytes()}))
    bucket.put("corpora/reviews/validation/a.txt", b"__label__Artist bad\n")
    bucket.put("corpora/reviews/validation/b.txt", TEXT.encode())
    bucket.put("corpora/reviews/validation/empty.txt", b"")
    sources = {channel: f"s3://{BUCKET}/corpora/reviews/{channel}/" for channel in ("train", "validation")}
    jobs.add(NEW, InputDataConfig=[{"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": uri}}} for name, uri in sources.items()])
    return {"s3": bucket, "sagemaker": jobs}


def test_a_run_is_judged_on_what_it_was_validated_on(typed: Typed, run: dict[str, Any], text: Path) -> None:
    code, document, _ = typed("evaluate", "--json", **run)
    own = json.loads(typed("evaluate", str(text), "--job", NEW, "--json", **run)[1])

    found = json.loads(document)
    assert (code, found["source"], found["lines"]) == (0, NEW, 5)
    assert [Path(each).name for each in found["texts"]] == ["a.txt", "b.txt"]
    assert (own["texts"], own["lines"]) == ([str(text)], 4)


def test_python_judges_runs_too(run: dict[str, Any], text: Path, vectors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BlazingText, "cloud", cloud(**run))

    found, own = BlazingText().evaluate_classifier(), BlazingText().evaluate_classifier(NEW, text, k=3, threshold=0.1)

    assert (found.source, found.lines, own.lines, own.k, own.threshold) == (NEW, 5, 4, 3, 0.1)
    run["s3"].put(f"runs/{NEW}/output/model.tar.gz", packed({"vectors.txt": vectors.read_bytes()}))
    assert BlazingText().benchmark(NEW).source == NEW
    assert [each.name for each in BlazingText().benchmark().results] == ["wordsim353", "google"]
    with pytest.raises(RequestError, match=r"contains no model\.bin"):
        BlazingText().evaluate_classifier()


def test_a_validation_file_is_downloaded_once_and_again_when_it_changed(run: dict[str, Any]) -> None:
    stage = cloud(**run)
    first = validation.texts(stage, NEW)
    run["s3"].objects["corpora/reviews/validation/a.txt"] = b"never asked for"
    again = validation.texts(stage, NEW)
    run["s3"].put("corpora/reviews/validation/a.txt", b"__label__Album good\n")

    assert again == first
    assert again[0].read_text() == "__label__Artist bad\n"
    assert validation.texts(stage, NEW)[0].read_text() == "__label__Album good\n"


def test_a_run_without_validation_or_whose_text_is_gone_says_what_to_name(run: dict[str, Any]) -> None:
    for key in [key for key in run["s3"].objects if "validation" in key]:
        del run["s3"].objects[key]

    with pytest.raises(RequestError, match=f"validation text of {NEW} is no longer at s3://.*blazingtext evaluate --job {NEW} test.txt"):
        validation.texts(cloud(**run), NEW)
    run["sagemaker"].add(NEW)
    with pytest.raises(RequestError, match=f"{NEW} had no validation channel.*blazingtext evaluate --job {NEW} test.txt"):
        validation.texts(cloud(**run), NEW)


# --- what a path holds ------------------------------------------------------------------------------------------------


def test_a_classifier_is_known_in_every_form(classifier: Path, vectors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    archive, words = tmp_path / "model.tar.gz", tmp_path / "words"
    archive.write_bytes(packed({"model.bin": classifier.read_bytes()}))
    words.mkdir()
    save_vectors(words)

    assert [local_models.classifier(each) for each in (classifier, classifier.parent)] == [classifier, classifier]
    unpacked = local_models.classifier(archive)
    assert unpacked is not None
    assert unpacked.read_bytes() == classifier.read_bytes()
    assert [local_models.classifier(each) for each in (vectors, words, words / "vectors.bin")] == [None, None, None]
    # A folder that has both is one of word vectors, as for every other command.
    (words / "vectors.txt").write_text("1 1\na 1\n")
    (words / "model.bin").write_bytes(classifier.read_bytes())
    assert local_models.classifier(words) is None
    with pytest.raises(UserError, match=r"none holds no model that can be read: No such file.*Name a folder or a model\.tar\.gz"):
        local_models.classifier(tmp_path / "none")
    with pytest.raises(UserError, match=r"v\.txt holds no classifier\. Name a model of the mode supervised"):
        blazingtext.evaluate_classifier(vectors, [])
