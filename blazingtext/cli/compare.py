"""`blazingtext compare`: runs side by side, as text, as JSON and as one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..files import atomic_file, refuse_existing
from ..runs import comparison_page
from ..runs.comparison import RunComparison, some
from .output import Output
from .output import count as _count
from .session import Session, shared

if TYPE_CHECKING:  # NumPy is loaded by the command that needs it
    from ..vectors.comparison import Comparison

_SHOWN = 5


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="JOB JOB...")
@click.option("--neighbors", type=click.IntRange(1, 1000), default=10, help="Nearest words to look at [default: 10].")
@click.option(
    "--pairs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of your own word pairs (word, word, score per line); repeatable.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write one page, such as compare.html, too.")
@click.option("--force/--no-force", default=True, help="Replace an existing page [default: replace].")
@shared
def compare(session: Session, *, jobs: tuple[str, ...], neighbors: int, pairs: tuple[Path, ...], output: Path | None, force: bool) -> None:
    """Compare runs with the first of them.

    Shows what they were told differently and what they reached. Of word vectors also: the scores with 95 % intervals (bootstrap of the
    word pairs), how many nearest words they agree on, the words that moved most, and the words that only one of them knows.
    """
    out = session.output
    if output is not None:
        refuse_existing(output, force=force)
    with out.download("Downloading the models") as on_size:
        found = session.client.compare(jobs, pairs=pairs, neighbors=neighbors, on_size=on_size)
    if output is not None:
        with atomic_file(output) as stream:
            stream.write(comparison_page.page(found).encode())
    out.result(found, lambda: _show(out, found))
    if output is not None:
        out.done(f"{output} shows it as a page")
    if not found.models:
        out.say("Only the figures are compared: word vectors come from skipgram, cbow and batch_skipgram.")


def _show(out: Output, found: RunComparison) -> None:
    letters = found.letters
    out.table(("", "run"), [(letter, run.job) for letter, run in zip(letters, found.runs, strict=True)])
    numbers = range(1, len(letters) + 1)
    if found.settings:
        out.out.print()
        out.table(("what differs", *letters), [(name, *values) for name, values in found.settings.items()])
    out.out.print()
    rows = [(name, *(_figure(value) for value in values)) for name, values in found.metrics.items()]
    out.table(("reached", *letters), rows, right=tuple(numbers))
    for letter, (_, model) in zip(letters[1:], found.models.items(), strict=False):
        _show_model(out, letter, model)


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value == int(value) else f"{value:.4f}"


def _show_model(out: Output, letter: str, model: Comparison) -> None:
    out.out.print()
    rows = [
        (each.name, str(each.pairs), *(str(figure) for figure in (each.first, each.second, each.difference))) for each in model.pair_sets
    ]
    out.table(("pairs that both know", "", "rho of A", f"rho of {letter}", f"{letter} - A"), rows, right=(1, 2, 3, 4))
    out.out.print()
    out.table(
        (f"{letter} beside A", ""),
        [
            ("words that both know", str(model.shared)),
            ("only in A", some(model.lost_count, model.lost, _SHOWN)),
            (f"only in {letter}", some(model.gained_count, model.gained, _SHOWN)),
            (f"same {_count(model.neighbors, 'nearest words')}, frequent words", f"{model.overlap_frequent:.0%}"),
            (f"same {_count(model.neighbors, 'nearest words')}, rare words", f"{model.overlap_rare:.0%}"),
        ],
    )
    out.out.print()
    moved = [(each.word, f"{each.similarity:.3f}", " ".join(each.first), " ".join(each.second)) for each in model.moved]
    out.table(("moved most", "cosine", "nearest in A", f"nearest in {letter}"), moved, right=(1,))
