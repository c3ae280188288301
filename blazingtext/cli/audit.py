"""`blazingtext audit`."""

from __future__ import annotations

import click

from ..audit import Audit
from ..stages import cdk_command
from .output import count
from .session import Session, shared


@click.command()
@shared
def audit(session: Session) -> int:
    """List what of the stage still exists; exit 0 if nothing does.

    The exit code is 1 when something is left. Every service is asked for resources with the stage's exact name or tags. What
    `cdk bootstrap` created is shared by all stages: it is shown, but not counted.
    """
    out = session.output
    with out.waiting("Looking for resources") as on_progress:
        found = session.client.audit(on_progress)
    out.result(found, lambda: _show(session, found))
    for each in found.bootstrap:
        out.say(f"not counted, shared by all stages: {each.kind} {each.name}" + (f" ({each.detail})" if each.detail else ""))
    if not found.left:
        out.done(f"nothing is left of stage {found.stage} in {found.region}: {', '.join(found.looked_at)}")
        return 0
    bills = [each for each in found.left if each.bills]
    out.warn(f"{count(len(found.left), 'resources')} of stage {found.stage} still exist; {len(bills)} of them may cost money.")
    out.next(cdk_command("destroy", found.stage))
    return 1


def _show(session: Session, found: Audit) -> None:
    if found.left:
        rows = [(each.kind, each.name, "bills" if each.bills else "", each.detail) for each in found.left]
        session.output.table(("what", "name", "", ""), rows)
