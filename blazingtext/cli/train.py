"""`blazingtext train`: every hyperparameter is an option."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from blazingtext_lifecycle.combinations import MODES

from ..runs.training_jobs import Run
from .costs import of_job
from .job_options import chosen, hyperparameter_options, job_options, order_of
from .job_start import JobStart
from .session import Session, shared
from .training_display import watch_to_the_end


@click.command()
@click.option("--corpus", required=True, metavar="NAME", help="An uploaded corpus.")
@click.option("--mode", type=click.Choice(sorted(MODES)), help="[default: the stage's, batch_skipgram]")
@hyperparameter_options
@job_options
@click.option("--watch", is_flag=True, help="Show its log until it has ended. Ctrl-C leaves the job running.")
@shared
def train(session: Session, corpus: str, mode: str | None, watch: bool, **options: Any) -> None:
    """Start a training job through the launcher function.

    The request is checked before it costs anything. The same request with the same data gets the same job; with --name, the job of that
    name, which no other request can have then.
    """
    order = order_of(corpus, mode, chosen(options), options)
    client = session.client
    JobStart(
        noun="job",
        launch=lambda dry_run: client.launch(dataclasses.replace(order, dry_run=dry_run)),
        price=lambda checked: of_job(checked.cost),
        failure=lambda job: _failure(client.run(job)),
        watch=watch_to_the_end,
        follow="logs {} --follow",
    ).run(session, dry_run=order.dry_run, watch=watch)


def _failure(run: Run) -> str:
    return f"failed. SageMaker says: {run.failure}" if run.failure else f"is {run.status} ({run.phase})."
