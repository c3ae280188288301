"""Keys of words, their places in the table, and counts as large as a slot holds."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blazingtext_engine.corpus import word_table
from blazingtext_engine.corpus.word_table import WordTable
from blazingtext_engine.errors import UserError
from blazingtext_engine.kernels.hash_table import MAX_ENTRIES, PADDING, _same_bytes, find_slot, home_slot, merge, word_key
from blazingtext_engine.kernels.jit import int64, kernel


@kernel
def call_word_key(text: Any, places: Any, keys: Any) -> None:
    start = int64(text.ctypes.data)
    for k in range(len(keys)):
        keys[k] = word_key(start + places[k], places[k + 1] - places[k])


@kernel
def call_home_slot(slots: Any, keys: Any, homes: Any) -> None:
    for k in range(len(keys)):
        homes[k] = home_slot(slots, keys[k])


@kernel
def call_same_bytes(x: Any, y: Any, length: int) -> Any:
    return _same_bytes(int64(x.ctypes.data), int64(y.ctypes.data), length)


@kernel
def call_find_slot(slots: Any, home: int, key: Any, word: Any, length: int, offsets: Any, text: Any) -> int:
    return int64(find_slot(slots, np.uint64(home), key, int64(word.ctypes.data), length, offsets, int64(text.ctypes.data)))


def keys_of(words: list[bytes], after: bytes = b" ") -> NDArray[np.uint64]:
    """The key of each word, with such bytes after it."""
    keys = np.zeros(len(words), np.uint64)
    for place, word in enumerate(words):
        call_word_key(np.frombuffer(word + after * PADDING, np.uint8), np.array([0, len(word)]), keys[place : place + 1])
    return keys


@pytest.mark.parametrize("length", range(1, 8))
def test_a_word_of_up_to_seven_bytes_is_its_key(length: int) -> None:
    words = [bytes(range(65, 65 + length)), b"\xff" * length, b"\0" * (length - 1) + b"\1"]

    assert keys_of(words).tolist() == [int.from_bytes(word.ljust(7, b"\0") + bytes([length]), "little") for word in words]


@pytest.mark.parametrize("length", [8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 100])
def test_every_byte_of_a_longer_word_counts_and_none_after_it(length: int) -> None:
    first = bytes(65 + n % 50 for n in range(length))
    words = [first, *(first[:n] + bytes([first[n] ^ change]) + first[n + 1 :] for n in range(length) for change in (1, 0x20))]

    keys = keys_of(words)

    assert len(set(keys.tolist())) == len(words)
    assert keys.tolist() == keys_of(words, b"\0").tolist() == keys_of(words, b"\xff").tolist()
    # Its top byte, where short words have their length, says that it is a hash.
    assert (keys >> np.uint64(56) == 0xFF).all()


def test_words_that_differ_in_length_alone_have_other_keys() -> None:
    assert len(set(keys_of([b"\0" * length for length in range(1, 60)]).tolist())) == 59


@pytest.mark.parametrize("form", [b"%d", b"w%04d", b"a-rather-long-word-%d", b"%d-at-the-beginning-of-a-word"])
def test_similar_words_begin_far_apart(form: bytes) -> None:
    slots, keys = np.zeros(2 * 8192, np.uint64), keys_of([form % number for number in range(4096)])
    homes = np.zeros(len(keys), np.int64)

    call_home_slot(slots, keys, homes)

    assert (homes % 2 == 0).all()
    assert 0 <= homes.min() < 100
    assert 2 * 8192 - 100 < homes.max() < 2 * 8192
    # Of 4096 balls thrown into 8192 boxes, 1 - e^(-1/2) of the boxes have one: 3223.
    assert len(set(homes.tolist())) > 3100


def test_a_count_may_have_36_bits_and_an_entry_27() -> None:
    words, places, counts = np.frombuffer(b"one" + bytes(PADDING), np.uint8), np.array([0, 3]), np.array([2**36 - 2])
    table, here = WordTable.empty(), np.zeros(1, np.int32)

    _, table.entries = merge(words, places, counts, np.array([0]), here, 0, table.slots, table.offsets, table.text, 0)
    merge(words, places, np.array([1]), np.array([0]), here, 0, table.slots, table.offsets, table.text, 1)

    assert table.counts().tolist() == [2**36 - 1]
    assert (table.word(0), here.tolist()) == (b"one", [0])
    assert MAX_ENTRIES == 2**27


def test_more_words_than_a_slot_can_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    table = WordTable.empty()
    monkeypatch.setattr(word_table, "MAX_ENTRIES", 5)
    table.entries = 4

    table.grow()

    assert len(table.slots) == 4 * 2**17
    table.entries = 5
    with pytest.raises(UserError, match="more than 5 different words"):
        table.grow()


@pytest.mark.parametrize("length", [8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33])
def test_words_are_compared_byte_by_byte_and_no_further(length: int) -> None:
    word = bytes(65 + n % 50 for n in range(length))
    x = np.frombuffer(word + b"x" * PADDING, np.uint8)

    def same(other: bytes) -> bool:
        return bool(call_same_bytes(x, np.frombuffer(other + b"y" * PADDING, np.uint8), length))

    assert same(word)
    assert [n for n in range(length) if same(word[:n] + b"\0" + word[n + 1 :])] == []


def test_a_word_is_found_behind_others_of_the_same_key() -> None:
    # Five places of key and value; the words are entries 0 to 3, and a text of one more.
    words = [b"longer-word", b"longer-word-still", b"longer-wore", b"another-one"]
    offsets = np.cumsum([0, *map(len, words)], dtype=np.int64)
    text = np.frombuffer(b"".join(words) + bytes(PADDING), np.uint8)
    key = np.uint64(0xFF << 56 | 7)
    slots = np.zeros(16, np.uint64)
    for place, entry in enumerate([1, 2, 0, 3]):
        slots[(2 * place + 12) % 16], slots[(2 * place + 13) % 16] = key, np.uint64(entry << 36 | 5)

    def found(word: bytes, home: int = 12) -> int:
        return int(call_find_slot(slots, home, key, np.frombuffer(word + bytes(PADDING), np.uint8), len(word), offsets, text))

    # Slots are looked through in their order, beyond the last from the first on, to the first that is empty.
    assert [found(words[entry]) for entry in (1, 2, 0, 3)] == [12, 14, 0, 2]
    assert found(b"longer-worx") == 4
    assert found(b"longer-wor") == 4
    assert found(words[3], home=8) == 8


def test_a_short_word_is_found_by_its_key_alone() -> None:
    slots, nothing = np.zeros(16, np.uint64), np.zeros(1, np.int64)
    slots[4], slots[6] = 1, 0xFF << 56

    empty = np.zeros(PADDING, np.uint8)

    assert call_find_slot(slots, 4, np.uint64(1), empty, 1, nothing, empty) == 4
    assert call_find_slot(slots, 4, np.uint64(2), empty, 1, nothing, empty) == 8
