"""`blazingtext status`, `promote`, `rollback`, `pause` and `resume`."""

from __future__ import annotations

from collections.abc import Callable

import click

from blazingtext_lifecycle.costs import HOURS_PER_MONTH, dollars
from blazingtext_lifecycle.live_model import EndpointState

from ..runs import training_jobs
from ..serving.changes import Change
from ..serving.pause_schedule import Turn, running_share
from ..serving.status import MOST_DEAD_LETTERS, UNKNOWN, Endpoint, Status
from ..stages import cdk_command
from .options import Command
from .output import duration
from .runs import score, show_not_promoted
from .session import Session, shared

_NEWEST = "newest"
# How many reasons fit on the screen.
_MOST_SHOWN = 3


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
    endpoint = found.endpoint
    rows = [(stack.name, stack.status or "not deployed") for stack in found.stacks]
    rows += [
        ("live model", f"{found.live} (version {found.version})" if found.version is not None else found.live or "none"),
        ("previous model", found.previous or "none"),
        ("endpoint", f"{endpoint.name}: {endpoint.status or _absence(found)}"),
        ("costs", _cost(endpoint, running_share(found.schedule))),
        *((f"next {turn.does}", _when(turn)) for turn in found.schedule),
    ]
    if found.waiting:
        rows.append(("waiting for approval", f"version {', '.join(str(each) for each in found.waiting)}"))
    if endpoint.failure:
        rows.append(("failure", endpoint.failure))
    if found.dead_letters:
        more = " or more" if len(found.dead_letters) == MOST_DEAD_LETTERS else ""
        rows.append(("dead letters", f"{len(found.dead_letters)}{more}: promotions that failed for good"))
    for problem in (found.difference, *found.dead_letters[:_MOST_SHOWN], *found.unknown):
        if problem:
            session.output.warn(problem)
    session.output.table(("", ""), rows, title=f"stage {found.stage}, {found.region}")
    if found.runs:
        session.output.out.print()
        session.output.table(("latest runs", "status", "score", "time"), [_run_row(run) for run in found.runs], right=(2, 3))
        show_not_promoted(session, found.not_promoted)


def _run_row(run: training_jobs.Run) -> tuple[str, ...]:
    return run.job, run.status, score(run), "" if run.training_seconds is None else duration(run.training_seconds)


def _absence(found: Status) -> str:
    return "paused" if found.live and found.state == EndpointState.PAUSED else "none"


def _when(turn: Turn) -> str:
    if not turn.enabled:
        return f"never: its schedule, {turn.expression}, is switched off"
    by = f"by {turn.expression}, {turn.time_zone}"
    return f"never, {by}" if turn.next is None else f"{turn.next:%A, %Y-%m-%d %H:%M}, {by}"


def _cost(endpoint: Endpoint, share: float) -> str:
    if not endpoint.status:
        return "nothing per hour (no endpoint); storage of the bucket's contents"
    if endpoint.status == UNKNOWN:
        return "not known: the endpoint could not be looked at"
    instances = f"{endpoint.instance_count} x {endpoint.instance_type}"
    if endpoint.hourly_dollars is None:
        return f"{instances}: the price of that type in this region is not known; see https://aws.amazon.com/sagemaker/pricing/"
    hourly, monthly = endpoint.hourly_dollars, endpoint.hourly_dollars * HOURS_PER_MONTH
    scheduled = "" if share == 1 else f", {dollars(monthly * share)} by its schedule"
    return f"{instances}: {dollars(hourly)} an hour, {dollars(monthly)} a month{scheduled} (prices of {endpoint.prices_of})"


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


def _wait_option(command: Command) -> Command:
    return click.option("--wait/--no-wait", default=True, help="Wait until it is done [default: wait].")(command)


@click.command()
@click.argument("job", required=False)
@click.option("--version", type=click.IntRange(1), metavar="NUMBER", help="A version of the model registry, instead of JOB.")
@click.option(
    "--auto-rollback/--no-auto-rollback",
    default=True,
    help="Whether an alarm that rings takes the model back; without, it takes over at once [default: auto-rollback].",
)
@_wait_option
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
@_wait_option
@shared
def rollback(session: Session, to: str | None, wait: bool) -> None:
    """Make a former model live again.

    It takes over at once, also while the alarms ring, which do not watch it; the next promotion is watched again. Without --to, a second
    rollback undoes the first. `blazingtext models list` shows what there is; where models need approval, only approved ones.
    """
    _change(session, wait, lambda: session.client.rollback(to), "is already live")


@click.command()
@_wait_option
@shared
def pause(session: Session, wait: bool) -> None:
    """Remove the endpoint, and its cost; the model stays chosen.

    This works while the alarms ring, too.
    """
    _change(session, wait, session.client.pause, "is already paused")


@click.command()
@_wait_option
@shared
def resume(session: Session, wait: bool) -> None:
    """Create the endpoint again, with the model that was live."""
    _change(session, wait, session.client.resume, "is already running")


def _wait(session: Session, done: Change, on_progress: Callable[[str], None]) -> None:
    """Waits until an update is done; an interruption leaves the update alone, and says so."""
    try:
        session.client.wait(done.live, state=done.state, update_started=done.changed, on_progress=on_progress)
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
            _wait(session, done, on_progress)
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
