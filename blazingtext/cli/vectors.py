"""`blazingtext neighbors`, `analogy`, `evaluate` and `map`: a run's vectors, inspected on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import UserError

from ..runs.artifacts import Artifact
from ..vectors import evaluation, word_vectors
from ..vectors.word_vectors import Neighbor, Vectors
from .options import Command
from .output import count as _count
from .session import Session, shared


def _job_option(command: Command) -> Command:
    return click.option("--job", metavar="JOB", help="The run, or 'live' for the one whose model is live [default: the newest completed].")(
        command
    )


def _artifact(session: Session, job: str | None) -> Artifact:
    """A run's files, with a progress bar during the download."""
    with session.output.download("Downloading the model") as on_size:
        return session.client.artifact(job, on_size=on_size)


def _vectors(session: Session, job: str | None) -> Vectors:
    path = _artifact(session, job).path("vectors.txt")
    with session.output.progress("Reading vectors", path.stat().st_size) as advance:
        return word_vectors.load(path, advance)


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option("-n", "--count", type=click.IntRange(1), default=10, help="How many [default: 10].")
@_job_option
@shared
def neighbors(session: Session, words: tuple[str, ...], count: int, job: str | None) -> None:
    """Show the words most similar to given words.

    Words that the model does not know are named on stderr; when it knows none, the exit code is 2.
    """
    found = _vectors(session, job)
    known = [word for word in words if word in found]
    if not known:
        found.row(words[0])
    near = {word: found.neighbors(word, count) for word in known}
    out = session.output
    unknown = found.unknown(words)
    out.result({"neighbors": near, "unknown": unknown}, lambda: _show_neighbors(session, near))
    for word in unknown:
        out.warn(_why_unknown(found, word))
    out.next(session.command("map"))


def _why_unknown(found: Vectors, word: str) -> str:
    try:
        found.row(word)
    except UserError as error:
        return str(error)
    return ""


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
@_job_option
@shared
def analogy(session: Session, *, first: str, second: str, third: str, count: int, job: str | None) -> None:
    """Show what is to THIRD as SECOND is to FIRST.

    For example: blazingtext analogy man king woman.
    """
    found = _vectors(session, job).analogy(first, second, third, count)
    rows = [(each.word, f"{each.similarity:.3f}") for each in found]
    session.output.result(found, lambda: session.output.table((f"{first} : {second} = {third} :", "similarity"), rows, right=(1,)))


@click.command()
@_job_option
@click.option("--compute", is_flag=True, help="Compute it here, even if the run has its own scores.")
@click.option(
    "--pairs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of your own word pairs (word, word, score per line); repeatable.",
)
@shared
def evaluate(session: Session, job: str | None, compute: bool, pairs: tuple[Path, ...]) -> None:
    """Score a run's vectors against human judgement (WordSim-353).

    The score is Spearman's rank correlation between human similarity scores of word pairs and the cosine. mean_rho is what BlazingText
    reports as train:mean_rho; about 0.7 is good, and WordSim-353 is English.
    """
    artifact = _artifact(session, job)
    run = naming.job_of_artifact(artifact.uri)
    if "eval.json" in artifact.files and not compute and not pairs:
        found = evaluation.read_eval_json(artifact.path("eval.json"), source=f"{run}: its eval.json")
    else:
        found = evaluation.evaluate(_vectors(session, job), pairs, source=f"{run}: computed from vectors.txt")
    rows = [(score.name, f"{score.rho:.4f}", f"{score.pairs - score.not_found} of {score.pairs}") for score in found.scores]
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


@click.command("map")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("outputs/map.png"),
    help="[default: outputs/map.png]; .svg and .pdf work too",
)
@click.option("--words", type=click.IntRange(5, 2000), default=300, help="How many words [default: 300].")
@click.option("--stop-words", is_flag=True, help="Show function words (the, of, and ...) too.")
@click.option("--seed", type=click.IntRange(0), default=1, help="Random seed [default: 1].")
@click.option("--title", default="", help="Title of the picture.")
@click.option("--force/--no-force", default=True, help="Replace an existing picture [default: replace].")
@_job_option
@shared
def map_(session: Session, *, output: Path, words: int, stop_words: bool, seed: int, title: str, force: bool, job: str | None) -> None:
    """Draw the most frequent words, similar ones near each other.

    t-SNE of the vectors' cosine, coloured by k-means; the same model and seed give the same map.
    """
    from ..vectors import word_map  # noqa: PLC0415 - Matplotlib takes a second to load

    found = _vectors(session, job)
    out = session.output
    with out.waiting(f"Drawing {words} words"):
        drawn = word_map.draw(found, output, word_map.Look(words, seed, stop_words, title), force=force)
    out.result(drawn, lambda: out.text(str(drawn.path)))
    if drawn.without_font:
        out.warn(
            f"{_count(len(drawn.without_font), 'words')} are drawn as boxes, such as {drawn.without_font[0]}: no font installed here has "
            "their characters. Install one, for instance Noto Sans CJK, and remove Matplotlib's font cache (matplotlib.get_cachedir())."
        )
    out.done(f"{len(drawn.words)} words in {max(drawn.clusters) + 1} clusters")
