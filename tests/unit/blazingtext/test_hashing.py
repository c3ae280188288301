"""Hashes of what is on its way are those of the whole."""

import hashlib
from pathlib import Path

import pytest

from blazingtext.corpus import hashing, plain_lines, preparation, recipe, sources
from blazingtext.corpus.hashing import FollowingHashes
from blazingtext.corpus.shares import Share

TEXT = b"\xef\xbb\xbfOne. Two\n" * 200 + b"no line end"


def test_files_that_others_read_are_hashed_to_their_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_PIECE", 7)
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(TEXT)
    second.write_bytes(TEXT[:100])

    with FollowingHashes() as hashes:
        for path, stop in ((first, 20), (second, 100), (first, 90)):
            hashes.follow(path, stop)
        found = hashes.finished()

    assert found == {path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in ((first, TEXT), (second, TEXT[:100]))}


def test_a_file_that_is_gone_is_told_at_the_end(tmp_path: Path) -> None:
    with FollowingHashes() as hashes:
        hashes.follow(tmp_path / "gone", 20)

        with pytest.raises(FileNotFoundError):
            hashes.finished()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_recipe_has_the_hash_of_what_was_read_in_ranges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    again: list[Path] = []
    monkeypatch.setattr(recipe, "sha256_of", again.append)
    monkeypatch.setattr(plain_lines, "RANGE", 500)
    text = tmp_path / "a.txt"
    text.write_bytes(TEXT)

    preparation.prepare([str(text)], tmp_path / "out.txt", workers=workers)

    made_of = recipe.read(recipe.beside(tmp_path / "out.txt")).prepared[0].sources  # type: ignore[union-attr] # it was written
    assert (made_of.size, made_of.sha256) == (len(TEXT), hashlib.sha256(TEXT).hexdigest())
    assert not again


def test_of_a_share_the_whole_file_is_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_lines, "RANGE", 500)
    text = tmp_path / "a.txt"
    text.write_bytes(TEXT)

    preparation.prepare([str(text)], tmp_path / "out.txt", reading=sources.Reading(share=Share(2, 3)))

    made_of = recipe.read(recipe.beside(tmp_path / "out.txt")).prepared[0].sources  # type: ignore[union-attr] # it was written
    assert (made_of.size, made_of.sha256) == (len(TEXT), hashlib.sha256(TEXT).hexdigest())
