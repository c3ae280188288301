"""One text read by several hosts is the text that one host reads."""

from pathlib import Path

import numpy as np
import pytest

from blazingtext_engine.corpus.shares import Share, read_share
from blazingtext_engine.corpus.vocabulary import read_corpus
from blazingtext_engine.errors import UserError
from blazingtext_engine.network.group import Group
from tests.unit.engine import containers
from tests.unit.engine.network_support import run_on_all

TEXTS = {
    "sentences": containers.sentences(300) + "größe größe x\n".encode(),
    "words seen equally often": b"e d c b a\n" * 40 + b"a b c d e\n" * 40 + b"rare",
    "fewer words than hosts": b"two words two words",
    "one long word": b"x" * 50_000 + b" y y " + b"x" * 50_000,
}


@pytest.mark.parametrize("hosts", [2, 3, 5])
@pytest.mark.parametrize("text", TEXTS)
def test_shares_are_the_text_and_everybody_has_its_vocabulary(tmp_path: Path, text: str, hosts: int) -> None:
    content = TEXTS[text]
    files = [tmp_path / "first.txt", tmp_path / "second.txt"]
    files[0].write_bytes(content[: len(content) // 3])
    files[1].write_bytes(content[len(content) // 3 :])
    whole = read_corpus(files, min_count=2, threads=1)

    # Hosts need not have the same number of threads.
    shares: list[Share] = run_on_all(hosts, lambda group: read_share(files, group, min_count=2, threads=1 + group.rank % 2))

    for share in shares:
        assert share.corpus.vocabulary.words == whole.vocabulary.words
        assert share.corpus.vocabulary.counts.tolist() == whole.vocabulary.counts.tolist()
        assert share.corpus.vocabulary.total_words == whole.vocabulary.total_words
        assert share.corpus.tokens.hashes.dtype == np.dtype(np.uint32)
        assert len(share.corpus.tokens.hashes) == 0
        assert share.corpus.tokens.ids.dtype == np.dtype(np.int32)
    assert np.concatenate([share.corpus.tokens.ids for share in shares]).tolist() == whole.tokens.ids.tolist()
    assert sum(share.words for share in shares) == whole.vocabulary.kept_words
    assert [share.words for share in shares] == [np.count_nonzero(share.corpus.tokens.ids >= 0) for share in shares]


def test_progress_is_that_of_the_share(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"word " * 1000)

    def read(group: Group) -> int:
        told: list[int] = []
        read_share([path], group, min_count=1, threads=1, progress=told.append)
        return told[-1]

    assert run_on_all(2, read) == [500, 500]


def test_a_text_of_rare_words_is_refused_on_every_host(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"all words differ here " * 2)
    refused: list[str] = []

    def read(group: Group) -> None:
        try:
            read_share([path], group, min_count=9, threads=1)
        except UserError as error:
            refused.append(str(error))
            raise

    with pytest.raises(UserError):
        run_on_all(3, read)
    assert len(refused) == 3
    assert set(refused) == {refused[0]}
    assert refused[0].startswith("No word occurs 9 times in text.txt")
