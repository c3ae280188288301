"""`blazingtext sandbox`."""

from __future__ import annotations

import subprocess
import sys

import click


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
