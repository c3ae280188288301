"""A comparison as one HTML page that needs nothing else: no script, no network, light and dark, printable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from .comparison import RunComparison, score_rows, some

if TYPE_CHECKING:  # NumPy is loaded by those who compare models
    from ..vectors.comparison import Comparison

_SHOWN = 10
# Words are data: the policy forbids scripts, styles and pictures from anywhere, and every text is escaped.
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; margin: 0 0 2rem; }}
caption {{ text-align: left; font-weight: 600; padding: .5rem 0; }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem 1.2rem .3rem 0; border-bottom: 1px solid var(--line); }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
meter {{ width: 8rem; vertical-align: middle; }}
@media print {{ body {{ margin: 0; max-width: none; }} table {{ break-inside: avoid; }} }}
</style>
</head>
<body>
<h1>{title}</h1>
"""


def page(found: RunComparison) -> str:
    """The page."""
    names = found.names
    title = escape(f"{names[0]} beside {', '.join(names[1:])}")
    parts = [_HEAD.format(title=title)]
    letters = found.letters
    parts.append(_table("Models", ("", "run or path"), zip(letters, names, strict=True)))
    if found.settings:
        parts.append(_table("What differs", ("", *letters), ((name, *values) for name, values in found.settings.items())))
    if found.metrics:
        rows = ((name, *("" if value is None else f"{value:.5g}" for value in values)) for name, values in found.metrics.items())
        parts.append(_table("Reached", ("", *letters), rows, numbers=True))
    for letter, (name, model) in zip(letters[1:], found.models.items(), strict=False):
        parts += _model(letter, name, model)
    return "".join([*parts, "</body>\n</html>\n"])


def _model(letter: str, name: str, model: Comparison) -> list[str]:
    counts = [
        ("words that both know", str(model.shared)),
        ("only in A", some(model.lost_count, model.lost, _SHOWN)),
        (f"only in {letter}", some(model.gained_count, model.gained, _SHOWN)),
    ]
    moved = ((each.word, f"{each.similarity:.3f}", ", ".join(each.first), ", ".join(each.second)) for each in model.moved)
    agree = (
        f"<p>Of {model.neighbors} nearest words both name {_share(model.overlap_frequent)} of frequent words, "
        f"{_share(model.overlap_rare)} of rare ones.</p>\n"
    )
    return [
        f"<h2>{escape(letter)}: {escape(name)}</h2>\n",
        _table(
            "Scores on pairs that both know, with 95 % intervals",
            ("", "pairs", "A", letter, f"{letter} - A"),
            score_rows(model),
            numbers=True,
        ),
        _table("Vocabulary", ("", ""), counts),
        agree,
        _table("Words that moved most", ("word", "cosine", "nearest in A", f"nearest in {letter}"), moved),
    ]


def _share(value: float) -> str:
    return f'<meter min="0" max="1" value="{value:.4f}">{value:.0%}</meter> {value:.0%}'


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = False) -> str:
    """A table; with `numbers`, all cells but the first of a row are figures."""
    kind = ' class="number"' if numbers else ""
    body = "".join(
        "<tr>" + "".join(f"<td{kind if column else ''}>{escape(cell)}</td>" for column, cell in enumerate(row)) + "</tr>\n" for row in rows
    )
    heads = "".join(f'<th scope="col"{kind if column else ""}>{escape(cell)}</th>' for column, cell in enumerate(head))
    return f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"
