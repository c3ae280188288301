"""`blazingtext mlflow`."""

from __future__ import annotations

import os

import click

from blazingtext_lifecycle.plurals import count

from .session import Session, shared

# MLflow sends its makers figures about its use, and tries for minutes to reach a server that is not there; whoever wants that sets these.
_ENVIRONMENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3"}


@click.command()
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option(
    "--tracking-uri", metavar="URI", help="A server's URL, or the ARN of SageMaker's [default: the environment's MLFLOW_TRACKING_URI]."
)
@click.option("--experiment", metavar="NAME", help="MLflow's experiment [default: the stage's, blazingtext-STAGE].")
@click.option("--limit", "-n", type=click.IntRange(1, 100), default=10, help="Without JOB: among how many of the latest [default: 10].")
@shared
def mlflow(session: Session, *, jobs: tuple[str, ...], tracking_uri: str | None, experiment: str | None, limit: int) -> None:
    """Log training jobs that have ended to MLflow, each once.

    JOB is a training job of the stage [default: the latest that have ended]. Hyperparameters and instances become parameters; scores,
    times and what the log has over time become metrics; corpus and its hash, image, cost, commit and the model's S3 address become tags.
    What MLflow has already stays as it is.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    out = session.output
    with out.waiting("Logging runs"):
        found = session.client.log_to_mlflow(jobs, tracking_uri=tracking_uri, experiment=experiment, limit=limit)
    out.result(found, lambda: out.table(("job", "MLflow run", ""), [each.row for each in found]) if found else None)
    created = sum(each.created for each in found)
    if found:
        out.done(f"{count(created, 'runs')} logged" + (f"; {len(found) - created} were there" if created < len(found) else ""))
    else:
        out.say("No training job has ended yet.")
        out.next(session.command("runs"))
