"""Text of any script, normalised word by word: what a word becomes is computed once and then looked up.

`normaliser.Normaliser` and `normaliser.sentences` are the definition. No step of it looks beyond white space, so that the parts between
white space, here called words, can be normalised alone. Those that are new are normalised together, by expressions over all of them where
every character is known to be a letter, a digit, a mark in its place or a separator, and by the definition where not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache

from . import lower_case
from .normaliser import ABBREVIATION_WINDOW, APOSTROPHES, JOINERS, Normaliser, Punctuation, abbreviates, doubtful_stop, sentences
from .sentence_ends import SENTENCE, STOPS

# Stand for line ends and `SENTENCE` among the words; texts that hold them are left to the definition.
_LINE_END, _SENTENCE_END = "\0", "\1"
# Characters of words that are kept; then all are forgotten.
_MOST = 1 << 22
# Characters of new words that the definition forms before the expressions are worth making.
WORTH = 1 << 17
# Ideographs and syllables are letters, one like another: first and last of each range.
_OF_ONE_KIND = {0x3400: 0x4DBF, 0x4E00: 0x9FFF, 0xAC00: 0xD7A3, 0xE000: 0xF8FF, 0xD800: 0xDFFF}
# Its lower case depends on what follows, even behind a full stop.
_SIGMA = "\u03a3"
_NO_CHARACTERS = range(0xD800, 0xE000)
_REST = r"[.!?\u2026]*+[\"'\u201d\u2019)\]\u00bb]*+[^\S\n\r]++(?=[\"'\u201c\u2018(\[\u00ab\u00bf\u00a1]*[^\W_a-z])"
# Each begins with one literal character, which is found much faster than one of several.
_ENDS = {first: re.compile(rf"[{first}](?<![.!?\u2026][{first}]){_REST}") for first in ".!?\u2026"}
_ENDS_WITHOUT_SPACE = {first: re.compile(rf"{first}(?<![{STOPS}]{first})[{STOPS}]*+[\u300d\u300f\"']*") for first in STOPS}
_DOUBTFUL = re.compile(doubtful_stop(r"\w", r"[.!?\u2026]", r"\s", ((r"\w", 1),)) + _REST)
_SEPARATED = f" {_SENTENCE_END} "


class WordForms:
    """What words become, looked up.

    Args:
        normaliser: the definition.
    """

    def __init__(self, normaliser: Normaliser) -> None:
        self._normaliser = normaliser
        self._drops = normaliser.punctuation is Punctuation.DROP
        self._forms: dict[str, str] = {}
        self._size = 0
        self._formed_size = 0

    @property
    def _known(self) -> _KnownCharacters:
        return _known_characters(self._normaliser)

    def normalised(self, text: str, *, split: bool) -> str:
        """The words of a text, in lines as they were; single spaces between words, and perhaps around line ends.

        Args:
            text: the text; a newline ends each line.
            split: put `SENTENCE` between the sentences of a line.
        """
        if _LINE_END in text or _SENTENCE_END in text:
            return self._defined(text, split=split)
        if split:
            text = self._marked(text)
        words = text.replace("\n", f" {_LINE_END} ").split()
        forms = list(map(self._forms.get, words))
        if None in forms:
            self._learn(words, forms)
        return " ".join(filter(None, forms))

    def _defined(self, text: str, *, split: bool) -> str:
        """The same by the definition alone."""
        lines = (SENTENCE.join(self._normaliser.lines("\n".join(sentences(line)))) for line in text.split("\n"))
        return "\n".join(lines) if split else "\n".join(self._normaliser.lines(text))

    def _marked(self, text: str) -> str:
        """A text with a sign between sentences, which stands for `SENTENCE` among the words."""
        if not self._drops:
            return _SEPARATED.join(sentences(text))
        text = _ended(text, _ENDS_WITHOUT_SPACE)
        return _ended(_DOUBTFUL.sub(_judged, text), _ENDS)

    def _learn(self, words: list[str], forms: list[str | None]) -> None:
        """Puts the forms of new words in the places where none stands."""
        if self._size > _MOST:
            self._forms.clear()
            self._size = 0
        places = list(_places(forms))
        new = list(dict.fromkeys(words[place] for place in places))
        self._size += sum(map(len, new))
        found = dict(zip(new, self.formed(new), strict=True)) | {_LINE_END: "\n", _SENTENCE_END: SENTENCE}
        self._forms.update(found)
        for place in places:
            forms[place] = found[words[place]]

    def formed(self, words: Sequence[str]) -> list[str]:
        """The forms of words, by the definition or by what gives the same; they are not remembered."""
        self._formed_size += sum(map(len, words))
        if self._formed_size < WORTH:
            return self._normaliser.lines("\n".join(words))
        texts = self._known.separated("\n".join(words))
        if not self._known.strange(texts):
            return self._folded(texts)
        plain, strange = [], []
        for word, text in zip(words, texts.split("\n"), strict=True):
            if self._known.strange(text):
                strange.append(word)
            else:
                plain.append((word, text))
        forms = dict(zip(strange, self._normaliser.lines("\n".join(strange)), strict=True))
        folded = self._folded("\n".join(text for _, text in plain))
        forms.update(zip((word for word, _ in plain), folded, strict=bool(plain)))
        return [forms[word] for word in words]

    def _folded(self, text: str) -> list[str]:
        """The lines of a text of known characters in normal form and lower case, without apostrophes that are in no word."""
        normaliser = self._normaliser
        text = unicodedata.normalize(normaliser.form, text)
        if normaliser.lower:
            text = lower_case.lower(text, normaliser.language)
            # Lower case may have brought characters together that compose.
            text = unicodedata.normalize(normaliser.form, text)
        if "'" in text:
            text = normaliser.without_stray_apostrophes(text)
        return [" ".join(line.split()) for line in text.split("\n")]


class _KnownCharacters:
    """The characters of the Basic Multilingual Plane that need no look at their neighbours but for composing and lower case.

    Args:
        normaliser: the definition of what becomes of them.
    """

    def __init__(self, normaliser: Normaliser) -> None:
        separators: list[int] = []
        words: list[int] = []
        marks: list[int] = []
        for group in _groups():
            normal = unicodedata.normalize(normaliser.form, chr(group[0]))
            if _SIGMA in normal:
                continue
            if normaliser.lower:
                normal = lower_case.lower(normal, normaliser.language)
            images = [normaliser.image(each) for each in normal]
            if all(image == " " for image in images):
                separators += group
            elif images == list(normal) and not set(normal) & {" ", "'", *JOINERS}:
                words += group
                if unicodedata.category(normal[0])[0] == "M":
                    marks += group
        self._separators = re.compile(f"[{_ranges(separators)}]+")
        self._strange = re.compile(f"[^{_ranges(words)} \n']")
        # A mark is strange where no letter is before it.
        self._stray = re.compile(rf"[{_ranges(marks)}](?<![^\s'].)")

    def separated(self, text: str) -> str:
        """A text with spaces in place of separators, and one kind of apostrophe."""
        for apostrophe in APOSTROPHES:
            text = text.replace(apostrophe, "'")
        return self._separators.sub(" ", text)

    def strange(self, text: str) -> bool:
        """Whether a text in which separators are spaces has to be left to the definition."""
        return bool(self._strange.search(text) or self._stray.search(text))


@cache
def _known_characters(normaliser: Normaliser) -> _KnownCharacters:
    return _KnownCharacters(normaliser)


def _groups() -> Iterator[Sequence[int]]:
    """The characters of the Basic Multilingual Plane, alone or as ranges of one kind; surrogates are none."""
    code = 0
    while code < 0x10000:
        last = _OF_ONE_KIND.get(code, code)
        if code not in _NO_CHARACTERS:
            yield range(code, last + 1)
        code = last + 1


def _ranges(codes: list[int]) -> str:
    """The inside of a character class, from characters in order."""
    parts: list[list[int]] = []
    for code in codes:
        if parts and code == parts[-1][-1] + 1:
            parts[-1][1:] = [code]
        else:
            parts.append([code])
    return "".join("-".join(f"\\u{code:04x}" for code in part) for part in parts)


def _places(forms: list[str | None]) -> Iterator[int]:
    """Where a list holds None."""
    place = -1
    with suppress(ValueError):
        while True:
            place = forms.index(None, place + 1)
            yield place


def _ended(text: str, ends: dict[str, re.Pattern[str]]) -> str:
    """A text with the sign between sentences in place of their ends."""
    for first, pattern in ends.items():
        if first in text:
            text = pattern.sub(_SEPARATED, text)
    return text


def _judged(end: re.Match[str]) -> str:
    before = end.string[max(0, end.start() - ABBREVIATION_WINDOW) : end.start()]
    return " " if abbreviates(before) else _SEPARATED
