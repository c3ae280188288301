"""Public sets: what is shipped is what its author wrote, what is downloaded is checked."""

import hashlib
import io
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from blazingtext.vectors import public_sets
from blazingtext.vectors.public_sets import REFUSED, SETS, PublicSet
from blazingtext.vectors.sets import AnalogySet, SimilaritySet
from blazingtext_lifecycle.errors import CloudError, CorpusError, UserError

ROOT = Path(__file__).parents[3]
CONTENT = b"tiger\tcat\t7.35\n"


@pytest.fixture(name="small")
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PublicSet:
    """A set of one pair that is downloaded, in an empty cache."""
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    wanted = PublicSet("Small (Us)", "small.txt", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(public_sets, "SETS", {"small": wanted})
    return wanted


def answering(monkeypatch: pytest.MonkeyPatch, content: bytes) -> list[str]:
    """Puts a site in the place of all others; the addresses that are asked for."""
    asked: list[str] = []

    def answer(request: urllib.request.Request, *, timeout: float) -> io.BytesIO:
        assert timeout == 30
        asked.append(request.full_url)
        return io.BytesIO(content)

    monkeypatch.setattr("urllib.request.urlopen", answer)
    return asked


@pytest.mark.parametrize("name", [name for name, each in SETS.items() if each.shipped])
def test_what_is_shipped_is_byte_for_byte_what_its_checksum_says(name: str) -> None:
    assert hashlib.sha256(public_sets._shipped(SETS[name].shipped)).hexdigest() == SETS[name].sha256


def test_the_shipped_sets_are_whole() -> None:
    pairs, analogies = public_sets.named("wordsim353"), public_sets.named("google")

    assert isinstance(pairs, SimilaritySet)
    assert isinstance(analogies, AnalogySet)
    assert (len(pairs), len(analogies), len({each.section for each in analogies.questions})) == (353, 19_544, 14)
    assert analogies.questions[0].answers == ("Iraq",)


def test_the_google_analogies_are_those_that_gensim_has() -> None:
    from gensim.test.utils import datapath

    assert public_sets._shipped(SETS["google"].shipped) == Path(datapath("questions-words.txt")).read_bytes()


def test_every_set_stands_in_notice_with_its_checksum() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")

    assert [each.file for each in SETS.values() if each.sha256 not in notice or each.file not in notice] == []
    assert set(REFUSED) == {"bats"}


def test_a_set_is_downloaded_once_and_checked_each_time(small: PublicSet, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, CONTENT)

    found = [public_sets.named("small") for _ in range(2)]

    assert found[0] == found[1]
    assert (len(found[0]), asked) == (1, [small.url])
    assert small.url.startswith("https://raw.githubusercontent.com/mfaruqui/eval-word-vectors/94b3dd9")
    small.kept.write_bytes(b"tiger\tcat\t1\n")
    with pytest.raises(CorpusError, match=r"is not Small \(Us\).*Remove it"):
        public_sets.named("small")


def test_another_file_in_its_place_is_refused_and_not_kept(small: PublicSet, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, b"<html>Please log in</html>")

    with pytest.raises(CorpusError, match="Nothing was kept: it is damaged, or a proxy answered instead"):
        public_sets.named("small")
    assert not small.kept.exists()


def test_without_internet_the_place_for_the_file_is_named_and_taken(small: PublicSet, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise urllib.error.URLError("name resolution failed")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)

    with pytest.raises(CloudError, match="name resolution failed") as caught:
        public_sets.named("small")
    assert f"download it elsewhere and put it at {small.kept}" in str(caught.value)
    assert (small.url in str(caught.value), "HTTPS_PROXY" in str(caught.value)) == (True, True)
    small.kept.parent.mkdir(parents=True)
    small.kept.write_bytes(CONTENT)
    assert len(public_sets.named("small")) == 1


def test_a_place_that_cannot_be_read_is_named(small: PublicSet) -> None:
    small.kept.mkdir(parents=True)

    with pytest.raises(UserError, match=r"small\.txt cannot be read"):
        public_sets.named("small")


def test_what_is_not_downloaded_says_why_and_what_to_do() -> None:
    with pytest.raises(UserError, match=r"CC BY-NC.*vecto\.space.*blazingtext evaluate BATS_3\.0"):
        public_sets.named("bats")
    with pytest.raises(UserError, match=r'There is no set "simlex", and no file of that name.*Did you mean "simlex999"'):
        public_sets.named("simlex")
