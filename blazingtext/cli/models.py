"""`blazingtext models`: list, approve, reject."""

from __future__ import annotations

import click

from blazingtext_lifecycle.model_registry import ApprovalStatus

from ..serving.models import Judged, Model, Models
from .options import Command
from .session import Session, shared

_WIDE = 100


@click.group()
def models() -> None:
    """List the models that can be live; approve or reject them."""


@models.command(name="list")
@click.option("--limit", "-n", type=click.IntRange(1, 100), default=10, help="How many [default: 10].")
@shared
def list_(session: Session, limit: int) -> None:
    """List the models that can be live, newest first.

    Those are the versions in the stage's model registry, or its completed runs where nobody has to approve models. The score is mean_rho of
    word vectors, accuracy of a classifier; * marks the live model, - the one that a rollback goes to.
    """
    out = session.output
    with out.waiting("Listing the models"):
        found = session.client.models(limit)
    out.result(found, lambda: _show(session, found))
    if not found.models:
        out.say("There are no models yet.")
        out.next(session.command("train --corpus <name> --watch"))
        return
    pending = [each for each in found.models if each.approval == ApprovalStatus.PENDING]
    if pending:
        out.next(session.command(f"models approve {pending[0].version}"))


def _show(session: Session, found: Models) -> None:
    """As many columns as fit next to the names of the runs, which are never cut."""
    if not found.models:
        return
    columns = ["", *(["version"] if found.group else []), "job", "score", *(["approval"] if found.group else [])]
    rows = [_row(each, registry=bool(found.group)) for each in found.models]
    if session.output.out.width >= _WIDE:
        columns.append("created")
        rows = [[*row, each.row[3]] for row, each in zip(rows, found.models, strict=True)]
    session.output.table(columns, rows, right=(1, 3) if found.group else (2,), title=found.group)
    reasons = [(str(each.version), each.comment) for each in found.models if each.comment]
    if reasons:
        session.output.out.print()
        session.output.table(("version", "why"), reasons, right=(0,))


def _row(model: Model, *, registry: bool) -> list[str]:
    mark, made_by, score, _ = model.row
    return [mark, str(model.version), made_by, score, model.approval] if registry else [mark, made_by, score]


@models.command()
@click.argument("job")
@shared
def register(session: Session, job: str) -> None:
    """Give a completed run a version in the stage's model registry.

    Runs get one when they complete; this is for one of a tuning job, one from before models needed approval, or one whose version was
    deleted. What the gate refuses is registered as Rejected.
    """
    out = session.output
    with out.waiting(f"Registering {job}"):
        found = session.client.register(job)
    out.result(found, lambda: out.text(str(found.number)))
    out.done(f"{found.job} is version {found.number}, {found.approval}")
    if found.approval != ApprovalStatus.APPROVED:
        out.next(session.command(f"models approve {found.number}"))


def _deciding(command: Command) -> Command:
    command = click.option("--comment", metavar="TEXT", help="Why, kept with the version.")(command)
    return click.argument("version")(command)


@models.command()
@_deciding
@shared
def approve(session: Session, version: str, comment: str | None) -> None:
    """Approve a version, so that it may be live.

    VERSION is a number in the stage's model registry, or the name of its run. A version that is newer than what was promoted goes live by
    itself, within a minute; an older one stays out, until it is promoted or rolled back to.
    """
    done = session.client.approve(version, "" if comment is None else comment)
    session.output.result(done, lambda: session.output.text(done.job))
    _say(session, done)
    if done.goes_live:
        session.output.next(session.command(f"status --live {done.job}"))
    elif not done.live:
        session.output.next(session.command(f"rollback --to {done.version}"))


@models.command()
@_deciding
@shared
def reject(session: Session, version: str, comment: str | None) -> None:
    """Reject a version, so that it does not go live.

    VERSION is a number in the stage's model registry, or the name of its run. A version that is live stays live.
    """
    done = session.client.reject(version, "" if comment is None else comment)
    session.output.result(done, lambda: session.output.text(done.job))
    _say(session, done)
    if done.live:
        session.output.warn(f"{done.job} is live, and stays so: a rejection takes nothing out of service.")
        session.output.next(session.command("rollback"))


def _say(session: Session, done: Judged) -> None:
    becomes = "; it goes live within a minute" if done.goes_live else ""
    session.output.done(f"version {done.version} ({done.job or 'no run'}) is {done.approval}{becomes}")
