"""`blazingtext sandbox`."""

from __future__ import annotations

import subprocess
import sys

import click

# Their output is somebody else's.
_WITHOUT_JSON = (("logs",), ("run",))


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def sandbox(context: click.Context, arguments: tuple[str, ...]) -> int:
    """Run an AWS account on this machine: up, down, reset, run and more.

    \b
    blazingtext sandbox up       start it
    blazingtext sandbox down     stop it and delete everything in it
    blazingtext sandbox reset    empty it; shells stay pointed at it
    blazingtext sandbox status   say whether it is running
    blazingtext sandbox list     list all of them
    blazingtext sandbox logs     print its log, also of one that did not start
    blazingtext sandbox run      run one command in it: sandbox run -- aws s3 ls
    blazingtext sandbox env      print the variables that point AWS clients at it; use as:
                                 eval "$(blazingtext sandbox env)"
    """  # noqa: D301 - click reads the backspace character as "keep these lines"
    wants_json = context.find_root().params.get("json")
    extra = ["--json"] if wants_json and "--json" not in arguments and arguments[:1] not in _WITHOUT_JSON else []
    # A program of its own: the sandbox must not share code with what it tests.
    return subprocess.run([sys.executable, "-m", "blazingtext_sandbox", *arguments, *extra], check=False).returncode
