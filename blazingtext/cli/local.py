"""`blazingtext local`: the engine on this machine, without AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from blazingtext_lifecycle.combinations import BATCH_SKIPGRAM, MODES

from ..figures import duration
from ..runs import local_training
from .job_options import chosen, hyperparameter_options
from .model_source import KINDS, MODEL
from .session import Session, shared
from .training_display import TrainingBar

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def local() -> None:
    """Train on this machine, without AWS."""


@local.command()
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...", type=_FILE)
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="The folder to make for the model.")
@click.option("--validation", multiple=True, type=_FILE, help="Labelled text to validate a classifier on; repeatable.")
@click.option("--mode", type=click.Choice(sorted(MODES)), default=BATCH_SKIPGRAM, help=f"[default: {BATCH_SKIPGRAM}]")
@hyperparameter_options
@click.option("--from", "initial", metavar="PATH", type=MODEL, help=f"Start from the vectors of a model, not from random ones: {KINDS}")
@click.option("--threads", type=click.IntRange(1, 256), metavar="N", help="Threads that train; without it, every processor does.")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="With one thread, the same seed gives the same bytes.")
@shared
def train(
    session: Session,
    *,
    texts: tuple[Path, ...],
    output: Path,
    validation: tuple[Path, ...],
    mode: str,
    initial: Path | None,
    threads: int | None,
    seed: int | None,
    **options: Any,
) -> None:
    """Train a model from text, one sentence a line.

    Hyperparameters, checks, log lines and files are those of SageMaker, --from, --threads and --seed are not. For example:
    blazingtext local train corpus.txt -o model --mode skipgram --subwords true.

    With --from, the words of that model start from their vectors and stay in the vocabulary, however rare they are in the text; the other
    words start from random ones. A classifier learns from less text when it starts from vectors of much text.
    """
    out = session.output
    with TrainingBar(out) as bar:
        bar.phase("Training")
        found = local_training.train(
            texts,
            output,
            mode=mode,
            hyperparameters=chosen(options),
            validation=validation,
            threads=threads,
            seed=seed,
            initial=initial,
            on_line=bar.line,
        )
    for warning in found.warnings:
        out.warn(warning)
    rows = [
        ("model", str(found.folder)),
        ("files", ", ".join(found.files)),
        *((name, f"{value:.4f}") for name, value in found.metrics.items()),
    ]
    out.result(found, lambda: out.table(("", ""), rows))
    out.done(f"trained in {duration(found.seconds)}")
    if "vectors.txt" in found.files:
        out.next(session.command(f"neighbors --model {found.folder} WORD"))
    else:
        out.next(session.command(f"predict --model {found.folder} TEXT"))
