"""Text in UTF-8 made lines of words: one pass of an automaton over the characters of every script.

What the characters are is told by tables of `corpus/character_kinds.py`: the rules are those of `corpus/normaliser.py`. A word with a
strange character is looked up among those that the definition has formed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from ..corpus.character_kinds import (
    BEGINS_SENTENCE,
    CLOSING_SIGN,
    FIRST,
    FIRST_CLASS,
    FOLLOWS,
    INITIAL,
    LAST_CLASS,
    LENGTH,
    LETTER,
    MARK,
    OPENING_SIGN,
    PAGE,
    PLAIN,
    SAME,
    SECOND,
    SPACE,
    STOP,
    STOP_CLOSING_SIGN,
    STRANGE,
    TERMINATOR,
    UNKNOWN,
    pages_of,
)
from ..corpus.normaliser import ABBREVIATION_WINDOW
from .byte_rows import bare_kernel
from .formed_words import FormedWords, Forms, place_of

_STOP, _NEWLINE, _SENTENCE, _BLANK, _APOSTROPHE = b".\n\r '"
_DOUBLE_QUOTE, _PARENTHESIS, _BRACKET = b'"(['
# More letters than an abbreviation has that is spelt without full stops; as many fit into a number.
_LONGEST = 7
# A table begins with the places of all pages; a character has there its kind and what becomes of it, in two numbers of 8 bytes.
_PAGES = 0x110000 // PAGE
_RECORD = 3
# The page of all characters that have not been asked for, behind two of ASCII.
_UNKNOWN_PAGE = 2
# Bytes that are written at most before it is looked whether there is room for more.
_ROOM = 64
_DONE, _MISSING, _FULL = range(3)
# Where what is known of a line is kept: the bytes written in all and where the line begins; lines, spaces and the longest line; whether a
# space is due, whether the line has a letter, and apostrophes that wait for one; where the word and the sentence begin in the text; bytes,
# spaces and letters before the word; new words; what is wanted.
_SIZE, _START, _LINES, _SPACES, _LONGEST_LINE, _SPACED, _BEGUN, _APOSTROPHES = range(8)
_WORD, _SENTENCE_START, _SIZE_BEFORE, _SPACES_BEFORE, _BEGUN_BEFORE, _NEW, _SPLIT, _FINAL = range(8, 16)

# In a kernel it makes a machine number; for the type checker it is int.
_int64: Callable[[Any], int] = cast("Any", np.int64)

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


class _Words(NamedTuple):
    """What is looked up, and what was not found.

    Attributes:
        forms: words that the definition has formed.
        abbreviations: words of ASCII before full stops that may end no sentence, as numbers in order.
        new: where words begin and end that have no form, (words, 2).
    """

    forms: Forms
    abbreviations: Numbers
    new: Numbers


class Finished(NamedTuple):
    """Lines of a corpus.

    Attributes:
        data: the lines, each with its end.
        lines: how many.
        words: theirs.
        longest: the bytes of the longest, its end included.
    """

    data: bytes
    lines: int
    words: int
    longest: int


class Utf8Lines:
    """Makes lines of words of a text in any script.

    Args:
        page: the kinds and images of the characters of a page, as `character_kinds.CharacterKinds.page` has them.
        formed: the forms of words by the definition.
        abbreviations: words before full stops that may end no sentence, in small letters of ASCII, at most 7.
    """

    def __init__(
        self,
        page: Callable[[int], Iterable[tuple[int, bytes]]],
        formed: Callable[[Sequence[str]], Iterable[str]],
        abbreviations: Collection[bytes],
    ) -> None:
        self._page = page
        self._words = FormedWords(formed)
        self._abbreviations = np.array(sorted(int.from_bytes(each, "big") for each in abbreviations), np.int64)
        # One array: to take one out of a tuple would cost more than to write a letter.
        self._table = np.zeros(_PAGES, np.int64)
        for number in range(_UNKNOWN_PAGE):
            self._add_page(number)
        unknown = len(self._table)
        self._table[_UNKNOWN_PAGE:_PAGES] = unknown
        self._table = np.concatenate([self._table, np.full(PAGE * _RECORD, UNKNOWN)])
        self._unknown = unknown

    def made(self, data: bytes, *, split: bool) -> bytes:
        """The words of a text in lines as they were, with a carriage return between sentences.

        Args:
            data: the text, valid UTF-8 without carriage returns; a newline ends each line.
            split: mark the ends of sentences.
        """
        return self._lines(data, split=split, final=False).data

    def finished(self, data: bytes, *, split: bool) -> Finished:
        """The same with a newline behind each line and each sentence, without empty ones."""
        return self._lines(data, split=split, final=True)

    def _lines(self, data: bytes, *, split: bool, final: bool) -> Finished:
        read = np.frombuffer(data, np.uint8)
        room = len(data) + len(data) // 4 + 4 * _ROOM
        made, new = np.empty(room, np.uint8), np.empty((len(data) // 2 + 1, 2), np.int64)
        while True:
            state = np.zeros(_FINAL + 1, np.int64)
            state[_SPLIT], state[_FINAL] = split, final
            told = _made(read, self._table, _Words(self._words.forms, self._abbreviations, new), made, state)
            if told == _MISSING:
                for number in pages_of(data.decode()):
                    if self._table[number] == self._unknown:
                        self._add_page(number)
            elif told == _FULL:
                room *= 2
                made = np.empty(room, np.uint8)
            elif state[_NEW]:
                self._words.learn(dict.fromkeys(data[start:stop] for start, stop in new[: state[_NEW]].tolist()))
            else:
                break
        lines, spaces, longest = map(int, state[[_LINES, _SPACES, _LONGEST_LINE]])
        return Finished(made[: state[_SIZE]].tobytes(), lines, lines + spaces, longest)

    def _add_page(self, number: int) -> None:
        """Asks for a page."""
        records = [
            (kind | len(image) << LENGTH, int.from_bytes(image[:8], "little", signed=len(image) >= 8), int.from_bytes(image[8:], "little"))
            for kind, image in self._page(number)
        ]
        self._table[number] = len(self._table)
        self._table = np.concatenate([self._table, np.array(records, np.int64).ravel()])


@bare_kernel
def _character(data: Bytes, place: int, table: Numbers) -> tuple[int, int]:
    """Where in the table a character is, and its bytes."""
    lead = _int64(data[place])
    if lead < 0x80:
        return table[lead >> 6] + (lead & 63) * _RECORD, 1
    second = _int64(data[place + 1]) & 63
    if lead < 0xE0:
        return table[lead & 31] + second * _RECORD, 2
    third = _int64(data[place + 2]) & 63
    if lead < 0xF0:
        return table[(lead & 15) << 6 | second] + third * _RECORD, 3
    return table[(lead & 7) << 12 | second << 6 | third] + (_int64(data[place + 3]) & 63) * _RECORD, 4


@bare_kernel
def _kind(data: Bytes, place: int, table: Numbers) -> int:
    """What the character at a place is."""
    kind: int = table[_character(data, place, table)[0]]
    return kind


@bare_kernel
def _before(data: Bytes, place: int) -> int:
    """Where the character before a place begins."""
    place -= 1
    while data[place] & 0xC0 == 0x80:
        place -= 1
    return place


@bare_kernel
def _behind(data: Bytes, place: int, table: Numbers, flags: int) -> int:
    """Where the first character from a place on is that is of none of some kinds."""
    while place < len(data):
        at, width = _character(data, place, table)
        if not table[at] & flags or data[place] == _NEWLINE:
            break
        place += width
    return place


@bare_kernel
def _end(data: Bytes, place: int, table: Numbers, kind: int) -> int:
    """Where the next sentence begins when the one before ends at a character that may end it, and 0 when it does not."""
    if kind & STOP:
        return _behind(data, _behind(data, place, table, STOP), table, STOP_CLOSING_SIGN)
    if place and _kind(data, _before(data, place), table) & TERMINATOR:
        return 0
    begun = _behind(data, _behind(data, place, table, TERMINATOR), table, CLOSING_SIGN)
    next_one = _behind(data, begun, table, SPACE)
    if next_one == begun:
        return 0
    place = _behind(data, next_one, table, OPENING_SIGN)
    begins = place < len(data) and _kind(data, place, table) & BEGINS_SENTENCE
    return next_one if begins else 0


@bare_kernel
def _abbreviates(data: Bytes, start: int, place: int, table: Numbers, abbreviations: Numbers) -> bool:
    """What `normaliser.abbreviates` says of the sentence from one place to another."""
    characters = 0
    while place > start and characters < ABBREVIATION_WINDOW and _is_space(data, place, table):
        place, characters = _before(data, place), characters + 1
    first = place
    while first > start and characters < ABBREVIATION_WINDOW and not _is_space(data, first, table):
        first, characters = _before(data, first), characters + 1
    while first < place and data[first] in (_DOUBLE_QUOTE, _APOSTROPHE, _PARENTHESIS, _BRACKET):
        first += 1
    count, kind, packed = 0, 0, _int64(0)
    initials, is_ascii = True, True
    while first < place:
        at, width = _character(data, first, table)
        kind = table[at]
        initials = initials and (data[first] == _STOP if count & 1 else kind & INITIAL != 0)
        is_ascii = is_ascii and width == 1
        # Capitals of ASCII become small.
        letter = _int64(data[first])
        packed = packed << 8 | (letter | 32 if 65 <= letter <= 90 else letter)
        first, count = first + width, count + 1
    if count <= 1:
        return count == 1 and kind & LETTER != 0
    if count & 1 and initials:
        return True
    return is_ascii and count <= _LONGEST and abbreviations[np.searchsorted(abbreviations[:-1], packed)] == packed


@bare_kernel
def _is_space(data: Bytes, place: int, table: Numbers) -> bool:
    """Whether white space is before a place."""
    kind = _kind(data, _before(data, place), table)
    return kind & SPACE != 0


@bare_kernel
def _write_gap(made: Bytes, state: Numbers) -> None:
    """Writes what is between the letters before and the next one, which comes now."""
    if state[_BEGUN] and (state[_SPACED] or state[_APOSTROPHES]):
        inside = state[_APOSTROPHES] == 1 and not state[_SPACED]
        made[state[_SIZE]] = _APOSTROPHE if inside else _BLANK
        state[_SIZE] += 1
        state[_SPACES] += not inside
    state[_BEGUN], state[_SPACED], state[_APOSTROPHES] = 1, 0, 0


@bare_kernel
def _write_blank(state: Numbers) -> None:
    state[_SPACED], state[_APOSTROPHES] = 1, 0


@bare_kernel
def _write_end(made: Bytes, state: Numbers, end: int) -> None:
    """Ends a line with a byte."""
    if state[_BEGUN] or not state[_FINAL]:
        made[state[_SIZE]] = _NEWLINE if state[_FINAL] else end
        state[_SIZE] += 1
        state[_LINES] += 1
    state[_LONGEST_LINE] = max(state[_LONGEST_LINE], state[_SIZE] - state[_START])
    state[_START] = state[_SIZE]
    state[_SPACED], state[_BEGUN], state[_APOSTROPHES] = 0, 0, 0


@bare_kernel
def _write_letters(data: Bytes, place: int, table: Numbers, made: Bytes, state: Numbers) -> tuple[int, int]:
    """Writes letters from a place on, which is that of one; returns where they end, and what the last one is."""
    size, last, wanted = state[_SIZE], 0, PLAIN
    while place < len(data):
        at, width = _character(data, place, table)
        kind = table[at]
        if not kind & wanted:
            break
        if width == 1:
            made[size] = table[at + 1]
            size += 1
        elif kind & SAME:
            for each in range(width):
                made[size + each] = data[place + each]
            size += width
        elif len(made) - size < len(data) - place + _ROOM:
            break
        else:
            for each in range(kind >> LENGTH):
                made[size + each] = _image(table, at, each)
            size += kind >> LENGTH
        place, last, wanted = place + width, kind, PLAIN | FOLLOWS
    state[_SIZE] = size
    return place, last


@bare_kernel
def _image(table: Numbers, at: int, place: int) -> int:
    """A byte of what becomes of a character."""
    image: int = table[at + 1 + (place >> 3)] >> ((place & 7) << 3) & 255
    return image


@bare_kernel
def _write_image(table: Numbers, at: int, made: Bytes, state: Numbers) -> None:
    """Writes what becomes of a character."""
    for each in range(table[at] >> LENGTH):
        image = _image(table, at, each)
        if image == _BLANK:
            _write_blank(state)
        elif image == _APOSTROPHE:
            state[_APOSTROPHES] += 1
        else:
            _write_gap(made, state)
            made[state[_SIZE]] = image
            state[_SIZE] += 1


@bare_kernel
def _write_other(at: int, before: int, table: Numbers, made: Bytes, state: Numbers) -> int:
    """Writes what becomes of a character that is no letter; returns what the next one has to look at."""
    kind: int = table[at]
    stray = kind & MARK and (state[_SPACED] or state[_APOSTROPHES] or not state[_BEGUN])
    if stray or not kind >> LENGTH:
        return before
    _write_image(table, at, made, state)
    # A mark may stand between two that compose.
    return kind | before & FIRST if kind >> FIRST_CLASS & 255 else kind


@bare_kernel
def _word_end(data: Bytes, place: int, table: Numbers, state: Numbers) -> int:
    """Where a word ends that goes on behind a place: at white space, the end of a sentence or a character that is not known."""
    while place < len(data):
        at, width = _character(data, place, table)
        kind = table[at]
        if kind & (SPACE | UNKNOWN) or data[place] == _NEWLINE:
            break
        if state[_SPLIT] and kind & (TERMINATOR | STOP) and _end(data, place, table, kind):
            break
        place += width
    return place


@bare_kernel
def _write_form(data: Bytes, end: int, words: _Words, made: Bytes, state: Numbers) -> bool:
    """Writes what the definition made of a word, in place of what was written of it; False when there is no room."""
    state[_SIZE], state[_SPACES], state[_BEGUN] = state[_SIZE_BEFORE], state[_SPACES_BEFORE], state[_BEGUN_BEFORE]
    _write_blank(state)
    forms = words.forms
    number = place_of(data, state[_WORD], end, forms)
    if number < 0:
        words.new[state[_NEW], 0], words.new[state[_NEW], 1] = state[_WORD], end
        state[_NEW] += 1
        return True
    start, length = forms.words[number, 3], forms.words[number, 4]
    if len(made) - state[_SIZE] < len(data) - end + length + _ROOM:
        return False
    if length:
        _write_gap(made, state)
    for each in range(length):
        letter = forms.letters[start + each]
        made[state[_SIZE] + each] = letter
        state[_SPACES] += letter == _BLANK
    state[_SIZE] += length
    _write_blank(state)
    return True


@bare_kernel
def _is_strange(kind: int, before: int) -> bool:
    """Whether a character is left to the definition, because of what it is or what is before it."""
    composes = kind & SECOND != 0 and before & FIRST != 0
    first = kind >> FIRST_CLASS & 255
    return kind & STRANGE != 0 or composes or (first != 0 and first < (before >> LAST_CLASS & 255))


@bare_kernel
def _part_end(data: Bytes, place: int, table: Numbers, state: Numbers) -> int:
    """Where what is behind a sentence, a line or white space begins that ends or is at a place; 0 when none does."""
    at, width = _character(data, place, table)
    kind = table[at]
    end = _end(data, place, table, kind) if state[_SPLIT] and kind & (TERMINATOR | STOP) else 0
    return end or (place + width if kind & SPACE or data[place] == _NEWLINE else 0)


@bare_kernel
def _write_part_end(end: int, of_line: bool, of_sentence: bool, made: Bytes, state: Numbers) -> None:
    """Writes the end of a line, of a sentence, or a space."""
    if of_line or of_sentence:
        _write_end(made, state, _NEWLINE if of_line else _SENTENCE)
        state[_SENTENCE_START] = end
    else:
        _write_blank(state)
    state[_WORD] = end
    state[_SIZE_BEFORE], state[_SPACES_BEFORE], state[_BEGUN_BEFORE] = state[_SIZE], state[_SPACES], state[_BEGUN]


@bare_kernel
def _made(data: Bytes, table: Numbers, words: _Words, made: Bytes, state: Numbers) -> int:
    """Makes lines; returns whether all was done, a character is missing, or there was no room."""
    place, before = 0, 0
    while place < len(data):
        at, width = _character(data, place, table)
        kind = table[at]
        if len(made) - state[_SIZE] < len(data) - place + _ROOM:
            return _FULL
        if kind & PLAIN:
            _write_gap(made, state)
            place, before = _write_letters(data, place, table, made, state)
            continue
        if kind & UNKNOWN:
            return _MISSING
        end = _part_end(data, place, table, state)
        if end:
            of_sentence = kind & (TERMINATOR | STOP) != 0
            if data[place] == _STOP and _abbreviates(data, state[_SENTENCE_START], place, table, words.abbreviations):
                of_sentence = False
            _write_part_end(end, data[place] == _NEWLINE, of_sentence, made, state)
            place, before = end, 0
        elif _is_strange(kind, before):
            place, before = _word_end(data, place + width, table, state), 0
            if not _write_form(data, place, words, made, state):
                return _FULL
        else:
            place += width
            before = _write_other(at, before, table, made, state)
    if state[_BEGUN] and state[_FINAL]:
        _write_end(made, state, _NEWLINE)
    return _DONE
