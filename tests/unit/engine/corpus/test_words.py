from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blazingtext_engine.corpus.words import Subwords, ngram_buckets, word_hash
from blazingtext_engine.kernels.ngrams import count_ngrams, fill_ngrams, hash_words
from tests.unit.fasttext_threads import THREADS

SETTINGS = [Subwords(3, 6, 2_000_000), Subwords(1, 3, 1000), Subwords(2, 2, 17)]


@pytest.fixture(scope="module", params=SETTINGS, ids=str)
def reference(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Subwords, Any]:
    """The library's own idea of the n-grams, asked through a model of one word."""
    wanted: Subwords = request.param
    text: Path = tmp_path_factory.mktemp("text") / "text"
    text.write_text("zzzzz\n" * 3)
    model = fasttext.train_unsupervised(
        str(text),
        minn=wanted.min_char,
        maxn=wanted.max_char,
        bucket=min(wanted.buckets, 2000),
        dim=1,
        epoch=1,
        minCount=1,
        thread=THREADS,
        verbose=0,
    )
    return Subwords(wanted.min_char, wanted.max_char, min(wanted.buckets, 2000)), model


@given(word=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0 \n\r\t\v\f"), min_size=1, max_size=12))
@settings(max_examples=100)
def test_ngrams_are_fasttexts(reference: tuple[Subwords, Any], word: str) -> None:
    wanted, model = reference
    known = len(model.words)

    _, rows = model.get_subwords(word)

    if word not in model.words:
        assert ngram_buckets(word.encode(), wanted) == (rows - known).tolist()


def test_bytes_are_hashed_with_their_sign() -> None:
    assert word_hash(b"") == 2166136261
    assert word_hash(b"a") == 0xE40C292C
    # FNV-1a of the byte 0xC3 taken as 195 would differ.
    assert word_hash(b"\xc3") == ((2166136261 ^ 0xFFFFFFC3) * 16777619) % 2**32


@given(words=st.lists(st.binary(max_size=12), max_size=5))
@settings(max_examples=50)
def test_a_vocabulary_is_hashed_as_its_words_are(words: list[bytes]) -> None:
    offsets = np.cumsum([0, *(len(word) for word in words)], dtype=np.int64)
    hashes = np.zeros(len(words), np.uint32)

    hash_words(np.frombuffer(b"".join(words), np.uint8), offsets, hashes)

    assert hashes.tolist() == [word_hash(word) for word in words]


@given(word=st.binary(max_size=16), wanted=st.sampled_from(SETTINGS))
@settings(max_examples=100)
def test_bytes_that_are_no_text_fall_into_the_same_buckets(word: bytes, wanted: Subwords) -> None:
    text, offsets, starts = np.frombuffer(word, np.uint8), np.array([0, len(word)]), np.zeros(1, np.int64)
    found = np.empty(count_ngrams(text, offsets, wanted.min_char, wanted.max_char, starts.copy()), np.int32)

    fill_ngrams(text, offsets, (wanted.min_char, wanted.max_char, wanted.buckets), starts, found)

    assert found.tolist() == ngram_buckets(word, wanted)
