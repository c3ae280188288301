"""`blazingtext explore`: a map of a model's words to walk through, as one page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from blazingtext_lifecycle.plurals import count

from ..figures import size
from ..files import atomic_file, refuse_existing
from ..vectors import explorer, explorer_page
from ..vectors.word_vectors import Vectors
from .model_source import KINDS, MODEL, source_of
from .session import Session, shared

_MOST_MODELS = 2


@click.command()
@click.argument("jobs", nargs=-1, metavar="[JOB] [JOB]")
@click.option("--model", "models", metavar="PATH", multiple=True, type=MODEL, help=f"Beside or instead of a run; repeatable: {KINDS}")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("outputs/explorer.html"),
    help="[default: outputs/explorer.html]",
)
@click.option("--words", type=click.IntRange(5, 100_000), default=10_000, help="How many of the most frequent words [default: 10000].")
@click.option("--force/--no-force", default=True, help="Replace an existing page [default: replace].")
@shared
def explore(session: Session, *, jobs: tuple[str, ...], models: tuple[Path, ...], output: Path, words: int, force: bool) -> None:
    """Make a page to walk through the words of one model or two.

    One file that needs no network: a map to zoom and to search, the nearest words of every word, clusters, and between two models what
    changed. Without a run and without --model it shows the newest completed run. 10,000 words take about half a minute, 50,000 two.
    """
    if len(jobs) + len(models) > _MOST_MODELS:
        raise click.UsageError(f"{len(jobs) + len(models)} models are named, and a page shows one or two. Make a page for each pair.")
    refuse_existing(output, force=force)
    found = list(_models(session, jobs, models))
    out = session.output
    vectors = [model for _, model in found]
    with out.progress("Laying out the words", explorer.steps(vectors, words), of_bytes=False) as advance:
        shown = explorer.explore(found, words, advance)
    page = explorer_page.page(shown).encode()
    with atomic_file(output) as stream:
        stream.write(page)
    result = {
        "path": output,
        "bytes": len(page),
        "models": [{"name": side.name, "words": len(side.words), "total": side.total} for side in shown.sides],
        "clusters": shown.clusters,
        "changed": shown.changed,
    }
    out.result(result, lambda: out.text(str(output)))
    words_shown = " and ".join(count(len(side.words), "words") for side in shown.sides)
    out.done(f"{words_shown} on a page of {size(len(page))}: open it in a browser")


def _models(session: Session, jobs: tuple[str, ...], models: tuple[Path, ...]) -> Iterator[tuple[str, Vectors]]:
    """The models with their names: runs first."""
    named = [(job, None) for job in jobs or ((None,) if not models else ())]
    for job, path in [*named, *((None, path) for path in models)]:
        source = source_of(session, job, path)
        yield source.name, source.vectors
