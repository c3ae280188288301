"""`blazingtext audit`."""

from __future__ import annotations

import sys

import click

from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.plurals import count

from ..audit import COLUMNS, Audit
from ..drift.drift import Drift
from ..leftovers import Leftover
from .session import Session, shared
from .terminal import visible

_MOST_COMMANDS = 20


@click.command()
@click.option("--in", "regions", metavar="REGION", multiple=True, help="Look in this region and no other; repeatable.")
@click.option(
    "--delete-bucket", metavar="NAME", help="Delete this bucket of the stage, which no stack holds any more, with everything in it."
)
@click.option("--drift", is_flag=True, help="Compare what the stacks made with their templates, also where `cdk drift` does not look.")
@click.option("--yes", "-y", is_flag=True, help="With --delete-bucket: do not ask.")
@shared
def audit(session: Session, regions: tuple[str, ...], delete_bucket: str | None, drift: bool, yes: bool) -> int:
    """List what of the stage still exists; exit 0 if nothing does.

    The exit code is 1 when something is left. Every service is asked for resources with the stage's exact name or tags: in the chosen
    region, and in every other one with a trace of the stage. What `cdk bootstrap` created is shared by all stages: it is shown, but not
    counted. It ends with the commands that remove what is left.
    With --drift it compares instead, in the chosen region: policies and trust of roles, bucket, functions and who may call them, rules and
    their targets, queues, topic, state machine, alarms, tags. The exit code is 1 when something differs; a line says what to do about each.
    """
    out = session.output
    if drift:
        return _drift(session, regions, delete_bucket)
    if delete_bucket is not None:
        if regions:
            raise click.UsageError("--delete-bucket deletes one bucket, wherever it is, and looks for nothing. Leave out --in.")
        return _delete(session, delete_bucket, yes)
    if yes:
        raise click.UsageError("--yes answers the question of --delete-bucket, and nothing else is asked. Leave it out.")
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
    _say_what_to_do(session, found)
    return 1


def _drift(session: Session, regions: tuple[str, ...], delete_bucket: str | None) -> int:
    """Compares the account with the deployed templates."""
    if regions or delete_bucket is not None:
        raise click.UsageError("--drift compares the stacks of the chosen region: --region chooses another. Leave the other options out.")
    out = session.output
    with out.waiting("Comparing") as on_progress:
        found = session.client.drift(on_progress)
    out.result(found, lambda: _show_drift(session, found))
    if found.findings:
        out.warn(f"{count(len(found.findings), 'differences')} between stage {found.stage} and its stacks' templates.")
        return 1
    out.done(f"stage {found.stage} is as its stacks' templates say: {', '.join(found.looked_at)}")
    return 0


def _show_drift(session: Session, found: Drift) -> None:
    """A difference a line, never cut, with what to do below it."""
    for each in found.findings:
        session.output.text(f"{each.kind}  {each.resource}: {each.said}")
        session.output.text(f"  -> {each.remedy}")


def _delete(session: Session, bucket: str, yes: bool) -> int:
    """Deletes a bucket when a person has seen what is in it, or wants not to be asked."""
    out = session.output
    with out.waiting(f"Looking into {bucket}"):
        found = session.client.kept_bucket(bucket)
    if not yes and not _agreed(session, found):
        out.say("Nothing was deleted.")
        return 1
    with out.waiting(f"Deleting {bucket}"):
        deleted = session.client.delete_bucket(bucket)
    out.result({"bucket": bucket, "deleted_versions": deleted}, lambda: out.text(bucket))
    out.done(f"{bucket} is deleted; it held {count(deleted, 'object versions')}")
    return 0


def _agreed(session: Session, found: Leftover) -> bool:
    """Whether the person at the terminal agrees.

    Raises:
        RequestError: there is no terminal.
    """
    what = f"{found.name} holds {found.detail}, which nobody can bring back."
    if session.json or not sys.stdin.isatty():
        raise RequestError(f"{what} Nothing was deleted, since there is no terminal to ask at. To delete it, add --yes.")
    return click.confirm(visible(f"{what} Delete it?"), err=True)


def _say_what_to_do(session: Session, found: Audit) -> None:
    """The commands that remove what is left: first the stacks with all they hold, and what no stack holds when there is none any more."""
    stacks = [each for each in found.left if each.kind == "stack"]
    commands = list(dict.fromkeys(each.remove for each in stacks or found.left if each.remove))
    session.output.next(*commands[:_MOST_COMMANDS])
    if len(commands) > _MOST_COMMANDS:
        session.output.say(f"... and {len(commands) - _MOST_COMMANDS:,} more commands: {session.command('audit --json')} has all of them.")
    if stacks:
        session.output.say(
            f"What the stacks do not hold is left after that: {session.command('audit')} then says how to remove each of it."
        )
    for each in found.left:
        if not stacks and not each.remove:
            session.output.say(f"Remove by hand, with the service that it belongs to: {each.name}")


def _show(session: Session, found: Audit) -> None:
    if found.left:
        session.output.table(COLUMNS, found.rows())
