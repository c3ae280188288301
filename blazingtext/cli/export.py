"""`blazingtext export`: a model's vectors for other programs, whole or smaller."""

from __future__ import annotations

from pathlib import Path

import click

from blazingtext_lifecycle.plurals import count

from ..figures import size
from ..vectors import exports
from ..vectors.exports import Export
from .model_source import KINDS, MODEL, vectors_of
from .output import Output
from .session import Session, shared


@click.command()
@click.argument("job", required=False)
@click.option("--model", metavar="PATH", type=MODEL, help=f"Instead of a run: {KINDS}")
@click.option("--format", "kind", type=click.Choice(list(exports.NAMES)), default="word2vec", help="[default: word2vec]")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The file, or the projector's folder; without it, in outputs/.")
@click.option("--top", type=click.IntRange(1), metavar="N", help="Only the N most frequent words.")
@click.option("--force/--no-force", default=True, help="Replace existing files [default: replace].")
@shared
def export(session: Session, *, job: str | None, model: Path | None, kind: str, output: Path | None, top: int | None, force: bool) -> None:
    """Write a run's word vectors for other programs.

    JOB is a run, or 'live' for the one whose model is live; without it, the newest completed. projector is a folder for TensorBoard's
    embedding projector, fp16 and int8 are compressed files of NumPy that --model reads, too. Where something is lost, by rounding or
    with --top, the loss in WordSim-353 is said.
    """
    vectors = vectors_of(session, job, model)
    path = Path("outputs") / exports.NAMES[kind] if output is None else output
    out = session.output
    with out.waiting(f"Writing {count(len(vectors), 'words')}"):
        found = exports.export(vectors, path, kind, top=top, force=force)
    out.result(found, lambda: _show(out, found))
    _say(out, found)
    if kind == "projector":
        out.next(f"tensorboard --logdir {path}")
    elif kind in {"word2vec", "fp16", "int8"}:
        out.next(session.command(f"neighbors --model {path} WORD"))


def _show(out: Output, found: Export) -> None:
    for path in found.paths:
        out.text(str(path))


def _say(out: Output, found: Export) -> None:
    if found.before is not None and found.after is not None:
        known = [f"{score.rho:.4f} on {score.pairs - score.not_found} pairs" for score in (found.before, found.after)]
        change = round(found.after.rho - found.before.rho, 4) + 0.0
        out.say(f"WordSim-353: rho {known[0]} before, {known[1]} in the file ({change:+.4f}).")
    out.done(f"{count(found.words, 'words')}, {size(found.bytes)}")
