"""`blazingtext status`, `promote`, `rollback`, `pause` and `resume`."""

from __future__ import annotations

from collections.abc import Callable

import click

from blazingtext_lifecycle.live_model import EndpointState

from ..figures import duration
from ..runs import training_jobs
from ..serving.changes import Change
from ..serving.stage_status import UNKNOWN, Status
from ..stages import cdk_command
from .options import Command
from .runs import score, show_not_promoted
from .session import Session, shared
from .shadow_display import show_shadow

_NEWEST = "newest"


@click.command()
@click.option("--wait", is_flag=True, help="Wait until stack and endpoint are stable.")
@click.option("--live", metavar="JOB", default="", help="Also wait until this run's model is live; 'newest' means the newest completed.")
@click.option("--timeout", type=click.IntRange(1), default=1800, metavar="SECONDS", help="With --wait: give up after this [default: 1800].")
@shared
def status(session: Session, wait: bool, live: str, timeout: int) -> None:
    """Show the stage on one screen: stacks, endpoint, cost, runs."""
    out = session.output
    with out.waiting("Reading the status") as on_progress:
        if wait or live:
            job = training_jobs.latest(session.cloud, completed=True).job if live == _NEWEST else live
            session.client.wait(job, timeout_seconds=timeout, on_progress=on_progress)
        found = session.client.status()
    out.result(found, lambda: _show(session, found))
    for command in _next(session, found):
        out.next(command)


def _show(session: Session, found: Status) -> None:
    for problem in found.problems:
        session.output.warn(problem)
    session.output.table(("", ""), found.rows(), title=f"stage {found.stage}, {found.region}")
    show_shadow(session.output, found)
    if found.runs:
        session.output.out.print()
        told = any(run.short_hash for run in found.runs)
        head = ("latest runs", "status", "score", "time", *(["corpus"] if told else []))
        session.output.table(head, [_run_row(run)[: len(head)] for run in found.runs], right=(2, 3))
        show_not_promoted(session, found.not_promoted)


def _run_row(run: training_jobs.Run) -> tuple[str, ...]:
    time = "" if run.training_seconds is None else duration(run.training_seconds)
    return run.job, run.status, score(run), time, run.short_hash


def _next(session: Session, found: Status) -> list[str]:
    """The commands to type next."""
    if not all(stack.status for stack in found.stacks):
        return [cdk_command("deploy", found.stage)]
    if found.difference:
        return [session.command("verify --repair")]
    if not found.runs:
        return [session.command("upload <corpus.txt>"), session.command("train --corpus <name> --watch")]
    if found.live and found.state == EndpointState.PAUSED:
        return [session.command("resume")]
    if not found.live:
        return [session.command(_before_the_first_model(found))]
    after = {"InService": [session.command("predict awesome blazing")], UNKNOWN: []}
    return after.get(found.endpoint.status, [session.command("status --wait")])


def _before_the_first_model(found: Status) -> str:
    if found.waiting:
        return f"models approve {found.waiting[0]}"
    completed = [run.job for run in found.runs if run.status == "Completed"]
    if not completed:
        return "logs --follow"
    # Not `promote`, where a reason against it was just shown: whoever wants to go around it types the name.
    return "train --corpus <name> --watch" if completed[0] in found.not_promoted else "promote"


def wait_option(command: Command) -> Command:
    """Adds the option by which a command that updates the serving stack waits for it."""
    return click.option("--wait/--no-wait", default=True, help="Wait until it is done [default: wait].")(command)


@click.command()
@click.argument("job", required=False)
@click.option("--version", type=click.IntRange(1), metavar="NUMBER", help="A version of the model registry, instead of JOB.")
@click.option(
    "--auto-rollback/--no-auto-rollback",
    default=True,
    help="Whether an alarm that rings takes the model back; without, it takes over at once [default: auto-rollback].",
)
@wait_option
@shared
def promote(session: Session, job: str | None, version: int | None, auto_rollback: bool, wait: bool) -> None:
    """Make a run's model live.

    JOB is a completed run [default: the newest that carries the stage's tags; one that was refused has to be named].
    Where models need approval, a model that is named is approved by that [default: the newest approved one].
    The endpoint is updated in place; if the update fails, the former model stays live.
    SageMaker lets no model through while an alarm rings: use --no-auto-rollback when the live model makes it ring.
    """
    if job is not None and version is not None:
        raise click.UsageError("JOB and --version name two models. One can be live: leave one of them out.")
    _change(session, wait, lambda: session.client.promote(job, version=version, auto_rollback=auto_rollback), "is already live")


@click.command()
@click.option("--to", metavar="MODEL", help="A run, or a version's number in the model registry [default: the previous model].")
@wait_option
@shared
def rollback(session: Session, to: str | None, wait: bool) -> None:
    """Make a former model live again.

    It takes over at once, also while the alarms ring, which do not watch it; the next promotion is watched again. Without --to, a second
    rollback undoes the first. `blazingtext models list` shows what there is; where models need approval, only approved ones. A shadow ends.
    """
    _change(session, wait, lambda: session.client.rollback(to), "is already live")


@click.command()
@wait_option
@shared
def pause(session: Session, wait: bool) -> None:
    """Remove the endpoint, and its cost; the model stays chosen.

    This works while the alarms ring, too.
    """
    _change(session, wait, session.client.pause, "is already paused")


@click.command()
@wait_option
@shared
def resume(session: Session, wait: bool) -> None:
    """Create the endpoint again, with the model that was live."""
    _change(session, wait, session.client.resume, "is already running")


def wait_for(session: Session, done: Change, on_progress: Callable[[str], None]) -> None:
    """Waits until an update is done; an interruption leaves the update alone, and says so."""
    try:
        session.client.wait(done.live, state=done.state, shadow=done.shadow, update_started=done.changed, on_progress=on_progress)
    except KeyboardInterrupt:
        session.output.say("\nThe update goes on by itself." if done.changed else "\nNothing was changed.")
        session.output.next(session.command("status --wait"))
        raise


def _change(session: Session, wait: bool, change: Callable[[], Change], already: str) -> None:
    """Changes what is live, waits until that is done, and says what is live now."""
    out = session.output
    with out.waiting("Updating the serving stack") as on_progress:
        done = change()
        if wait:
            wait_for(session, done, on_progress)
    out.result(done, lambda: out.text(done.live))
    if not done.changed:
        out.say(f"Nothing to do: {done.live} {already}.")
    else:
        out.done(
            f"{done.live} is {'paused' if done.state == EndpointState.PAUSED else 'live'}"
            + ("" if wait else " as soon as the stack is updated")
        )
    paused = done.state == EndpointState.PAUSED
    out.next(session.command("resume" if paused else "predict awesome blazing" if wait else "status --wait"))
