"""What the commands about corpora and models show, to the letter: results on stdout, and what to type next on stderr."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blazingtext.corpus import public_corpora
from blazingtext.vectors import word_map
from tests.unit.blazingtext.cloud_fakes import BUCKET, FakeBucket, FakeClient, FakeEndpoint, FakeJobs, packed
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.screens import NEW, OLD, lines

Model = dict[str, Any]


@pytest.fixture(name="model")
def _model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """The clients of a stage with a run whose artifact holds four words and the container's scores."""
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    figures = {"EN-WS-353-ALL.txt": {"not_found": 6, "spearmans_rho": 0.7234, "total_pairs": 353}, "mean_rho": 0.7164}
    vectors = b"4 3\nman 1 0 0\nking 1 0 1\nwoman 1 1 0\nqueen 1 1 1\n"
    bucket, jobs = FakeBucket(), FakeJobs()
    bucket.put(f"runs/{NEW}/output/model.tar.gz", packed({"vectors.txt": vectors, "eval.json": json.dumps(figures).encode()}))
    jobs.add(NEW)
    return {"s3": bucket, "sagemaker": jobs}


UNKNOWN = 'The model does not know "kong". It is too rare in the corpus, or not in it. Did you mean "king"?'


@pytest.mark.parametrize("width", [77, 78])
def test_neighbors_stand_side_by_side_as_far_as_there_is_room(
    typed: Typed, model: Model, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    code, out, err = typed("neighbors", "king", "man", "kong", "woman", "-n", "2", **model)

    assert (code, err) == (0, f"warning {UNKNOWN}\nnext: blazingtext map\n")
    side_by_side = {
        77: ["king         man", "0.816 queen  0.707 king", "0.707 man    0.707 woman", "woman", "0.816 queen", "0.707 man"],
        78: ["king         man          woman", "0.816 queen  0.707 king   0.816 queen", "0.707 man    0.707 woman  0.707 man"],
    }
    assert out == lines(*side_by_side[width])


def test_neighbors_in_json_name_the_words_that_are_unknown(typed: Typed, model: Model) -> None:
    code, out, _ = typed("neighbors", "king", "kong", "-n", "1", "--json", **model)

    assert code == 0
    assert json.loads(out) == {"neighbors": {"king": [{"word": "queen", "similarity": 0.816497}]}, "unknown": ["kong"], "of_ngrams": []}
    assert typed("neighbors", "kong", **model) == (2, "", f"error {UNKNOWN}\n")


def test_ten_neighbors_and_five_answers_are_shown_unless_told_otherwise(typed: Typed, model: Model) -> None:
    words = "".join(f"w{number} 1 {number} 0\n" for number in range(30))
    model["s3"].put(f"runs/{NEW}/output/model.tar.gz", packed({"vectors.txt": f"30 3\n{words}".encode()}))

    assert len(typed("neighbors", "w1", **model)[1].splitlines()) == 11
    assert len(typed("analogy", "w1", "w2", "w3", **model)[1].splitlines()) == 6
    assert len(typed("analogy", "w1", "w2", "w3", "-n", "7", **model)[1].splitlines()) == 8
    assert [typed(command, "w1", "w2", "w3", "-n", "0", **model)[0] for command in ("neighbors", "analogy")] == [2, 2]


def test_an_analogy_is_a_table(typed: Typed, model: Model) -> None:
    shown = lines("man : king = woman :  similarity", "queen                      0.975")
    assert typed("analogy", "man", "king", "woman", **model) == (0, shown, "")


def test_scores_are_a_table_that_says_where_they_come_from(typed: Typed, model: Model, tmp_path: Path) -> None:
    pairs = tmp_path / "p.txt"
    pairs.write_text("king\tqueen\t9\nking\tman\t1\nqueen\tman\t2\nbad line\nnix\tman\t3\n")
    following = "next: blazingtext neighbors music\n"

    theirs = lines(
        f"{NEW}: its eval.json",
        "pairs                 rho       found",
        "EN-WS-353-ALL.txt  0.7234  347 of 353",
        "mean_rho           0.7164",
    )
    assert typed("evaluate", **model) == (0, theirs, following)
    assert typed("evaluate", "--pairs", str(pairs), **model) == (
        0,
        lines(f"{NEW}: computed from vectors.txt", "pairs        rho   found", "p.txt     0.5000  3 of 4", "mean_rho  0.5000"),
        f'warning p.txt: 1 line without a word pair left out, the first is line 4: "bad line".\n{following}',
    )


def test_a_map_says_where_it_is_and_what_is_on_it(typed: Typed, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    seeds: list[int] = []

    def places(directions: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
        seeds.append(seed)
        return directions[:, :2]

    # How words are placed and grouped has tests of its own, and takes its time.
    monkeypatch.setattr(word_map, "embed", places)
    monkeypatch.setattr(word_map, "group", lambda directions, _: np.arange(len(directions)) % 2)
    words = "".join(f"word{number} {number % 3} {number % 5} {number % 7 + 1}\n" for number in range(9))
    model["s3"].put(f"runs/{NEW}/output/model.tar.gz", packed({"vectors.txt": f"10 3\nthe 1 1 1\n{words}".encode()}))

    found = typed("map", "--words", "5", "--title", "Mine", "--seed", "7", "-o", "a.svg", **model)

    assert found == (0, "a.svg\n", "done 5 words in 2 clusters\n")
    drawn = Path("a.svg").read_text(encoding="utf-8")
    assert [word for word in ("Mine", "the", "word4", "word5") if f">{word}</text>" in drawn] == ["Mine", "word4"]
    assert f">{NEW}</text>" in drawn
    assert typed("map", "--words", "5", "--stop-words", "-o", "a.svg", **model)[0] == 0
    assert ">the</text>" in Path("a.svg").read_text(encoding="utf-8")
    assert seeds == [7, 1]
    assert typed("map", "--words", "5", "--no-force", "-o", "a.svg", **model)[0] == 2
    assert [typed("map", *wrong, **model)[0] for wrong in (["--words", "4"], ["--words", "2001"], ["--seed", "-1"])] == [2, 2, 2]


def test_predictions_of_words_are_their_length_and_the_begin_of_their_vectors(typed: Typed) -> None:
    endpoint = FakeEndpoint({"king": [3.0, 4.0, 0, 0, 0, 0]}, 6)
    zeros = "What is too rare in the corpus or not in it gets zeros. "
    remedy = "Try other words, or train with a lower min_count or with subwords."

    assert typed("predict", "king", "kingg", sagemaker_runtime=endpoint) == (
        0,
        lines(
            "word    length  vector",
            "king     5.000    3.0000   4.0000   0.0000   0.0000 ... 2 more",
            "kingg  unknown    0.0000   0.0000   0.0000   0.0000 ... 2 more",
        ),
        f"warning 1 word not in the model: kingg. {zeros}{remedy}\nnext: blazingtext neighbors king\n",
    )
    _, short, said = typed("predict", *(f"w{number}" for number in range(11)), sagemaker_runtime=FakeEndpoint({}, 4))
    assert short.splitlines()[1] == "w0    unknown    0.0000   0.0000   0.0000   0.0000"
    assert said.startswith("warning 11 words not in the model: w0, w1, w2, w3, w4, w5, w6, w7, w8, w9 ...")
    assert "next" not in said
    assert "w8, w9. " in typed("predict", *(f"w{number}" for number in range(10)), sagemaker_runtime=FakeEndpoint({}, 4))[2]


def test_predictions_of_texts_are_their_labels(typed: Typed) -> None:
    answer = json.dumps([{"prob": [0.9, 0.1], "label": ["__label__pos", "__label__neg"]}]).encode()
    runtime = FakeClient(invoke_endpoint=lambda **_: {"Body": io.BytesIO(answer)})

    found = typed("predict", "a fine film", "--k", "2", sagemaker_runtime=runtime)

    assert found == (0, lines("label  probability  text", "pos          0.900  a fine film", "neg          0.100  a fine film"), "")
    assert json.loads(runtime.calls[0][1]["Body"])["configuration"] == {"k": 2}
    assert typed("predict", "x", "--k", "0", sagemaker_runtime=runtime)[0] == 2


def test_statistics_of_a_corpus_are_a_table(typed: Typed, tmp_path: Path) -> None:
    path = tmp_path / "c.txt"
    path.write_text("__label__a one two two\n\n__label__b three\n" + "word " * 10 + "\n")

    assert typed("corpus", "stats", str(path), "--min-count", "2", "--top", "3") == (
        0,
        lines(
            str(path),
            "size                       92 bytes",
            "lines                      3 (and 1 empty)",
            "words                      14",
            "distinct words             4",
            "vocabulary at min_count 2  2, 85.7% of all words",
            "longest line               10 words",
            f"SHA-256                    {hashlib.sha256(path.read_bytes()).hexdigest()}",
            "labels                     a 1, b 1",
            "most frequent              word 10, two 2, one 1",
        ),
        "warning 1 of 3 lines without a label: supervised training ignores them. Label them or drop them.\n",
    )
    path.write_text(" ".join(f"w{number}" for number in range(30)) + "\n")
    _, out, _ = typed("corpus", "stats", str(path))
    assert "vocabulary at min_count 5  0, 0.0% of all words" in out
    assert len(out.splitlines()[-1].split(", ")) == 20
    assert typed("corpus", "stats", str(path), "--top", "0", "--min-count", "0")[1].splitlines()[1:3] == [
        "size                       110 bytes", "lines                      1",
    ]  # fmt: skip


def test_an_upload_says_what_was_sent_what_was_there_and_what_it_removed(typed: Typed, tmp_path: Path) -> None:
    bucket = FakeBucket()
    bucket.put("corpora/wiki/train/old.txt", b"x")
    first, second = tmp_path / "q.txt", tmp_path / "r.txt"
    first.write_text("a b c\n")
    second.write_text("d e f\n")
    several = "warning AWS expects a single file per channel; training reads these one after the other. Use cat to join them.\n"
    following, uri = "next: blazingtext train --corpus wiki --watch\n", f"s3://{BUCKET}/corpora/wiki/\n"

    def upload() -> tuple[int, str, str]:
        return typed("upload", str(first), str(second), "--corpus", "wiki", "--replace", s3=bucket)

    def hashed() -> str:
        own = "".join(f"{hashlib.sha256(each.read_bytes()).hexdigest()}\n" for each in (first, second))
        return f"SHA-256 {hashlib.sha256(own.encode()).hexdigest()}, without a recipe\n"

    removed = "done 2 files, 12 bytes sent and verified; 1 file of an earlier upload removed\n"
    assert upload() == (0, uri, f"{several}{hashed()}{removed}{following}")
    second.write_text("g h\n")
    assert upload() == (0, uri, f"{several}{hashed()}done 1 file, 4 bytes sent and verified; 1 file already there\n{following}")


def test_a_corpus_that_is_prepared_goes_to_a_file_or_to_stdout(typed: Typed, tmp_path: Path) -> None:
    raw, made = tmp_path / "q.txt", tmp_path / "o.txt"
    raw.write_text("A cat. Two dogs.\n")
    recipe = "recipe: NFKC, lower case, digits kept, punctuation dropped ("
    done = "done 2 lines, 4 words, 15 bytes from 1 file\n"

    assert typed("corpus", "prepare", str(raw), "-o", str(made)) == (
        0,
        f"{made}\n",
        f"{recipe}in {made}.recipe.json)\n{done}next: blazingtext corpus stats {made}\nnext: blazingtext upload {made}\n",
    )
    assert typed("corpus", "prepare", str(raw), "-o", "-") == (
        0, "a cat\ntwo dogs\n", f"{recipe}not kept: only a file has one beside it)\n{done}",
    )  # fmt: skip


def test_a_run_without_what_is_asked_for_is_told_apart_from_a_run_that_is_not_there(typed: Typed, model: Model) -> None:
    assert typed("neighbors", "king", "--job", OLD, **model)[0] == 2
    model["sagemaker"].add(OLD, "InProgress")
    code, _, err = typed("neighbors", "king", "--job", OLD, **model)
    assert (code, f"blazingtext logs {OLD} --follow" in err) == (3, True)


def test_corpora_that_ship_or_can_be_downloaded_are_written_where_asked_for(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    asked: list[tuple[Path, dict[str, Any]]] = []

    def write(output: Path, **more: Any) -> Path:
        more.pop("advance", lambda _: None)(3)
        asked.append((output, more))
        output.write_text("abc")
        return output

    monkeypatch.setattr(public_corpora, "sample", write)
    monkeypatch.setattr(public_corpora, "text8", write)
    Path("my.zip").touch()

    def said(name: str) -> tuple[int, str, str]:
        return 0, f"{name}\n", f"done 3 bytes written\nnext: blazingtext upload {name}\n"

    assert typed("corpus", "sample") == said("wikipedia.txt")
    assert typed("corpus", "sample", "a.txt", "--force") == said("a.txt")
    assert typed("corpus", "fetch", "text8") == said("text8")
    assert typed("corpus", "fetch", "text8", "b.txt", "--archive", "my.zip", "--force") == said("b.txt")
    assert json.loads(typed("corpus", "sample", "--json")[1]) == {"path": "wikipedia.txt", "size": 3}
    assert asked[:4] == [
        (Path("wikipedia.txt"), {"force": False}),
        (Path("a.txt"), {"force": True}),
        (Path("text8"), {"archive": None, "force": False}),
        (Path("b.txt"), {"archive": Path("my.zip"), "force": True}),
    ]


@pytest.mark.parametrize(
    ("number", "shown"),
    [(3, "0.pdf is a PDF document, 1.pdf is a PDF document, 2.pdf is a PDF document."), (4, "2.pdf is a PDF document ...")],
)
def test_of_many_files_that_are_left_out_three_are_named(typed: Typed, tmp_path: Path, number: int, shown: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("words\n")
    for place in range(number):
        (folder / f"{place}.pdf").write_bytes(b"%PDF-1.7")

    _, _, err = typed("corpus", "prepare", str(folder), "-o", str(tmp_path / "o.txt"))

    assert f"{number} files left out: 0.pdf is a PDF document" in err
    assert shown in err
    assert "3.pdf" not in err
