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

    The exit code is 1 when something is left. Asked are the services themselves, by exact name and by exact tag. What
    `cdk bootstrap` made serves all stages: it is shown, and not counted.
    """
    out = session.output
    with out.waiting("Looking") as tell:
        found = session.client.audit(tell)
    out.result(found, lambda: _show(session, found))
    for each in found.bootstrap:
        out.say(f"bootstrap, not counted: {each.kind} {each.name}" + (f" ({each.detail})" if each.detail else ""))
    if not found.left:
        out.done(f"nothing is left of stage {found.stage} in {found.region}: {', '.join(found.looked_at)}")
        return 0
    bills = [each for each in found.left if each.bills]
    out.warn(f"{count(len(found.left), 'things')} of stage {found.stage} exist, {len(bills)} of them may cost money.")
    out.next(cdk_command("destroy", found.stage))
    return 1


def _show(session: Session, found: Audit) -> None:
    if found.left:
        rows = [(each.kind, each.name, "bills" if each.bills else "", each.detail) for each in found.left]
        session.output.table(("what", "name", "", ""), rows)
