"""`blazingtext neighbors`, `analogy` and `map`: a run's vectors, inspected on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from blazingtext_lifecycle.plurals import count as _count

from ..vectors.queries import as_prepared
from ..vectors.word_vectors import Neighbor, Vectors, query_terms
from .model_source import model_options, source_of
from .options import Command
from .output import Output, first_of
from .session import Session, shared


def _among_options(command: Command) -> Command:
    top = click.option("--top", type=click.IntRange(1), metavar="N", help="Look only among the N most frequent words.")
    least = click.option(
        "--min-count", type=click.IntRange(1), metavar="N", help="Look only among words that the corpus has N times; needs vectors.bin."
    )
    return top(least(command))


def _among(found: Vectors, top: int | None, min_count: int | None) -> int | None:
    """Among how many of the most frequent words is looked; None for all."""
    frequent = len(found) if min_count is None else found.most_frequent(min_count)
    return min(frequent, len(found) if top is None else top)


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option("-n", "--count", type=click.IntRange(1), default=10, help="How many [default: 10].")
@_among_options
@model_options
@shared
def neighbors(
    session: Session, *, words: tuple[str, ...], count: int, top: int | None, min_count: int | None, job: str | None, model: Path | None
) -> None:
    """Show the words most similar to given words, or to a sum of words.

    For example: blazingtext neighbors king - man + woman. A word outside the vocabulary has the vector of its character n-grams, if
    the run was trained with subwords. Words without a vector are named on stderr; when none has one, the exit code is 2. A word that the
    model does not know is looked up as the corpus has it ("King" as "king"), when the run or the model's folder has its recipe.
    """
    found, words = _looked_up(session, words, job, model)
    queries = _queries(words)
    # When none has a vector, the first says why.
    known = [query for query in queries if all(found.has_vector(word) for _, word in query_terms(query))] or queries[:1]
    among = _among(found, top, min_count)
    near = {query: found.neighbors(query, count, top=among) for query in known}
    without = [query for query in queries if query not in near]
    made = [word for query in known for _, word in query_terms(query) if word not in found]
    out = session.output
    out.result({"neighbors": near, "unknown": without, "of_ngrams": made}, lambda: _show_neighbors(session, near))
    _say_made(out, made)
    for word in without:
        out.warn(found.why_unknown(word))
    out.next(session.command("map"))


def _looked_up(session: Session, words: tuple[str, ...], job: str | None, model: Path | None) -> tuple[Vectors, tuple[str, ...]]:
    """A model's vectors, and words as its corpus has them, which is told of those that change."""
    source = source_of(session, job, model)
    lookup = as_prepared(words, source.vectors, source.recipe)
    for word, prepared in lookup.changed.items():
        session.output.say(f'"{word}" is looked up as "{prepared}", as the corpus was prepared.')
    return source.vectors, lookup.words


def _say_made(out: Output, made: Sequence[str]) -> None:
    for word in made:
        out.say(f'"{word}" is not in the vocabulary: its vector is made of its character n-grams.')


def _queries(words: tuple[str, ...]) -> tuple[str, ...]:
    """What neighbours are asked of: every word, or the one sum that they make with the signs between them."""
    return (" ".join(words),) if {"+", "-"}.intersection(words[1::2]) and len(words) > 2 else words


def _show_neighbors(session: Session, near: Mapping[str, Sequence[Neighbor]]) -> None:
    """One column per word, as many as fit next to each other."""
    out = session.output
    words = list(near)
    columns = max(1, out.out.width // 26)
    for start in range(0, len(words), columns):
        shown = words[start : start + columns]
        rows = [[f"{each.similarity:.3f} {each.word}" for each in row] for row in zip(*(near[word] for word in shown), strict=True)]
        out.table(shown, rows)


@click.command()
@click.argument("first")
@click.argument("second")
@click.argument("third")
@click.option("-n", "--count", type=click.IntRange(1), default=5, help="How many [default: 5].")
@_among_options
@model_options
@shared
def analogy(
    session: Session,
    *,
    first: str,
    second: str,
    third: str,
    count: int,
    top: int | None,
    min_count: int | None,
    job: str | None,
    model: Path | None,
) -> None:
    """Show what is to THIRD as SECOND is to FIRST.

    For example: blazingtext analogy man king woman. It is the sum king - man + woman. Words are looked up as `neighbors` does.
    """
    vectors, (first, second, third) = _looked_up(session, (first, second, third), job, model)
    found = vectors.analogy(first, second, third, count, top=_among(vectors, top, min_count))
    out = session.output
    rows = [(each.word, f"{each.similarity:.3f}") for each in found]
    out.result(found, lambda: out.table((f"{first} : {second} = {third} :", "similarity"), rows, right=(1,)))
    _say_made(out, [word for word in (first, second, third) if word not in vectors])


@click.command("map")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("outputs/map.png"),
    help="[default: outputs/map.png]; .svg and .pdf work too",
)
@click.option("--words", type=click.IntRange(5, 2000), default=300, help="How many words [default: 300].")
@click.option("--word", "own", multiple=True, metavar="WORD", help="A word to draw beside them; repeatable.")
@click.option("--stop-words", is_flag=True, help="Show function words (the, of, and ...) too.")
@click.option("--seed", type=click.IntRange(0), default=1, help="Random seed [default: 1].")
@click.option("--title", default="", help="Title of the picture.")
@click.option("--force/--no-force", default=True, help="Replace an existing picture [default: replace].")
@model_options
@shared
def map_(
    session: Session,
    *,
    output: Path,
    words: int,
    own: tuple[str, ...],
    stop_words: bool,
    seed: int,
    title: str,
    force: bool,
    job: str | None,
    model: Path | None,
) -> None:
    """Draw the most frequent words, similar ones near each other.

    t-SNE of the vectors' cosine, coloured by k-means; the same model and seed give the same map. Words of your own (--word) may be
    outside the vocabulary, if the run was trained with subwords.
    """
    from ..vectors import word_map  # noqa: PLC0415 - Matplotlib takes a second to load

    source = source_of(session, job, model)
    out = session.output
    with out.waiting(f"Drawing {words} words"):
        drawn = word_map.draw(source.vectors, output, word_map.Look(words, seed, stop_words, title, own, source.name), force=force)
    out.result(drawn, lambda: out.text(str(drawn.path)))
    if drawn.without_font:
        out.warn(
            f"{_count(len(drawn.without_font), 'words', 'have')} characters that no font installed here has, drawn as boxes: "
            f"{first_of(drawn.without_font)}. Install a font that has them, for instance Noto Sans CJK, and remove Matplotlib's font cache "
            "(matplotlib.get_cachedir())."
        )
    out.done(f"{_count(len(drawn.words), 'words')} in {_count(max(drawn.clusters) + 1, 'clusters')}")
