"""`blazingtext shadow`."""

from __future__ import annotations

import click

from blazingtext_lifecycle import costs, naming
from blazingtext_lifecycle.naming import Output as StackOutput

from ..serving.changes import Change
from .costs import of_shadow
from .output import Output
from .serving import wait_for, wait_option
from .session import Session, shared


@click.command()
@click.argument("job", required=False)
@click.option("--stop", "stop", is_flag=True, help="Take the shadow away; the live model goes on.")
@wait_option
@shared
def shadow(session: Session, job: str | None, stop: bool, wait: bool) -> None:
    """Try a run beside the live model, where it answers nobody.

    JOB is a completed run. It gets a copy of the endpoint's requests, and nobody gets its answers. The setting shadowPercent allows it, and
    says how many requests are copied. It has instances of its own, and costs what they cost until --stop. `blazingtext status` compares it
    with the live model, `blazingtext promote JOB` makes it live. It needs no approval, and ends with a rollback. --stop works while the
    alarms ring, too.
    """
    if (job is None) != stop:
        raise click.UsageError("Name a run to try, or end the one that is tried with --stop: one of the two.")
    out = session.output
    if job is not None:
        _say_costs(session)
    with out.waiting("Updating the serving stack") as on_progress:
        done = session.client.stop_shadow() if job is None else session.client.start_shadow(job)
        if wait:
            wait_for(session, done, on_progress)
    out.result(done, lambda: out.text(done.shadow or done.live))
    _say(out, done, wait)
    out.next(session.command("status" if wait else "status --wait"))


def _say_costs(session: Session) -> None:
    """What it will cost, before it does; nothing where the stage allows none, which is refused at once."""
    outputs = session.cloud.outputs(naming.serving_stack(session.stage))
    kind, count = outputs.get(StackOutput.SHADOW_INSTANCE_TYPE, ""), outputs.get(StackOutput.SHADOW_INSTANCE_COUNT, "")
    if kind and count:
        session.output.say(of_shadow(costs.of_endpoint(kind, int(count), session.cloud.region)))


def _say(out: Output, done: Change, wait: bool) -> None:
    later = "" if wait else " as soon as the stack is updated"
    if not done.changed:
        out.say(f"Nothing to do: {f'{done.shadow} is tried already' if done.shadow else 'there is no shadow'}.")
    elif done.shadow:
        out.done(f"{done.shadow} is tried beside {done.live}{later}")
    else:
        out.done(f"{done.live} has no shadow any more{later}")
