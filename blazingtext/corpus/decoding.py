"""Characters from bytes: the encoding of a text, and what happens to bytes that are invalid in it.

Nothing is guessed: text is read when it is Unicode or its encoding is given, and otherwise refused, with what it could be.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import IO

import charset_normalizer

from blazingtext_lifecycle.errors import CorpusError
from blazingtext_lifecycle.file_kinds import Content

from .unpacking import Leaf, Stream

# One invalid byte in a thousand is a slip in a UTF-8 text; more are another encoding.
MOST_INVALID = 1000
_WESTERN = "cp1252"
_OTHERS = ("cp1251", "gb18030")
_FOREIGN_WORD = re.compile(r"[^\W\d_]*[^\W\d_\x00-\x7f][^\W\d_]*")


class Invalid:
    """The bytes of one text that are invalid in its encoding: each is read as cp1252, which most of them are, and counted."""

    def __init__(self) -> None:
        self.count = 0
        self.handler = f"blazingtext-count-{id(self)}"
        codecs.register_error(self.handler, self._take)

    def _take(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        wrong = error.object[error.start : error.end]
        self.count += len(wrong)
        return wrong.decode("cp1252", "replace") if error.encoding == "utf-8" else "\ufffd", error.end


def refuse(name: str, encoding: str, head: bytes, *, invalid: int, size: int) -> None:
    """Does nothing when the bytes are few that are invalid in a text.

    Args:
        name: what the text is called, for messages.
        encoding: what it was read in.
        head: its first bytes.
        invalid: how many bytes are invalid.
        size: how many it has.

    Raises:
        CorpusError: they are so many that the text has another encoding.
    """
    if invalid * MOST_INVALID > size:
        raise CorpusError(
            f"{name} is not {encoding}: {invalid:,} of {size:,} bytes are invalid in it. " + _advice(head, cut=size > len(head))
        )


def encoding_of(leaf: Leaf, given: str) -> str:
    """The encoding to read a text in.

    Args:
        leaf: the text.
        given: the encoding of texts that are not Unicode; "" when there is none.

    Raises:
        CorpusError: it is not Unicode, and no encoding was given.
    """
    found = leaf.kind.encoding if leaf.kind.content is Content.TEXT else ""
    if found and not (given and leaf.head.isascii() and found == "utf-8"):
        return found
    if given:
        return given
    invalid = Invalid()
    leaf.head.decode("utf-8", invalid.handler)
    refuse(leaf.name, "UTF-8", leaf.head, invalid=invalid.count, size=len(leaf.head))
    return "utf-8"


def decoded(leaf: Leaf, encoding: str, invalid: Invalid, *, newline: str | None) -> IO[str]:
    """A text's characters; closing it closes the stream.

    Args:
        leaf: the text.
        encoding: its encoding.
        invalid: counts the bytes that are invalid in it.
        newline: as for `open`.
    """
    stream: Stream = leaf.stream
    return io.TextIOWrapper(io.BufferedReader(stream), encoding=encoding, errors=invalid.handler, newline=newline)


def _advice(head: bytes, *, cut: bool) -> str:
    """Which encodings it could be, with the words that they give."""
    shown = "; ".join(f"{encoding} gives {words}" for encoding, words in _candidates(head, cut=cut))
    return f"Give its encoding with --encoding: {shown}." if shown else "Give its encoding with --encoding, or convert it to UTF-8."


def _candidates(head: bytes, *, cut: bool) -> Iterator[tuple[str, str]]:
    best = charset_normalizer.from_bytes(head).best()
    guessed = [codecs.lookup(best.encoding).name] if best and not best.encoding.startswith("utf") else []
    names = [_WESTERN, *guessed, *_OTHERS]
    seen: set[str] = set()
    for name in names:
        words = _foreign_words(head, name, cut=cut)
        if words and words not in seen:
            seen.add(words)
            yield name, words
        if len(seen) == 3:
            return


def _foreign_words(head: bytes, encoding: str, *, cut: bool) -> str:
    """The first words with other than Latin basic letters, when the bytes are valid in an encoding; else ""."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head, final=not cut)
    except UnicodeDecodeError:
        return ""
    words = [match.group() for match in _FOREIGN_WORD.finditer(text)][:3]
    return ", ".join(f'"{word[:20]}"' for word in words)
