"""`blazingtext audit`, `demo` and `sandbox`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from .. import audit as auditing
from .. import demo as demonstration
from .options import Session, shared
from .output import count


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
    out.next("cdk destroy --all" + ("" if found.stage == "dev" else f" -c stage={found.stage}"))
    return 1


def _show(session: Session, found: auditing.Audit) -> None:
    if found.left:
        rows = [(each.kind, each.name, "bills" if each.bills else "", each.detail) for each in found.left]
        session.output.table(("what", "name", "", ""), rows)


@click.command()
@click.option("--keep", is_flag=True, help="Leave everything standing at the end: stacks, endpoint and sandbox.")
@click.option(
    "--corpus", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Your own prepared corpus instead of the sample."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("outputs"),
    help="Where the map goes [default: outputs].",
)
@shared
def demo(session: Session, keep: bool, corpus: Path | None, output: Path) -> int:
    """Live a model's whole life in a sandbox, from nothing to nothing.

    Each step prints the command that you would type, and runs it. AWS is never reached.
    """
    return demonstration.run(session.output, demonstration.Plan(session.stage, keep=keep, corpus=corpus, pictures=output))


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def sandbox(context: click.Context, arguments: tuple[str, ...]) -> int:
    """Run an AWS account on this machine: up, down, status, env.

    \b
    blazingtext sandbox up       start it
    blazingtext sandbox down     stop it and forget everything in it
    blazingtext sandbox status   say which run
    blazingtext sandbox env      print the variables that point AWS clients at it; use as:
                                 eval "$(blazingtext sandbox env)"
    """  # noqa: D301 - click reads the backspace character as "keep these lines"
    wished = context.find_root().params.get("json")
    extra = ["--json"] if wished and "--json" not in arguments else []
    # The sandbox is a program of its own: it must not share the code that it judges.
    return subprocess.run([sys.executable, "-m", "blazingtext_sandbox", *arguments, *extra], check=False).returncode
