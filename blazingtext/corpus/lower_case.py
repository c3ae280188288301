"""Lower case: Unicode's own, and that of the languages whose I has a lower case without a dot.

Source: SpecialCasing.txt of the Unicode Character Database (https://www.unicode.org/Public/UCD/latest/ucd/SpecialCasing.txt), its
conditions After_I and Not_Before_Dot for Turkish (tr) and Azerbaijani (az). Lithuanian's rules keep a dot that its readers do not write
in corpora, so it has none here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# The languages with rules of their own, by their ISO 639-1 code, as CLDR and the HTML attribute lang have them.
LANGUAGES = {"az": "Azerbaijani", "tr": "Turkish"}
# Marks that combine are in the first two planes of Unicode.
_MARKS_END = 0x20000
_DOT = "\u0307"
_DOTTED, _DOTLESS = "\u0130", "\u0131"


def lower(text: str, language: str = "") -> str:
    """A text in lower case.

    Unicode's own lower case of the dotted capital \u0130 is an i and a combining dot, which is no letter of any word: here it is i in every
    language. In Turkish and Azerbaijani, and there only, I becomes the dotless \u0131.

    Args:
        text: in any normal form.
        language: one of `LANGUAGES`, or "" for all others.
    """
    text = text.replace(_DOTTED, "i")
    if _DOT in text:
        text = _i_before_dot().sub(r"i\1", text)
    if language in LANGUAGES:
        text = text.replace("I", _DOTLESS)
    return text.lower()


@cache
def _i_before_dot() -> re.Pattern[str]:
    """An I with a combining dot above, perhaps behind marks that neither stand above nor begin a letter of their own."""
    between = (chr(code) for code in range(_MARKS_END) if unicodedata.combining(chr(code)) not in {0, 230})
    return re.compile(f"I([{''.join(between)}]*){_DOT}")
