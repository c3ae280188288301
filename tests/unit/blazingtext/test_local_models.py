"""Models of one's own, without a run: folders, archives, fastText's files and word2vec's."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import blazingtext
from blazingtext.runs.local_models import open_model
from blazingtext_lifecycle.errors import UserError
from tests.unit.blazingtext.cloud_fakes import packed
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.test_subwords import save_model


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model with n-grams as BlazingText leaves it."""
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "model"
    folder.mkdir()
    save_model(folder)
    return folder


@pytest.fixture(name="forms")
def _forms(folder: Path) -> dict[str, Path]:
    """The same model in every form that is read."""
    files = {name: (folder / name).read_bytes() for name in ("vectors.txt", "vectors.bin")}
    (folder.parent / "model.tar.gz").write_bytes(packed(files))
    (folder.parent / "own.vec").write_bytes(files["vectors.txt"])
    return {
        "folder": folder,
        "archive": folder.parent / "model.tar.gz",
        "text": folder / "vectors.txt",
        "binary": folder / "vectors.bin",
        "vec": folder.parent / "own.vec",
    }


@pytest.mark.parametrize("form", ["folder", "archive", "text", "binary", "vec"])
def test_every_form_gives_the_same_vectors_twice(forms: dict[str, Path], form: str) -> None:
    expected = open_model(forms["folder"])
    for _ in ("read", "from the copy"):
        found = open_model(forms[form])
        assert found.words == expected.words
        assert np.abs(found.matrix - expected.matrix).max() < 1e-5
        # A text alone has no n-grams.
        assert found.has_vector("walks") == (form != "vec")
        if form != "vec":
            assert np.abs(found["walks"] - expected["walks"]).max() < 1e-6


def test_a_binary_file_without_n_grams_is_its_rows(tmp_path: Path, folder: Path) -> None:
    theirs = save_model(folder, minn=0, maxn=0)

    found = open_model(folder / "vectors.bin")

    assert "</s>" not in found.words
    assert np.abs(found["talked"] - theirs.get_word_vector("talked")).max() < 1e-6
    assert not found.has_vector("walks")


def test_a_file_that_has_changed_is_read_anew(forms: dict[str, Path]) -> None:
    first = open_model(forms["vec"])
    forms["vec"].write_text("1 2\nonly 1 2\n")
    os.utime(forms["vec"], ns=(1, 1))

    assert (len(first), open_model(forms["vec"]).words) == (10, ("only",))
    forms["vec"].write_text("1 2\nonce 1 2\n")
    os.utime(forms["vec"], ns=(2, 2))
    assert open_model(forms["vec"]).words == ("once",)


def test_a_folder_may_hold_the_binary_file_alone(forms: dict[str, Path]) -> None:
    expected = open_model(forms["folder"])
    (forms["folder"] / "vectors.txt").unlink()

    found = open_model(forms["folder"])

    assert (found.words, found.has_vector("walks")) == (expected.words, True)


@pytest.mark.parametrize(("form", "size"), [("binary", 4 * 12 * 11), ("vec", None)])
def test_what_has_been_read_is_counted(forms: dict[str, Path], form: str, size: int | None) -> None:
    heard: list[int] = []

    open_model(forms[form], heard.append)

    # A row for each of the ten words and the end of a sentence; of a text, its bytes after the first line.
    assert sum(heard) == (size or forms[form].stat().st_size - len("11 12\n"))


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.vec holds no model that can be read: No such file or directory\. Name a folder"):
        open_model(tmp_path / "none.vec")


def test_nothing_is_written_beside_the_model(forms: dict[str, Path]) -> None:
    for path in forms.values():
        open_model(path)

    assert sorted(each.name for each in forms["folder"].iterdir()) == ["vectors.bin", "vectors.txt"]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("x.bin", b"\xba\x16\x4f\x2f\x0c\0\0\0", "no fastText model"),
        ("x.tar.gz", b"\x1f\x8b\x08\0broken", "cannot be unpacked"),
        ("x.tar.gz", packed({"model.bin": b"a classifier"}), "not in word2vec's text format"),
        ("x.tar.gz", packed({"eval.json": b"{}"}), "neither vectors.txt nor vectors.bin nor model.bin"),
        ("x.txt", b"some text\nof mine\n", "not in word2vec's text format"),
        ("x.txt", b"", "not in word2vec's text format"),
        ("x.txt", b"x" * 5000, "its first line does not hold two numbers"),
        ("x.txt", b"3" * 2000 + b" 1\na 1\n", "its first line does not hold two numbers"),
        ("x.txt", b"-1 2\n", "its first line does not hold two numbers"),
        ("x.txt", b"3 1\na 1\n", "ends early"),
    ],
)
def test_what_is_no_model_is_refused_with_what_to_name(tmp_path: Path, folder: Path, name: str, content: bytes, why: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(UserError, match=rf"{why}.*Name a folder or a model\.tar\.gz of BlazingText, a \.bin of fastText"):
        open_model(path)
    assert folder.is_dir()


def test_python_loads_a_model_by_its_path(forms: dict[str, Path]) -> None:
    assert blazingtext.load(forms["archive"]).neighbors("walks", 1) == open_model(forms["folder"]).neighbors("walks", 1)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(UserError, match=r"the folder has neither vectors\.txt nor vectors\.bin nor model\.bin"):
        open_model(tmp_path / "empty")


@pytest.mark.parametrize(
    "command",
    [("neighbors", "walks"), ("analogy", "walks", "walked", "talker"), ("evaluate",), ("map", "--words", "8", "-o", "{folder}/map.svg")],
    ids=lambda command: str(command[0]),
)
def test_commands_take_a_model_instead_of_a_run_and_need_no_account(
    typed: Typed, forms: dict[str, Path], tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    words = [each.format(folder=tmp_path) for each in command]

    code, out, _ = typed(*words, "--model", str(forms["folder"]), "--json")
    both = typed(*words, "--model", str(forms["folder"]), "--job", "live")
    missing = typed(*words, "--model", str(tmp_path / "none"))

    assert code == 0
    found: Any = json.loads(out)
    if command[0] == "neighbors":
        assert found["of_ngrams"] == ["walks"]
    if command[0] == "evaluate":
        assert found["source"] == str(forms["folder"])
    assert (both[0], "Name one of them" in both[2]) == (2, True)
    assert (missing[0], "does not exist" in missing[2]) == (2, True)
