"""`python -m blazingtext_sandbox up|down|...`: results on standard output, progress and errors on standard error.

Exit codes: 0 done; 1 it broke; 2 you can fix it; 3 not running; 4 an unexpected exception, whose traceback is in a file; 130
interrupted. `run` ends as its command does.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from . import crash_report, endpoint_rollbacks, own_images, state
from .account import Sandbox, all_sandboxes
from .client_environment import UNSET
from .errors import SandboxError

NOT_RUNNING = 3
_INTERRUPTED = 130
_MEANT = {"destroy": "down", "delete": "down", "stop": "down", "start": "up", "restart": "reset", "ls": "list", "ps": "list", "exec": "run"}
_name = click.option(
    "--name",
    default=lambda: os.environ.get("BLAZINGTEXT_SANDBOX", "default"),
    show_default="$BLAZINGTEXT_SANDBOX, or default",
    help="Which sandbox; several run side by side.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


class _Group(click.Group):
    """Errors end a command with one message; an exception that nobody expected leaves its traceback in a file."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, or what was meant by one that is not there."""
        if args[0] in _MEANT:
            raise click.UsageError(f'There is no command "{args[0]}". Type: blazingtext sandbox {_MEANT[args[0]]}', ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            raise SystemExit(_INTERRUPTED) from None
        except SandboxError as problem:
            _fail(str(problem), problem.exit_code)
        except Exception as problem:  # noqa: BLE001 - no traceback reaches a person
            _fail(*crash_report.message(problem, state.default_root()))


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """An AWS account on this machine: nothing leaves it, nothing costs anything."""


@main.command()
@_name
@click.option("--port", type=click.IntRange(1024, 65535), help="A loopback port; any free one when left out.")
@click.option("--region", default="us-east-1", show_default=True, help="The region clients use.")
@click.option("--image", "images", multiple=True, metavar="URI=COMMAND", help="Run this command for a container image; may be repeated.")
@click.option(
    "--endpoint-rollbacks",
    type=click.Choice(endpoint_rollbacks.ANSWERS),
    help="Whether CloudFormation notices an endpoint's rollback [default: noticed]; changes a sandbox that is up, too.",
)
@_json
def up(*, name: str, port: int | None, region: str, images: tuple[str, ...], endpoint_rollbacks: str | None, as_json: bool) -> None:
    """Start a sandbox and wait until it answers; one that is up stays as it is.

    \b
    A container image of your own (a beginning of its URI is enough) runs as a command:
    it gets "train" or "serve" as its last word and finds /opt/ml in SAGEMAKER_BASE_DIR.
      blazingtext sandbox up --image '111122223333.dkr.ecr.us-east-1.amazonaws.com/mine=python mine.py'
    """  # noqa: D301 - click reads the backspace character as "keep these lines"
    commands = own_images.parse(images)
    sandbox = _sandbox(name, port=0 if port is None else port, region=region, images=commands)
    _report_stale(sandbox)
    click.echo(f"Starting the sandbox {name} ...", err=True)
    began = time.monotonic()
    started = sandbox.start()
    if endpoint_rollbacks is not None:
        sandbox.endpoint_rollbacks = endpoint_rollbacks
    _print_up(sandbox, started, time.monotonic() - began, as_json)


def _print_up(sandbox: Sandbox, started: bool, seconds: float, as_json: bool) -> None:
    """The address, and what to type next."""
    if as_json:
        click.echo(json.dumps({**_status(sandbox), "started": started, "seconds": round(seconds, 2)}))
        return
    how = f"is up ({seconds:.1f} s)" if started else "was up already"
    click.echo(f"The sandbox {sandbox.name} {how}: {sandbox.url}")
    click.echo(f'Point this shell at it with:  eval "$(blazingtext sandbox env{sandbox.option})"')


@main.command()
@_name
@click.option("--all", "everything", is_flag=True, help="Every sandbox.")
@_json
def down(name: str, everything: bool, as_json: bool) -> None:
    """Stop a sandbox and everything it started, and remove its files. A sandbox that does not exist is not an error."""
    chosen = list(all_sandboxes()) if everything else [_sandbox(name)]
    removed = [sandbox.name for sandbox in chosen if sandbox.stop()]
    if as_json:
        click.echo(json.dumps({"removed": removed}))
        return
    click.echo(f"Removed: {', '.join(removed)}" if removed else "Nothing to remove: there is no sandbox.")


@main.command()
@_name
@_json
def reset(name: str, as_json: bool) -> None:
    """Empty a sandbox: a new account at the same address, with the same keys, so that shells stay pointed at it."""
    sandbox = _sandbox(name)
    sandbox.reset()
    click.echo(json.dumps(_status(sandbox)) if as_json else f"The sandbox {name} is empty again: {sandbox.url}")


@main.command("list")
@_json
def list_(as_json: bool) -> None:
    """List every sandbox of this machine's user, and whether it is running."""
    _list(as_json)


def _list(as_json: bool) -> None:
    found = [_status(sandbox) for sandbox in all_sandboxes()]
    if as_json:
        click.echo(json.dumps({"sandboxes": found}))
        return
    for each in found:
        click.echo(f"{each['name']:<20} " + (f"{each['url']}  {each['region']}" if each["running"] else "not running"))
    if not found:
        click.echo("There is no sandbox. Start one with: blazingtext sandbox up", err=True)


@main.command()
@_name
@click.option("--lines", "-n", type=click.IntRange(1), default=100, show_default=True, help="How many lines, from the end.")
@click.option("--follow", "-f", is_flag=True, help="Go on until the sandbox ends, or Ctrl-C.")
def logs(name: str, lines: int, follow: bool) -> None:
    """Print a sandbox's own log; also that of one that did not start, or was killed."""
    folder = _sandbox(name).folder
    path = next((each for each in (folder.log, folder.kept_log) if each.exists()), None)
    if path is None:
        raise SandboxError(f"The sandbox {name} has no log. It was never started, or was ended with down.", exit_code=NOT_RUNNING)
    with path.open(encoding="utf-8", errors="replace") as log:
        for line in deque(log, lines):
            click.echo(line, nl=False)
        # The folder goes with its sandbox.
        while follow and path.exists():
            if line := log.readline():
                click.echo(line, nl=False)
            else:
                time.sleep(0.2)


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_name
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(name: str, command: tuple[str, ...]) -> None:
    """Run a command with every AWS client of its own pointed at a sandbox: sandbox run -- aws s3 ls."""
    environment = _sandbox(name).environment()
    try:
        ended = subprocess.run(command, env=environment, check=False).returncode
    except OSError as problem:
        raise SandboxError(
            f"{command[0]} cannot be run: {problem.strerror}. Check its name, its permissions and PATH.", exit_code=2
        ) from problem
    # A shell says so, too, when a signal has ended a command.
    raise SystemExit(ended if ended >= 0 else 128 - ended)


@main.command()
@_name
@click.option("--all", "everything", is_flag=True, help="Every sandbox, as list does; exit code 0.")
@_json
def status(name: str, everything: bool, as_json: bool) -> None:
    """Say whether a sandbox is running: exit code 0, or 3 when it is not. Leftovers of a killed one are removed."""
    if everything:
        for each in all_sandboxes():
            _report_stale(each)
        _list(as_json)
        return
    sandbox = _sandbox(name)
    _report_stale(sandbox)
    found = _status(sandbox)
    if as_json:
        click.echo(json.dumps(found))
    elif found["running"]:
        click.echo(f"The sandbox {name} is running: {found['url']} (process {found['pid']}, log {found['log']})")
    else:
        click.echo(f"The sandbox {name} is not running. Start it with: blazingtext sandbox up{sandbox.option}")
    if not found["running"]:
        raise SystemExit(NOT_RUNNING)


def _status(sandbox: Sandbox) -> dict[str, str | int | bool | None]:
    """What is known of a sandbox; the secret key is not part of it."""
    record = sandbox.running()
    known: dict[str, str | int | bool | None] = {"name": sandbox.name, "running": record is not None}
    if record is None:
        return known
    place = {"folder": str(sandbox.folder.path), "log": str(sandbox.folder.log)}
    return {
        **known,
        "url": record.url,
        "region": record.region,
        "pid": record.pid,
        **place,
        "endpoint_rollbacks": sandbox.endpoint_rollbacks,
    }


@main.command()
@_name
@_json
def env(name: str, as_json: bool) -> None:
    """Print what points a shell's AWS clients at the sandbox: eval "$(blazingtext sandbox env)"."""
    sandbox = _sandbox(name)
    exports = sandbox.exports()
    if as_json:
        click.echo(json.dumps({"set": exports, "unset": list(UNSET)}))
        return
    click.echo(f"unset {' '.join(UNSET)}")
    for variable, value in exports.items():
        click.echo(f"export {variable}={shlex.quote(value)}")


def _sandbox(name: str, *, port: int = 0, region: str = "us-east-1", images: Mapping[str, Sequence[str]] | None = None) -> Sandbox:
    return Sandbox(state.default_root(), name=name, port=port, region=region, images=images)


def _report_stale(sandbox: Sandbox) -> None:
    """Remove what a killed sandbox left, and say so; an account is kept in the memory of its server only."""
    if sandbox.clean_if_stale():
        log = f", but for its log: {sandbox.folder.kept_log}" if sandbox.folder.kept_log.exists() else ""
        happened = f"The sandbox {sandbox.name} had been killed; what it left was removed{log}."
        click.echo(f"{happened} Its account was in its memory, and is gone: deploy again.", err=True)


def _fail(message: str, code: int = 1) -> NoReturn:
    """End the command: the message on standard error, nothing on standard output."""
    click.echo(message, err=True)
    raise SystemExit(code)
