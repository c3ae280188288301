"""Words that several threads add to one table."""

import numpy as np
import pytest

from blazingtext_engine.corpus import word_table
from blazingtext_engine.corpus.shared_words import SharedWords
from blazingtext_engine.corpus.word_table import WordTable
from blazingtext_engine.errors import UserError
from blazingtext_engine.kernels.hash_table import PADDING


def table_of(text: bytes) -> WordTable:
    table = WordTable.empty()
    table.add(np.frombuffer(text + b"\n" * PADDING, np.uint8).copy(), len(text), np.zeros(len(text), np.int32))
    return table


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]], ids=str)
def test_words_are_in_the_order_of_the_text_whoever_is_first(order: list[int]) -> None:
    texts = [b"one two two a-long-word ", b"three one a-long-word ", b"four two three "]
    shared, tables = SharedWords(), [table_of(text) for text in texts]

    codes = {number: shared.add(tables[number], tables[number].counts(), 100 * number) for number in order}
    words, entries = shared.joined(2)

    assert words.words(np.arange(words.entries)) == [b"one", b"two", b"a-long-word", b"three", b"four"]
    assert words.counts().tolist() == [2, 3, 2, 2, 1]
    assert [entries[codes[number]].tolist() for number in range(3)] == [[0, 1, 2], [3, 0, 2], [4, 1, 3]]


def test_more_words_than_can_be_numbered_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    shared, tables = SharedWords(), [table_of(b"one two "), table_of(b"two three ")]
    monkeypatch.setattr(word_table, "MAX_ENTRIES", 2)
    shared.add(tables[0], tables[0].counts(), 0)

    with pytest.raises(UserError, match="more than 2 different words"):
        shared.add(tables[1], tables[1].counts(), 10)


def test_nothing_added_is_no_words() -> None:
    words, entries = SharedWords().joined(2)

    assert (words.entries, entries.tolist()) == (0, [])


def test_words_that_were_joined_can_be_added_to() -> None:
    shared, table = SharedWords(), table_of(b"one two two ")
    shared.add(table, table.counts(), 0)

    again = WordTable.of(shared.joined(1)[0])

    assert again.words(np.arange(2)) == [b"one", b"two"]
    assert again.counts().tolist() == [1, 2]
    assert again.merge_words(np.frombuffer(b"two" + bytes(PADDING), np.uint8), np.array([0, 3]), np.array([5])).tolist() == [1]
    assert again.counts().tolist() == [1, 7]
