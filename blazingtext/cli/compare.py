"""`blazingtext compare`: runs side by side, as text, as JSON and as one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..files import atomic_file, refuse_existing
from ..runs import comparison_page
from ..runs.comparison import RunComparison, figure, model_rows, score_rows
from .model_source import KINDS, MODEL
from .output import Output
from .session import Session, shared

if TYPE_CHECKING:  # NumPy is loaded by the command that needs it
    from ..vectors.comparison import Comparison


@click.command()
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option("--model", "models", metavar="PATH", multiple=True, type=MODEL, help=f"Beside or instead of runs; repeatable: {KINDS}")
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
def compare(
    session: Session,
    *,
    jobs: tuple[str, ...],
    models: tuple[Path, ...],
    neighbors: int,
    pairs: tuple[Path, ...],
    output: Path | None,
    force: bool,
) -> None:
    """Compare runs, or any models, with the first of them.

    Shows what they were told differently and what they reached. Of word vectors also: the scores with 95 % intervals (bootstrap of the
    word pairs), how many nearest words they agree on, the words that moved most, and the words that only one of them knows.
    """
    out = session.output
    if output is not None:
        refuse_existing(output, force=force)
    with out.download("Downloading the models") as on_size:
        found = session.client.compare(jobs, models=models, pairs=pairs, neighbors=neighbors, on_size=on_size)
    if output is not None:
        with atomic_file(output) as stream:
            stream.write(comparison_page.page(found).encode())
    out.result(found, lambda: _show(out, found))
    if found.unknown:
        out.warn(found.unknown)
    if found.other_corpora:
        letters = dict(zip(found.names, found.letters, strict=True))
        others = ", ".join(letters[job] for job in found.other_corpora)
        out.warn(f"{others}: trained on another text than A. What differs below the settings may come from the text.")
    if output is not None:
        out.done(f"{output} shows it as a page")
    if not found.models:
        out.say("Only the figures are compared: word vectors come from skipgram, cbow and batch_skipgram.")


def _show(out: Output, found: RunComparison) -> None:
    letters = found.letters
    out.table(("", "run" if len(found.runs) == len(found.names) else "run or path"), list(zip(letters, found.names, strict=True)))
    numbers = range(1, len(letters) + 1)
    if found.settings:
        out.out.print()
        out.table(("what differs", *letters), [(name, *values) for name, values in found.settings.items()])
    if found.metrics:
        out.out.print()
        rows = [(name, *(figure(value) for value in values)) for name, values in found.metrics.items()]
        out.table(("reached", *letters), rows, right=tuple(numbers))
    for letter, (_, model) in zip(letters[1:], found.models.items(), strict=False):
        _show_model(out, letter, model)


def _show_model(out: Output, letter: str, model: Comparison) -> None:
    out.out.print()
    out.table(("pairs that both know", "", "rho of A", f"rho of {letter}", f"{letter} - A"), score_rows(model), right=(1, 2, 3, 4))
    out.out.print()
    out.table((f"{letter} beside A", ""), model_rows(letter, model))
    out.out.print()
    moved = [(each.word, f"{each.similarity:.3f}", " ".join(each.first), " ".join(each.second)) for each in model.moved]
    out.table(("moved most", "cosine", "nearest in A", f"nearest in {letter}"), moved, right=(1,))
