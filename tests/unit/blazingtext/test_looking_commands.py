"""`explore`, `export` and `download` at the terminal: what they say and where they write."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blazingtext import BlazingText
from tests.unit.blazingtext.cloud_fakes import FakeBucket, FakeJobs, cloud, packed
from tests.unit.blazingtext.conftest import Typed

A, B = "blazingtext-dev-wiki-skipgram-0123456789", "blazingtext-dev-news-cbow-abcdef0123"


def text(seed: int) -> bytes:
    chance = np.random.default_rng(seed)
    rows = [f"word{row} {' '.join(f'{number:.4f}' for number in chance.standard_normal(4))}" for row in range(30)]
    return ("30 4\n" + "\n".join(rows) + "\n").encode()


@pytest.fixture(name="stage")
def _stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Two runs in a bucket; commands are typed in an empty folder."""
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    bucket, jobs = FakeBucket(), FakeJobs()
    for seed, job in enumerate((A, B)):
        bucket.put(f"runs/{job}/output/model.tar.gz", packed({"vectors.txt": text(seed), "eval.json": b"{}"}))
        jobs.add(job)
    return {"s3": bucket, "sagemaker": jobs}


def test_a_page_shows_the_run_and_the_model_beside_it_under_their_names(typed: Typed, stage: dict[str, Any], tmp_path: Path) -> None:
    own = tmp_path / "own.vec"
    own.write_bytes(text(3))

    code, out, err = typed("explore", A, "--model", str(own), "--words", "20", "-o", "sub/page.html", "--json", **stage)

    found = json.loads(out)
    assert (code, found["path"]) == (0, "sub/page.html")
    assert found["models"] == [{"name": A, "words": 20, "total": 30}, {"name": str(own), "words": 20, "total": 30}]
    assert (len(found["changed"]), found["bytes"]) == (20, Path("sub/page.html").stat().st_size)
    assert "20 words and 20 words on a page of" in err
    assert f"<title>{A} beside {own}</title>" in Path("sub/page.html").read_text(encoding="utf-8")


def test_without_a_name_it_is_the_newest_run_in_the_usual_place(typed: Typed, stage: dict[str, Any]) -> None:
    code, out, _ = typed("explore", **stage)

    assert (code, out) == (0, "outputs/explorer.html\n")
    page = Path("outputs/explorer.html").read_text(encoding="utf-8")
    assert (f"<title>{A}</title>" in page) != (f"<title>{B}</title>" in page)


def test_a_model_of_ones_own_needs_no_account(typed: Typed, tmp_path: Path, stage: dict[str, Any]) -> None:
    (tmp_path / "own.vec").write_bytes(text(3))

    assert typed("explore", "--model", str(tmp_path / "own.vec"), s3=None, sagemaker=None)[0] == 0
    assert typed("export", "--model", str(tmp_path / "own.vec"), s3=None, sagemaker=None)[0] == 0
    assert stage


def test_three_models_are_too_many_and_a_page_that_is_there_may_be_kept(typed: Typed, stage: dict[str, Any]) -> None:
    code, _, err = typed("explore", A, B, "--model", ".", **stage)
    assert (code, "3 models are named, and a page shows one or two" in err) == (2, True)

    Path("page.html").write_text("mine")
    code, _, err = typed("explore", A, "-o", "page.html", "--no-force", **stage)
    assert (code, "page.html already exists" in err, Path("page.html").read_text()) == (2, True, "mine")


def test_export_says_what_was_lost_and_what_to_do_with_the_file(typed: Typed, stage: dict[str, Any]) -> None:
    code, out, err = typed("export", A, "--format", "int8", **stage)
    assert (code, out) == (0, "outputs/vectors.int8.npz\n")
    assert "WordSim-353: rho 0.0000 on 0 pairs before, 0.0000 on 0 pairs in the file (+0.0000)." in err
    assert "blazingtext neighbors --model outputs/vectors.int8.npz WORD" in err

    code, out, err = typed("export", A, "--format", "projector", "-o", "logs", **stage)
    assert (code, out.splitlines()) == (0, ["logs/vectors.tsv", "logs/metadata.tsv", "logs/projector_config.pbtxt"])
    assert "WordSim" not in err
    assert "tensorboard --logdir logs" in err


def test_export_as_json_names_the_files_and_the_scores(typed: Typed, stage: dict[str, Any]) -> None:
    _, out, _ = typed("export", A, "--top", "10", "-o", "ten.vec", "--json", **stage)

    found = json.loads(out)
    assert (found["paths"], found["format"], found["words"], found["bytes"]) == (
        ["ten.vec"],
        "word2vec",
        10,
        Path("ten.vec").stat().st_size,
    )
    assert (found["before"]["pairs"], found["after"]["pairs"]) == (353, 353)


def test_a_path_and_a_run_are_two_models(typed: Typed, stage: dict[str, Any]) -> None:
    code, _, err = typed("export", A, "--model", ".", **stage)

    assert (code, "--model and --job are two models. Name one of them." in err) == (2, True)


def test_download_lists_what_it_copied_and_replaces_nothing_unasked(typed: Typed, stage: dict[str, Any]) -> None:
    code, out, err = typed("download", A, "-o", "mine", "--json", **stage)

    found = json.loads(out)
    assert (code, found["job"]) == (0, A)
    assert [(each["path"], each["bytes"], each["sha256"]) for each in found["files"]] == [
        ("mine/eval.json", 2, hashlib.sha256(b"{}").hexdigest()),
        ("mine/vectors.txt", len(text(0)), hashlib.sha256(text(0)).hexdigest()),
    ]
    assert "blazingtext neighbors --model mine WORD" in err

    Path("mine/eval.json").write_text("changed")
    code, _, err = typed("download", A, "-o", "mine", **stage)
    assert (code, "eval.json already exists" in err, Path("mine/eval.json").read_text()) == (2, True, "changed")
    code, out, err = typed("download", A, "-o", "mine", "--force", **stage)
    assert (code, Path("mine/eval.json").read_text()) == (0, "{}")
    assert f"done {found['uri']}: 1.1 kB\n" in err
    assert hashlib.sha256(text(0)).hexdigest() in out


def test_download_is_told_where_to(typed: Typed, stage: dict[str, Any]) -> None:
    code, _, err = typed("download", A, **stage)

    assert (code, "--output" in err) == (2, True)


def test_the_same_verbs_in_python(monkeypatch: pytest.MonkeyPatch, stage: dict[str, Any]) -> None:
    monkeypatch.setattr(BlazingText, "cloud", cloud(**stage))
    bt = BlazingText()

    shown = bt.explore("two.html", [A, B], words=20)
    written = bt.export("ten.vec", job=A, top=10)
    copied = bt.download("mine", A)

    assert [(side.name, len(side.words)) for side in shown.sides] == [(A, 20), (B, 20)]
    assert f"<title>{A} beside {B}</title>" in Path("two.html").read_text(encoding="utf-8")
    assert (written.words, Path("ten.vec").read_text(encoding="utf-8").splitlines()[0]) == (10, "10 4")
    assert [each.path for each in copied] == [Path("mine/eval.json"), Path("mine/vectors.txt")]
