"""`blazingtext verify`."""

from __future__ import annotations

from collections.abc import Callable

import click

from blazingtext_lifecycle.live_model import EndpointState

from ..serving.changes import Change
from ..serving.verification import Verification
from .session import Session, shared


@click.command()
@click.option("--repair", is_flag=True, help="First make them agree: the endpoint is removed and created again, within minutes.")
@shared
def verify(session: Session, repair: bool) -> int:
    """Check that what answers is what the serving stack says.

    Endpoint, configuration, model and artifact are compared with the stack, and one prediction is asked for. The exit code is 1 when
    something does not agree. SageMaker may have gone back to the former model without CloudFormation noticing; --repair then makes the
    model that answers the live one. It also mends an endpoint whose configuration or model somebody has deleted.
    """
    out = session.output
    if repair:
        with out.waiting("Comparing the endpoint with its stack") as on_progress:
            done = _repair(session, on_progress)
        out.say(_repaired(done) if done.changed else "Nothing to repair.")
    with out.waiting("Comparing the endpoint with its stack"):
        found = session.client.verify()
    out.result(found, lambda: _show(session, found))
    for problem in found.problems:
        out.warn(problem)
    if found.problems:
        out.next(session.command("verify --repair" if found.repairable else "promote <job>"))
        return 1
    out.done(
        f"{found.endpoint} serves {found.live}, as its stack says" if found.status else f"{found.endpoint} is paused, as its stack says"
    )
    return 0


def _repair(session: Session, on_progress: Callable[[str], None]) -> Change:
    """Makes endpoint and stack agree; an interruption says what is left to do."""
    try:
        return session.client.repair(on_progress)
    except KeyboardInterrupt:
        session.output.say("\nThe update that has begun goes on by itself. The endpoint may be gone after it; a rollback brings it back.")
        session.output.next(session.command("status --wait"), session.command("rollback"))
        raise


def _repaired(done: Change) -> str:
    paused = done.state == EndpointState.PAUSED
    return f"{done.live} is live again, and still paused." if paused else f"{done.endpoint} was created again; {done.live} is live."


def _show(session: Session, found: Verification) -> None:
    session.output.table(("", ""), found.rows(), title=f"stage {session.stage}")
