"""The command line: what a person types.

Commands live in the ``cli_*`` modules and are loaded when they are called, so that ``--help`` comes at once.
Results go to stdout, everything else to stderr. Exit codes: 0 done, 2 you can fix it, 1 it broke, 3 not ready yet.
"""

from __future__ import annotations

import difflib
import importlib
import io
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from blazingtext import __version__
from lifecycle.errors import LifecycleError

# Command: module, attribute, one line of help. The line is the first of the command's docstring; a test holds them equal.
COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "corpus": ("cli_corpus", "corpus", "Make a corpus from text, or look at one."),
    "upload": ("cli_upload", "upload", "Send a corpus to the stage's bucket, checked and verified."),
    "train": ("cli_train", "train", "Start a training job through the launcher function."),
    "logs": ("cli_runs", "logs", "Print what a training job or the endpoint says."),
    "runs": ("cli_runs", "runs", "List the latest training jobs."),
    "stop": ("cli_runs", "stop", "Stop a running training job; what it has learnt is kept."),
    "status": ("cli_serving", "status", "Show the stage on one screen: stacks, endpoint, cost, runs."),
    "predict": ("cli_predict", "predict", "Ask the endpoint for vectors of words, or labels of texts."),
    "neighbors": ("cli_vectors", "neighbors", "Show the words nearest to words."),
    "analogy": ("cli_vectors", "analogy", "Show what is to THIRD as SECOND is to FIRST."),
    "evaluate": ("cli_vectors", "evaluate", "Show how well a run's vectors agree with people (WordSim-353)."),
    "map": ("cli_vectors", "map_", "Draw the most frequent words, alike ones near each other."),
    "promote": ("cli_serving", "promote", "Make a run's model live."),
    "rollback": ("cli_serving", "rollback", "Make the previous model live again."),
    "pause": ("cli_serving", "pause", "Take the endpoint and its bill away; the model stays chosen."),
    "resume": ("cli_serving", "resume", "Bring the endpoint back."),
    "audit": ("cli_operations", "audit", "List what of the stage still exists; exit 0 if nothing does."),
    "demo": ("cli_operations", "demo", "Live a model's whole life in a sandbox, from nothing to nothing."),
    "sandbox": ("cli_operations", "sandbox", "Run an AWS account on this machine: up, down, status, env."),
}


class LazyGroup(click.Group):
    """A group that loads a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands, in the order of a model's life."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """A command, loaded."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"blazingtext.{module}"), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was meant, or a suggestion."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], COMMANDS, n=1, cutoff=0.5)
            raise click.UsageError(f"There is no command {args[0]!r}." + (f" Did you mean {close[0]!r}?" if close else ""), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """The list of commands, without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, _, help_) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--stage", metavar="NAME", help="The stage [default: dev, or BLAZINGTEXT_STAGE].")
@click.option("--region", metavar="REGION", help="AWS region [default: the environment's].")
@click.option("--profile", metavar="NAME", help="AWS profile [default: the environment's].")
@click.option("--json", is_flag=True, default=None, help="Print one JSON document instead of tables.")
@click.version_option(__version__, prog_name="blazingtext")
def cli(**_: Any) -> None:
    """The life of an Amazon SageMaker BlazingText model.

    \b
    See it all offline, in a sandbox on this machine:   blazingtext demo
    Make a corpus and send it:                          blazingtext corpus sample && blazingtext upload wikipedia.txt
    Train, and watch it learn:                          blazingtext train --corpus wikipedia --watch

    Options may stand before or after a command. Exit codes: 0 done, 2 you can fix it (the message says how),
    1 it broke, 3 not ready yet.
    """  # noqa: D301 - click reads the backspace character as "keep these lines"


def main() -> None:
    """Runs the command line and exits."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A word that the locale's encoding lacks is shown as its code points.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command.

    Returns:
        The exit code.
    """
    try:
        code = cli.main(arguments, prog_name="blazingtext", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return 130
    except LifecycleError as error:
        return _fail(error, arguments)
    except BrokenPipeError:
        # `blazingtext runs | head`: the reader has seen enough. Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0


def _fail(error: LifecycleError, arguments: list[str]) -> int:
    from blazingtext.output import Output  # noqa: PLC0415 - rich would slow down --help

    Output(json="--json" in arguments).fail(error, error.exit_code)
    return error.exit_code
