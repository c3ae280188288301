"""`blazingtext neighbors`, `analogy`, `evaluate` and `map`: a run's vectors, inspected on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from blazingtext_lifecycle import naming

from ..runs.artifacts import Artifact
from ..runs.local_models import open_model
from ..vectors import evaluation, reading
from ..vectors.evaluation import Evaluation, Score
from ..vectors.word_vectors import Neighbor, Vectors, query_terms
from .options import Command
from .output import Output
from .output import count as _count
from .session import Session, shared


def _model_options(command: Command) -> Command:
    job = click.option("--job", metavar="JOB", help="The run, or 'live' for the one whose model is live [default: the newest completed].")
    model = click.option(
        "--model",
        metavar="PATH",
        type=click.Path(path_type=Path, exists=True),
        help="Instead of a run: a folder or model.tar.gz of BlazingText, a .bin of fastText, or word2vec's text format.",
    )
    return job(model(command))


def _artifact(session: Session, job: str | None) -> Artifact:
    """A run's files, with a progress bar during the download."""
    with session.output.download("Downloading the model") as on_size:
        return session.client.artifact(job, on_size=on_size)


def _vectors(session: Session, job: str | None, model: Path | None) -> Vectors:
    if model is not None:
        _refuse_both(job)
        with session.output.progress("Reading vectors", None) as advance:
            return open_model(model, advance)
    path = _artifact(session, job).path("vectors.txt")
    with session.output.progress("Reading vectors", path.stat().st_size) as advance:
        return reading.load(path, advance)


def _refuse_both(job: str | None) -> None:
    if job is not None:
        raise click.UsageError("--model and --job are two models. Name one of them.")


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
@_model_options
@shared
def neighbors(
    session: Session, *, words: tuple[str, ...], count: int, top: int | None, min_count: int | None, job: str | None, model: Path | None
) -> None:
    """Show the words most similar to given words, or to a sum of words.

    For example: blazingtext neighbors king - man + woman. A word outside the vocabulary has the vector of its character n-grams, if
    the run was trained with subwords. Words without a vector are named on stderr; when none has one, the exit code is 2.
    """
    found = _vectors(session, job, model)
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


def _say_made(out: Output, made: Sequence[str]) -> None:
    for word in made:
        out.say(f'"{word}" is not in the vocabulary: its vector is made of its character n-grams.')


def _queries(words: tuple[str, ...]) -> tuple[str, ...]:
    """What neighbours are asked of: every word, or the one sum that they make with the signs between them."""
    return (" ".join(words),) if {"+", "-"}.intersection(words[1::2]) and len(words) > 2 else words


def _show_neighbors(session: Session, near: dict[str, list[Neighbor]]) -> None:
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
@_model_options
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

    For example: blazingtext analogy man king woman. It is the sum king - man + woman.
    """
    vectors = _vectors(session, job, model)
    found = vectors.analogy(first, second, third, count, top=_among(vectors, top, min_count))
    out = session.output
    rows = [(each.word, f"{each.similarity:.3f}") for each in found]
    out.result(found, lambda: out.table((f"{first} : {second} = {third} :", "similarity"), rows, right=(1,)))
    _say_made(out, [word for word in (first, second, third) if word not in vectors])


@click.command()
@_model_options
@click.option("--compute", is_flag=True, help="Compute it here, even if the run has its own scores.")
@click.option(
    "--pairs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of your own word pairs (word, word, score per line); repeatable.",
)
@click.option("--vocabulary-only", is_flag=True, help="Leave words outside the vocabulary out, as the container does.")
@shared
def evaluate(
    session: Session, *, job: str | None, model: Path | None, compute: bool, pairs: tuple[Path, ...], vocabulary_only: bool
) -> None:
    """Score a run's vectors against human judgement (WordSim-353).

    The score is Spearman's rank correlation between human similarity scores of word pairs and the cosine. mean_rho is what BlazingText
    reports as train:mean_rho; about 0.7 is good, and WordSim-353 is English. Computed here, a word outside the vocabulary has the vector
    of its character n-grams, if the run was trained with subwords.
    """
    found = _evaluated(session, job, model, compute=compute, pairs=pairs, ngrams=not vocabulary_only)
    rows = [(score.name, f"{score.rho:.4f}", _found(score)) for score in found.scores]
    rows.append(("mean_rho", f"{found.mean_rho:.4f}", ""))
    out = session.output
    out.result(found, lambda: out.table(("pairs", "rho", "found"), rows, title=found.source, right=(1, 2)))
    for score in found.scores:
        if score.skipped:
            number, line = score.skipped[0]
            out.warn(
                f'{score.name}: {_count(len(score.skipped), "lines")} without a word pair left out, the first is line {number}: "{line}".'
            )
    out.next(session.command("neighbors music"))


def _evaluated(
    session: Session, job: str | None, model: Path | None, *, compute: bool, pairs: tuple[Path, ...], ngrams: bool
) -> Evaluation:
    """The container's scores of a run where they are what is asked for, else computed here."""
    if model is not None:
        return evaluation.evaluate(_vectors(session, job, model), pairs, source=str(model), ngrams=ngrams)
    artifact = _artifact(session, job)
    run = naming.job_of_artifact(artifact.uri)
    if "eval.json" in artifact.files and not compute and not pairs:
        return evaluation.read_eval_json(artifact.path("eval.json"), source=f"{run}: its eval.json")
    return evaluation.evaluate(_vectors(session, job, None), pairs, source=f"{run}: computed from vectors.txt", ngrams=ngrams)


def _found(score: Score) -> str:
    made = f", {score.of_ngrams} by n-grams" if score.of_ngrams else ""
    return f"{score.pairs - score.not_found} of {score.pairs}{made}"


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
@_model_options
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

    found = _vectors(session, job, model)
    out = session.output
    with out.waiting(f"Drawing {words} words"):
        drawn = word_map.draw(found, output, word_map.Look(words, seed, stop_words, title, own), force=force)
    out.result(drawn, lambda: out.text(str(drawn.path)))
    if drawn.without_font:
        out.warn(
            f"{_count(len(drawn.without_font), 'words')} are drawn as boxes, such as {drawn.without_font[0]}: no font installed here has "
            "their characters. Install one, for instance Noto Sans CJK, and remove Matplotlib's font cache (matplotlib.get_cachedir())."
        )
    out.done(f"{len(drawn.words)} words in {max(drawn.clusters) + 1} clusters")
