"""`blazingtext audit`."""

from __future__ import annotations

import click

from ..audit import Audit
from ..stages import cdk_command
from .output import count
from .session import Session, shared


@click.command()
@click.option("--in", "regions", metavar="REGION", multiple=True, help="Look in this region and no other; repeatable.")
@shared
def audit(session: Session, regions: tuple[str, ...]) -> int:
    """List what of the stage still exists; exit 0 if nothing does.

    The exit code is 1 when something is left. Every service is asked for resources with the stage's exact name or tags: in the chosen
    region, and in every other one with a trace of the stage. What `cdk bootstrap` created is shared by all stages: it is shown, but not
    counted.
    """
    out = session.output
    with out.waiting("Looking for resources") as on_progress:
        found = session.client.audit(on_progress, regions=regions)
    out.result(found, lambda: _show(session, found))
    for each in found.bootstrap:
        out.say(f"not counted, shared by all stages: {each.kind} {each.name}" + (f" ({each.detail})" if each.detail else ""))
    if found.unseen:
        out.say(f"not looked at, because not enabled or not permitted: {', '.join(found.unseen)}")
    if not found.left:
        where = ", ".join(found.regions) + ("" if regions else ", and no trace of it in other regions")
        out.done(f"nothing is left of stage {found.stage} in {where}: {', '.join(found.looked_at)}")
        return 0
    bills = [each for each in found.left if each.bills]
    out.warn(f"{count(len(found.left), 'resources')} of stage {found.stage} still exist; {len(bills)} of them may cost money.")
    for region in sorted({each.region for each in found.left if each.region not in ("", found.region)}):
        out.say(f"Some of it is in {region}: the command below needs AWS_REGION={region} for that.")
    out.next(cdk_command("destroy", found.stage))
    return 1


def _show(session: Session, found: Audit) -> None:
    if found.left:
        rows = [(each.kind, each.name, each.region, "bills" if each.bills else "", each.detail) for each in found.left]
        session.output.table(("what", "name", "region", "", ""), rows)
