"""The labels of every line of a text, as the command prints them."""

import io
import json
from pathlib import Path
from typing import Any

import fasttext
import pytest

from blazingtext_engine import __main__ as command_line
from blazingtext_engine import predict
from blazingtext_engine.errors import ModelError, UserError
from tests.unit.engine.saved_models import LABELS, save_classifier, save_vectors


def printed(model: Path, *texts: Path, k: int, stdin: bytes = b"") -> list[Any]:
    out = io.StringIO()
    assert predict.run(model, texts, k=k, out=out, stdin=io.BytesIO(stdin)) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_every_line_of_every_text_gets_the_labels_that_fasttext_gives_it(tmp_path: Path) -> None:
    save_classifier(tmp_path)
    (tmp_path / "a").write_bytes(b"__label__Album good bad\n\ngood")
    (tmp_path / "b").write_bytes(b"\xff unknown\n")
    library = fasttext.load_model(str(tmp_path / "model.bin"))

    head, *lines = printed(tmp_path / "model.bin", tmp_path / "a", tmp_path / "b", k=2)

    assert head == {"labels": [label.decode() for label in LABELS]}
    for line, text in zip(lines, ["good bad", "", "good", "unknown"], strict=True):
        labels, probabilities = library.predict(text, k=2)
        assert [head["labels"][place] for place, _ in line] == list(labels)
        assert [probability for _, probability in line] == pytest.approx(probabilities.tolist(), abs=1e-5)


def test_a_line_that_the_model_knows_nothing_of_has_no_labels(tmp_path: Path) -> None:
    save_classifier(tmp_path, [b"good"])
    (tmp_path / "text").write_text("bad\ngood\n")

    assert [len(line) for line in printed(tmp_path / "model.bin", tmp_path / "text", k=9)[1:]] == [0, len(LABELS)]


def test_a_line_of_stdin_is_answered_before_the_next_one_is_read(tmp_path: Path) -> None:
    save_classifier(tmp_path)
    (tmp_path / "text").write_text("good\nbad\n")
    heard: list[int] = []

    class Out(io.StringIO):
        """Notes how many lines there are whenever they are sent on."""

        def flush(self) -> None:
            heard.append(self.getvalue().count("\n"))

    out = Out()
    predict.run(tmp_path / "model.bin", [Path("-")], k=1, out=out, stdin=io.BytesIO(b"good\nbad"))

    assert heard == [1, 2, 3]
    assert [json.loads(line) for line in out.getvalue().splitlines()] == printed(tmp_path / "model.bin", tmp_path / "text", k=1)


def test_word_vectors_and_what_is_no_model_are_refused(tmp_path: Path) -> None:
    save_vectors(tmp_path)
    (tmp_path / "text").write_text("good\n")

    with pytest.raises(ModelError, match=r"vectors\.bin holds word vectors, and no classifier"):
        printed(tmp_path / "vectors.bin", tmp_path / "text", k=1)
    with pytest.raises(ModelError, match=r"none\.bin cannot be read\. No such file"):
        printed(tmp_path / "none.bin", tmp_path / "text", k=1)


def test_a_text_that_cannot_be_read_and_a_number_of_labels_below_one_are_refused(tmp_path: Path) -> None:
    save_classifier(tmp_path)

    with pytest.raises(UserError, match=r"none cannot be read\. No such file"):
        printed(tmp_path / "model.bin", tmp_path / "none", k=1)
    with pytest.raises(UserError, match="--k is 0"):
        printed(tmp_path / "model.bin", tmp_path / "none", k=0)


def test_the_command_prints_one_label_unless_told_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_classifier(tmp_path)
    (tmp_path / "text").write_text("good\n")
    told = ["predict", "--model", str(tmp_path / "model.bin")]

    codes = [command_line.main([*told, *more, str(tmp_path / "text")]) for more in ((), ("--k", "3"))]

    lines = capsys.readouterr().out.splitlines()
    assert (codes, [len(json.loads(lines[place])) for place in (1, 3)]) == ([0, 0], [1, 3])
    assert command_line.main([*told, str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.startswith("Customer Error: ")
