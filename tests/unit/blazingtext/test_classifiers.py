"""Classifiers judged on labelled text: the figures are fastText's own and scikit-learn's, for models that fastText trained."""

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest

from blazingtext.classifiers import evaluation, metrics, truth
from blazingtext.classifiers.evaluation import evaluate
from blazingtext.classifiers.predictions import Predictions
from blazingtext.runs import local_models
from blazingtext_lifecycle.errors import CloudError, CorpusError, UserError
from tests.unit.fasttext_threads import THREADS

TOPICS = {
    "music": "song band choir tune",
    "sport": "ball team goal match",
    "food": "bread soup apple spoon",
    "war": "army siege sword fort",
}
SHARED = "the a of and in day man place"


def told_apart(model: Any, lines: list[str]) -> list[str]:
    """The lines whose labels all have different probabilities: equal ones fastText takes as its heap has them, and we in their order."""
    return [line for line in lines if len(set(model.predict(line, k=-1)[1].tolist())) == len(model.labels)]


def lines_of(number: int, seed: int, *, several: bool = False) -> list[str]:
    """Lines about topics, with words of the wrong topic among theirs, so that a classifier errs."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(number):
        topics = random.choice(list(TOPICS), size=int(random.integers(1, 3)) if several else 1, replace=False, p=[0.4, 0.3, 0.2, 0.1])
        own = " ".join(TOPICS[topic] for topic in topics).split()
        others = " ".join(TOPICS.values()).split()
        words = [*random.choice(own, 2), *random.choice(others, 2), *random.choice(SHARED.split(), 3)]
        found.append(" ".join([*(f"__label__{topic}" for topic in topics), *random.permutation(words)]))
    return found


@pytest.fixture(name="library", scope="module", params=["softmax", "hs", "ova"])
def _library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A model that fastText trained, and its file; lines have several labels where each label has a sigmoid of its own."""
    folder, several = tmp_path_factory.mktemp(request.param), request.param == "ova"
    (folder / "train.txt").write_text("\n".join(lines_of(600, 1, several=several)) + "\n")
    model = fasttext.train_supervised(
        str(folder / "train.txt"), loss=request.param, dim=8, epoch=8, lr=0.3, thread=THREADS, wordNgrams=2, bucket=500, verbose=0
    )
    model.save_model(str(folder / "model.bin"))
    saved = fasttext.load_model(str(folder / "model.bin"))
    test = told_apart(saved, lines_of(400, 2, several=several))[:300]
    both = told_apart(saved, [f"__label__food __label__never soup {word}" for word in SHARED.split()])[0]
    (folder / "plain.txt").write_text("\n".join(test) + "\n")
    (folder / "test.txt").write_text("\n".join([*test, "__label__never seen", "no label here", "", both]) + "\n")
    return folder / "model.bin", saved


def or_nan(value: float | None) -> float:
    return math.nan if value is None else value


@pytest.mark.parametrize(("k", "threshold"), [(1, 0.0), (2, 0.0), (2, 0.3), (1, 0.6), (9, 0.1)])
def test_the_figures_are_those_of_fasttexts_test_and_test_label(library: tuple[Path, Any], k: int, threshold: float) -> None:
    path, model = library
    text = path.with_name("test.txt")

    found = evaluate(path, [text], k=k, threshold=threshold)

    number, precision, recall = model.test(str(text), k=k, threshold=threshold)
    assert found.lines == number
    assert (found.precision, found.recall) == pytest.approx((precision, recall), abs=1e-9)
    theirs = model.test_label(str(text), k=k, threshold=threshold)
    ours = {each.label: each for each in found.labels}
    assert set(ours) == {label for label, each in theirs.items() if not math.isnan(each["recall"]) or not math.isnan(each["precision"])}
    for label, each in ours.items():
        figures = [or_nan(value) for value in (each.precision, each.recall, each.f1)]
        assert figures == pytest.approx([theirs[label][name] for name in ("precision", "recall", "f1score")], abs=1e-9, nan_ok=True)


def test_macro_and_micro_f1_are_scikit_learns(library: tuple[Path, Any]) -> None:
    from sklearn.metrics import f1_score

    path, model = library
    text = path.with_name("plain.txt")
    lines = text.read_text().splitlines()

    found = evaluate(path, [text])

    names = sorted(model.labels)
    gold = [[name in line.split() for name in names] for line in lines]
    said = [[name in model.predict(line)[0] for name in names] for line in lines]
    assert found.micro_f1 == pytest.approx(f1_score(gold, said, average="micro"))
    assert found.macro_f1 == pytest.approx(f1_score(gold, said, average="macro", zero_division=0))


def test_thresholds_are_tried_as_fasttext_would_answer_with_them(library: tuple[Path, Any]) -> None:
    path, model = library
    text = path.with_name("test.txt")

    found = evaluate(path, [text])

    assert [point.threshold for point in found.curve] == list(metrics.THRESHOLDS)
    for point in found.curve[::4]:
        _, precision, recall = model.test(str(text), k=-1, threshold=point.threshold)
        assert (or_nan(point.precision), point.recall) == pytest.approx((precision, recall), abs=1e-9, nan_ok=True)
        if point.precision:
            assert point.f1 == pytest.approx(2 * precision * recall / (precision + recall))
    for each in found.labels:
        assert each.best_threshold is not None
        # Just below it, since fastText's probabilities are rounded otherwise in the last place.
        there = model.test_label(str(text), k=-1, threshold=each.best_threshold - 1e-6)[each.label]["f1score"]
        assert each.best_f1 == pytest.approx(there, abs=0.01)
        tried = [model.test_label(str(text), k=-1, threshold=step)[each.label]["f1score"] for step in (0.1, 0.3, 0.5, 0.7)]
        assert each.best_f1 >= max(value for value in tried if not math.isnan(value)) - 1e-9


def test_confusions_count_each_line_by_its_first_answer(library: tuple[Path, Any]) -> None:
    path, model = library
    text = path.with_name("plain.txt")
    lines = text.read_text().splitlines()

    found = evaluate(path, [text])

    expected: Counter[tuple[str, str]] = Counter()
    for line in lines:
        labels, (said,) = {word for word in line.split() if word.startswith("__label__")}, model.predict(line)[0]
        expected.update([(said, said)] if said in labels else {(label, said) for label in labels})
    assert {(each.label, each.answered): each.count for each in found.confusions} == expected
    assert [each.count for each in found.confusions] == sorted(expected.values(), reverse=True)


def test_what_does_not_count_is_told(library: tuple[Path, Any]) -> None:
    path, _ = library

    found = evaluate(path, [path.with_name("test.txt")], source="mine")

    lines = len(path.with_name("plain.txt").read_text().splitlines()) + 1
    assert (found.lines, found.left_out, found.unknown) == (lines, 3, {"__label__never": 2})
    assert repr(found).startswith("ClassifierEvaluation(mine: precision@1 0.")
    assert f"{lines} lines, 4 labels" in repr(found)
    assert ">music</td>" in found._repr_html_()


def answers_of(rows: Sequence[tuple[int, int, float, bool]], gold: Sequence[int]) -> metrics.Answers:
    line, place, probability, right = (np.array(column) for column in zip(*rows, strict=True))
    labels = tuple("abcdef"[: len(gold)])
    return metrics.Answers(labels, np.array(gold), line, place, probability, np.zeros(len(rows), np.int64), right)


def test_a_threshold_takes_all_of_equal_probabilities_or_none() -> None:
    answers = answers_of([(0, 0, 0.5, True), (1, 0, 0.5, False), (2, 0, 0.5, False), (3, 0, 0.4, True)], [2])

    (score,) = metrics.label_scores(answers, np.ones(4, bool))

    # Alone, the first 0.5 would have F1 2/3; all three have 2/5, and all four 4/6.
    assert score.best_threshold == 0.4
    assert score.best_f1 == pytest.approx(2 / 3)


def test_a_line_that_the_model_knows_nothing_of_does_not_count() -> None:
    found = Predictions(("a", "b"), array("q", [0, 1]), array("q", [1]), array("d", [0.9]))

    answers, counts = metrics.of(found, [(0,), (1,)])

    assert (answers.gold.tolist(), answers.right.tolist(), counts.tolist()) == ([0, 1], [True], [False, True])


def test_a_classifier_is_known_whatever_its_loss(library: tuple[Path, Any]) -> None:
    assert local_models.classifier(library[0]) == library[0]


def test_a_probability_that_is_the_threshold_is_answered() -> None:
    points = {point.threshold: point for point in metrics.curve(answers_of([(0, 0, 0.5, True), (1, 0, 0.3, False)], [2]))}

    assert [(points[at].precision, points[at].recall) for at in (0.3, 0.35, 0.5, 0.55)] == [(0.5, 0.5), (1, 0.5), (1, 0.5), (None, 0)]


def test_a_label_that_nothing_is_known_of_has_no_figure() -> None:
    answers = answers_of([(0, 0, 0.9, False)], [0, 1, 0])

    scores = {each.label: each for each in metrics.label_scores(answers, np.ones(1, bool))}

    assert (scores["a"].precision, scores["a"].recall, scores["a"].f1) == (0, None, 0)
    assert (scores["b"].precision, scores["b"].recall, scores["b"].f1, scores["b"].best_threshold) == (None, 0, 0, None)
    assert set(scores) == {"a", "b"}


def test_a_label_twice_on_a_line_counts_twice_as_in_fasttext(library: tuple[Path, Any]) -> None:
    path, model = library
    text = path.with_name("twice.txt")
    twice = told_apart(model, [f"__label__food __label__food soup {word}" for word in SHARED.split()])[0]
    text.write_text(f"{twice}\n")

    found = evaluate(path, [text], k=2)

    _, precision, recall = model.test(str(text), k=2)
    assert (found.precision, found.recall) == pytest.approx((precision, recall))
    assert found.labels[0].support == 2


def test_labels_are_read_as_fasttext_reads_them(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"word __label__a\x0bmore\t__label__b\n\xffx own __label__z\r\n\nnothing\n__label__a __label__z")

    found = truth.read([text, text], ["__label__a", "__label__b", "own"])

    assert found.lines == ((0, 1), (2,), (), (), (0,)) * 2
    assert (found.unknown, found.unlabelled) == ({"__label__z": 4}, 4)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no label\n", "has no label: no line holds __label__<name>"),
        (b"\x1f\x8b\x08\x00zip", "is a gzip archive"),
        (b"__label__never seen\n", "has a label that the model knows: they have __label__never, and the model __label__"),
    ],
)
def test_text_that_cannot_judge_is_refused(library: tuple[Path, Any], tmp_path: Path, content: bytes, why: str) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes(content)

    with pytest.raises(CorpusError, match=why):
        evaluate(library[0], [text])


def test_what_the_engine_says_reaches_the_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text.txt").write_text("__label__a x\n")

    with pytest.raises(UserError, match=r"none\.bin cannot be read\. No such file"):
        evaluate(tmp_path / "none.bin", [tmp_path / "text.txt"])
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(CloudError, match=r"The engine ended with exit code 1 and gave no labels\. Its last line: It wrote nothing"):
        evaluate(tmp_path / "none.bin", [tmp_path / "text.txt"])


def test_lines_are_told_as_they_are_done(library: tuple[Path, Any]) -> None:
    heard: list[int] = []

    evaluation.evaluate(library[0], [library[0].with_name("test.txt")], advance=heard.append)

    assert sum(heard) == len(library[0].with_name("test.txt").read_text().splitlines())
