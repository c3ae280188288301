"""Text of others on a terminal: words of corpora, names of files, log lines. They are data, whatever they hold."""

from __future__ import annotations

import re

# Control characters (escape sequences begin with one), what turns the direction of writing, and lone surrogates; not tab and newline.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""A text whose control characters are shown as ``\x1b`` and the like, so that no terminal obeys them."""
    return _UNSEEN.sub(lambda match: match.group().encode("unicode_escape").decode(), text)
