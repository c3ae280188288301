"""Results as tables in notebooks: plain HTML without colours of its own, so that they follow the notebook's theme, light or dark."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "", right: Collection[int] = ()) -> str:
    """A table; whatever its texts hold is shown as text, never read as HTML.

    Args:
        heads: the columns' names; none of them: no line for them.
        rows: the cells of each row.
        caption: above the table.
        right: the places of columns of figures.
    """
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = f"<thead>{_row('th', heads, right)}</thead>" if any(heads) else ""
    return f"<table>{title}{head}<tbody>{''.join(_row('td', row, right) for row in rows)}</tbody></table>"


def facts(caption: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A table of names and values; what has no value is left out."""
    return table((), [pair for pair in pairs if pair[1]], caption=caption)


def _row(tag: str, cells: Sequence[str], right: Collection[int]) -> str:
    # Notebooks move every cell to the right, and a style of the cell's own goes before theirs.
    placed = (f'<{tag} style="text-align:{"right" if place in right else "left"}">' for place in range(len(cells)))
    return f"<tr>{''.join(f'{opened}{escape(cell)}</{tag}>' for opened, cell in zip(placed, cells, strict=True))}</tr>"
