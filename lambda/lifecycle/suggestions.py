"""What somebody probably meant by a name that does not exist."""

import difflib
from collections.abc import Iterable, Sequence

# Comparing takes quadratic time, and no name here is as long.
_LONGEST_WORD = 80


def some(names: Sequence[str], most: int = 12) -> str:
    """Names in a sentence; of very many, the first ones and how many more there are."""
    rest = len(names) - most
    return ", ".join(names) if rest <= 1 else f"{', '.join(names[:most])} and {rest:,} more"


def did_you_mean(word: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> str:
    """A sentence that offers the known names most similar to a wrong one, such as ``Did you mean "epochs"?``; "" when none is similar.

    Args:
        word: the name that does not exist.
        known: the names that do.
        most: how many of them to offer.
        cutoff: how similar a name must be, from 0 to 1 (`difflib.SequenceMatcher.ratio`).
    """
    if len(word) > _LONGEST_WORD:
        return ""
    close = difflib.get_close_matches(word, list(known), n=most, cutoff=cutoff)
    return "Did you mean " + " or ".join(f'"{each}"' for each in close) + "?" if close else ""
