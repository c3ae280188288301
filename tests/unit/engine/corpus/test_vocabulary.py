import mmap
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blazingtext_engine.corpus import scanning
from blazingtext_engine.corpus.vocabulary import Corpus, TokenStream, read_corpus, read_corpus_with
from blazingtext_engine.corpus.word_table import WordTable
from blazingtext_engine.corpus.words import word_hash
from blazingtext_engine.errors import UserError

SEPARATORS = re.compile(rb"[ \n\r\t\v\f\0]+")
TEXT = b"the cat  sat on the mat\nthe dog sat\n\n\xff\xfe odd\x01bytes \xe2\x82\xac\nthe end"


def write(folder: Path, *texts: bytes) -> list[Path]:
    paths = [folder / f"part{n}" for n in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text)
    return paths


def decoded(corpus: Corpus) -> list[list[bytes]]:
    """The lines of a token stream as words."""
    lines: list[list[bytes]] = [[]]
    for token in corpus.tokens.ids.tolist():
        if token == -1:
            lines.append([])
        else:
            lines[-1].append(corpus.vocabulary.words[token] if token >= 0 else corpus.vocabulary.labels[-2 - token])
    return lines[:-1]


def words_of(line: bytes) -> list[bytes]:
    return [word for word in SEPARATORS.split(line) if word]


def test_the_stream_is_the_text(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path, TEXT), min_count=1, threads=1)

    assert decoded(corpus) == [words_of(line) for line in TEXT.split(b"\n")]
    assert corpus.vocabulary.words[:2] == [b"the", b"sat"]
    assert corpus.vocabulary.total_words == corpus.vocabulary.kept_words == 14


pieces = st.sampled_from(
    [b" ", b"\n", b"\t", b"\r\n", b"\0", b"\v", b"\f", b"a", b"bb", b"\x01", b"seven77", b"eight888", b"</s>", b"\xc3\xa9"]
)


@given(st.lists(pieces, max_size=300).map(b"".join), st.integers(1, 5), st.integers(1, 3), st.sampled_from([7, 64, 1 << 22]))
@settings(max_examples=150)
def test_any_bytes_in_any_blocks_by_any_number_of_threads_give_the_counts_of_python(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, threads: int, min_count: int, block: int
) -> None:
    paths = write(tmp_path_factory.mktemp("any"), text)
    counts = Counter(words_of(text))
    counts.pop(b"</s>", None)
    expected = {word: count for word, count in counts.items() if count >= min_count}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "BLOCK_BYTES", block)
        if not expected:
            with pytest.raises(UserError):
                read_corpus(paths, min_count=min_count, threads=threads)
            return
        corpus = read_corpus(paths, min_count=min_count, threads=threads)

    found = corpus.vocabulary
    assert dict(zip(found.words, found.counts.tolist(), strict=True)) == expected
    firsts = {word: words_of(text).index(word) for word in expected}
    assert found.words == sorted(expected, key=lambda word: (-expected[word], firsts[word]))
    assert found.total_words == sum(counts.values())
    lines = [line.split(b"</s>") for line in text.split(b"\n")] if b"</s>" not in text else None
    if lines is not None:
        kept = [[word for word in words_of(line[0]) if word in expected] for line in lines]
        assert decoded(corpus) == (kept if not text.endswith(b"\n") else kept[:-1])


def test_the_word_that_ends_lines_in_fasttext_ends_them_here(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path, b"a b </s> c\n"), min_count=1, threads=1)

    assert decoded(corpus) == [[b"a", b"b"], [b"c"]]


def test_counts_are_gensims(tmp_path: Path) -> None:
    from gensim.models import Word2Vec

    random = np.random.default_rng(1)
    text = "\n".join(" ".join(f"wörd{n}" for n in random.zipf(1.3, 12) % 500) for _ in range(800)).encode()
    paths = write(tmp_path, text)

    found = read_corpus(paths, min_count=5, threads=3).vocabulary
    reference = Word2Vec(min_count=5)
    reference.build_vocab(corpus_file=str(paths[0]))

    keys = reference.wv.index_to_key
    assert {word.decode(): int(count) for word, count in zip(found.words, found.counts, strict=True)} == {
        key: reference.wv.get_vecattr(key, "count") for key in keys
    }


def test_words_with_one_key_stay_two(monkeypatch: pytest.MonkeyPatch) -> None:
    # Found by solving the last step of the hash for equal keys would take long; a table that is told they collide does as well.
    table = WordTable.empty()
    buffer = np.frombuffer(b"longword-one longword-two longword-one " + bytes(32), np.uint8).copy()
    out = np.zeros(64, np.int32)
    table.add(buffer, 39, out)
    slots = table.slots.reshape(-1, 2)
    used = np.flatnonzero(slots[:, 0])
    assert len(used) == 2

    # The second word's key is given the first word's bytes: looked up by key alone, they would be one.
    first = int(used[np.argmin(slots[used, 1] >> np.uint64(36))])
    slots[first, 1] = (np.uint64(1) << np.uint64(36)) | np.uint64(7)
    written, words = table.add(buffer, 13, out)

    assert (written, words) == (1, 1)
    assert out[0] == 2
    assert table.word(2) == b"longword-one"


def test_more_words_than_the_first_table_holds(tmp_path: Path) -> None:
    words = [b"%d" % n for n in range(100_000)] + [b"a-rather-long-word-%d" % n for n in range(100_000)]
    corpus = read_corpus(write(tmp_path, b" ".join(words)), min_count=1, threads=2)

    assert corpus.vocabulary.words == words
    assert corpus.tokens.ids[:-1].tolist() == list(range(200_000))


def test_a_word_longer_than_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "BLOCK_BYTES", 50)

    corpus = read_corpus(write(tmp_path, b"a " + b"x" * 1000 + b" a"), min_count=1, threads=2)

    assert corpus.vocabulary.words == [b"a", b"x" * 1000]


def test_files_end_lines_and_are_read_in_order(tmp_path: Path) -> None:
    paths = write(tmp_path, b"a b", b"", b"c\n", b"d a")

    for threads in (1, 2, 3, 8):
        assert decoded(read_corpus(paths, min_count=1, threads=threads)) == [[b"a", b"b"], [b"c"], [b"d", b"a"]]


@pytest.mark.parametrize("text", [b"", b" \n\t\0\n"])
def test_an_empty_text_is_refused_with_the_remedy(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(UserError, match=r"No words in part0.*one sentence per line"):
        read_corpus(write(tmp_path, text), min_count=1, threads=2)


def test_all_files_without_words_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^No words in part0, part1: the files are empty"):
        read_corpus(write(tmp_path, b"", b"\n"), min_count=1, threads=1)


def test_a_text_without_frequent_words_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"No word occurs 5 times in part0 \(most frequent: 'b', 2 times\)\. Lower min_count or add text"):
        read_corpus(write(tmp_path, b"a b b"), min_count=5, threads=1)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"__label__a xq</s> </s> </s>\n__label__a yz yz\n__label__a w\n" * 2, r"\(most frequent: 'yz', 4 times\)"),
        (b"__label__a\n__label__b </s>\n" * 30, "there are labels only"),
    ],
)
def test_labels_and_line_ends_are_no_words_that_could_be_frequent(tmp_path: Path, text: bytes, why: str) -> None:
    with pytest.raises(UserError, match=why):
        read_corpus(write(tmp_path, text), min_count=5, threads=1, labels=True)


def test_progress_ends_with_all_words(tmp_path: Path) -> None:
    reported: list[int] = []

    read_corpus(write(tmp_path, TEXT), min_count=1, threads=2, progress=reported.append)

    assert reported[-1] == 14
    assert reported == sorted(reported)


def test_labels_are_not_words_and_line_ends_are(tmp_path: Path) -> None:
    text = b"__label__x good film\nbad __label__y __label__x film\nfilm rare\n"
    corpus = read_corpus(write(tmp_path, text), min_count=2, threads=1, labels=True)

    assert corpus.vocabulary.words == [b"film", b"</s>"]
    assert corpus.vocabulary.counts.tolist() == [3, 3]
    assert corpus.vocabulary.labels == [b"__label__x", b"__label__y"]
    assert corpus.vocabulary.total_words == 6
    # good, bad and rare are below min_count: they follow the vocabulary, for the sake of n-grams.
    assert corpus.tokens.ids.tolist() == [-2, 2, 0, -1, 3, -3, -2, 0, -1, 0, 4, -1]
    assert len(corpus.tokens.hashes) == 5


@pytest.mark.parametrize(
    ("min_count", "words", "counts"), [(2, [b"a", b"</s>", b"b"], [6, 3, 2]), (3, [b"a", b"</s>"], [6, 3]), (4, [b"a"], [6])]
)
def test_line_ends_are_a_word_when_there_are_as_many_as_words_need(
    tmp_path: Path, min_count: int, words: list[bytes], counts: list[int]
) -> None:
    # Two newlines, and one `</s>` in the middle of a line.
    corpus = read_corpus(write(tmp_path, b"__label__x a a a b\na </s> b a a\n"), min_count=min_count, threads=1, labels=True)

    assert (corpus.vocabulary.words, corpus.vocabulary.counts.tolist()) == (words, counts)
    assert corpus.vocabulary.total_words == 8
    assert corpus.vocabulary.kept_words == sum(counts)
    assert corpus.tokens.ids.tolist().count(-1) == 3


def test_words_below_min_count_have_the_hashes_that_their_ngrams_need(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path, b"__label__x a a once\na twice twice\n"), min_count=2, threads=1, labels=True)
    second = read_corpus_with(corpus.vocabulary, write(tmp_path, b"new a once\n"), threads=1)

    for known, text in ((corpus, [b"a", b"a", b"once", b"a", b"twice", b"twice"]), (second, [b"new", b"a", b"once"])):
        tokens = [token for token in known.tokens.ids.tolist() if token >= 0]
        assert known.tokens.hashes[tokens].tolist() == [word_hash(word) for word in text]
        assert known.tokens.hashes.dtype == np.uint32


def test_a_second_text_is_read_in_terms_of_the_first(tmp_path: Path) -> None:
    first = read_corpus(write(tmp_path, b"__label__x good film\n"), min_count=1, threads=1, labels=True)
    (tmp_path / "second").write_bytes(b"film __label__x new __label__z\n")

    second = read_corpus_with(first.vocabulary, [tmp_path / "second"], threads=2)

    words = first.vocabulary.words
    assert second.tokens.ids.tolist() == [words.index(b"film"), -2, len(words), -1]
    assert len(second.tokens.hashes) == len(words) + 1


def test_pages_given_back_are_read_again(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path, TEXT), min_count=1, threads=1)
    before = corpus.tokens.ids.tolist()

    corpus.tokens.release()

    assert corpus.tokens.ids.tolist() == before


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="the system takes no advice")
def test_pages_are_given_back_by_the_systems_advice() -> None:
    advice = list[int]()
    nothing = np.empty(0, np.int32)

    TokenStream(nothing, nothing.view(np.uint32), cast("Any", SimpleNamespace(madvise=advice.append))).release()
    TokenStream(nothing, nothing.view(np.uint32), None).release()

    assert advice == [mmap.MADV_DONTNEED]


FULL_DISK = """
import errno, resource, sys
from pathlib import Path
from blazingtext_engine.corpus.vocabulary import read_corpus
small, large = map(Path, sys.argv[1:])
read_corpus([small], min_count=2, threads=1)  # compiles first: what is compiled is written too
resource.setrlimit(resource.RLIMIT_FSIZE, (710_000, 710_000))  # of 720,000: the last piece does not fit whole
try:
    read_corpus([large], min_count=2, threads=1)
except OSError as error:
    print(errno.errorcode[error.errno])
"""


def test_a_disk_that_fills_up_while_reading_is_noticed_and_no_word_is_lost(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_text("a a\n")
    large.write_text("".join(f"often once{n}\n" for n in range(60_000)))

    found = subprocess.run([sys.executable, "-c", FULL_DISK, small, large], check=True, capture_output=True, text=True)

    assert found.stdout == "EFBIG\n"
