"""Tables of pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from blazingtext_lifecycle.extras import require

if TYPE_CHECKING:  # pandas ships no types of its own
    import pandas as pd


def frame(names: Sequence[str], rows: Sequence[Sequence[object]], times: Sequence[str] = ()) -> pd.DataFrame:
    """A DataFrame; a column whose values all are texts of numbers becomes numbers, as hyperparameters are.

    Args:
        names: the columns.
        rows: a value for each column, None where there is none.
        times: the columns that hold times, as ISO 8601.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    require("notebook", "pandas")
    import pandas as pd  # noqa: PLC0415 - loaded by those who ask for a table

    found = pd.DataFrame([list(row) for row in rows], columns=list(names))
    for name in times:
        found[name] = pd.to_datetime(found[name], utc=True, format="ISO8601")
    for name in found.columns.difference(times):
        numbers = pd.to_numeric(found[name], errors="coerce")
        if (numbers.notna() == found[name].notna()).all():
            found[name] = numbers
    return found
