"""`blazingtext preflight`."""

from __future__ import annotations

from pathlib import Path

import click

from blazingtext_lifecycle.plurals import count

from ..preflight import plan
from ..preflight.checks import Outcome
from ..preflight.preflight import Preflight
from ..stages import cdk_command
from .session import Session, shared


@click.command()
@click.option("--training-instance-type", metavar="TYPE", help="What jobs train on [default: the stage's file's].")
@click.option("--endpoint-instance-type", metavar="TYPE", help="What the endpoint runs on [default: the stage's file's].")
@shared
def preflight(session: Session, training_instance_type: str | None, endpoint_instance_type: str | None) -> int:
    """Check everything that a deployment needs; nothing is created.

    Credentials, region and instance types, the CDK's bootstrap, quotas, and permissions by simulation. A line ends in ok, problem
    or "could not be read". The exit code is 2 when there is a problem; its line says what to request or to run.
    """
    wanted = plan.of_stage(session.stage, Path(plan.FOLDER), training_type=training_instance_type, endpoint_type=endpoint_instance_type)
    out = session.output
    with out.waiting("Looking at the account") as on_progress:
        found = session.client.preflight(wanted, on_progress)
    out.result(found, lambda: _show(session, found))
    if found.problems:
        out.warn(f"{count(len(found.problems), 'problems')} to deal with before stage {found.stage} is deployed.")
        return 2
    unread = sum(check.outcome is Outcome.UNKNOWN for check in found.checks)
    out.done("nothing speaks against a deployment" + (f"; {count(unread, 'checks')} could not be read" if unread else ""))
    out.next(cdk_command("deploy", found.stage))
    return 0


def _show(session: Session, found: Preflight) -> None:
    """A check a line, never cut: some hold a command to copy."""
    for check in found.checks:
        session.output.text(f"{check.outcome.value:<17}  {check.what}: {check.said}")
        if check.remedy:
            session.output.text(f"{'':<17}  -> {check.remedy}")
