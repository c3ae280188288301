"""The posts of a Blog Authorship Corpus file (Schler et al. 2006), from a stream.

It is not well-formed XML (bare ampersands, no declared encoding), so no parser reads it; only `<post>` and `</post>` count.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import IO

_TAG = re.compile(r"<(/?)post>", re.IGNORECASE)
_LONGEST_TAG = len("</post>")
_PIECE = 1 << 20


def posts(text: IO[str]) -> Iterator[str]:
    """The lines of all posts, character references resolved. A post that is not closed ends where the next one begins."""
    held = ""
    inside = False
    while piece := text.read(_PIECE):
        held += piece
        done = 0
        for tag in _TAG.finditer(held):
            if inside:
                yield from _lines(held[done : tag.start()])
            inside, done = not tag[1], tag.end()
        held = held[done:]
        if inside:
            cut = _between_lines(held)
            yield from _lines(held[:cut])
            held = held[cut:]
        else:
            held = held[-_LONGEST_TAG:]
    if inside:
        yield from _lines(held)


def _between_lines(post: str) -> int:
    """Where an unfinished post may be cut: behind a line, or in a very long line behind a word. Both leave a cut tag whole."""
    return post.rfind("\n") + 1 or (post.rfind(" ") + 1 or len(post) - _LONGEST_TAG if len(post) > _PIECE else 0)


def _lines(post: str) -> Iterator[str]:
    # The corpus' makers put "urlLink" where a link was.
    yield from (html.unescape(line.replace("urlLink", " ")) for line in post.splitlines())
