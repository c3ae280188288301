"""Fonts for words of any script: Matplotlib's own has Latin, Greek, Cyrillic, Hebrew and Arabic; what else is installed fills the gaps."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

_OWN = "sans-serif"
# A font of boxes, which has every character.
_PLACEHOLDERS = "Last Resort"


def families_for(text: str) -> tuple[list[str], frozenset[str]]:
    """The font families that have the characters of a text, in the order in which to try them.

    Returns:
        The families, and the characters that no installed font has.
    """
    families = [_OWN]
    missing = {character for character in text if not character.isspace()} - _characters(findfont(FontProperties(family=[_OWN])))
    for font in sorted(fontManager.ttflist, key=lambda each: (each.name, each.fname)):
        if not missing:
            break
        if font.name not in families and font.style == "normal" and not font.name.startswith(_PLACEHOLDERS):
            found = missing & _characters(font.fname)
            if found:
                families.append(font.name)
                missing -= found
    return families, frozenset(missing)


def _characters(path: str) -> set[str]:
    try:
        return {chr(code) for code in get_font(path).get_charmap()}
    except (OSError, RuntimeError):
        return set()


@contextmanager
def boxes_for_missing_characters() -> Iterator[None]:
    """Draws a box for a character that no font has, and does not warn of each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s)Glyph .* missing from font")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield
