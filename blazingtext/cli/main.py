"""The command line: the list of commands, and how they end.

Commands live in the modules of this folder and are loaded when they are called, so that ``--help`` is fast.
Results go to stdout, everything else to stderr. Exit codes: 0 done, 2 you can fix it, 1 it failed, 3 not ready yet, 4 a bug.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any

import click

from blazingtext_lifecycle.errors import LifecycleError
from blazingtext_lifecycle.suggestions import did_you_mean

from .. import __version__
from ..stages import blazingtext_command, cdk_command, chosen_stage, typed_options
from .json_document import JsonDocument
from .options import common_options
from .terminal import visible

if TYPE_CHECKING:
    from .output import Output

# Command: module, attribute, one line of help. The help is the first line of the command's docstring; a test compares them.
COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "preflight": ("preflight", "preflight", "Check everything that a deployment needs; nothing is created."),
    "costs": ("costs", "costs", "Show what the stage costs by hour, day, run and month."),
    "corpus": ("corpus", "corpus", "Make a corpus from text, or inspect one."),
    "upload": ("upload", "upload", "Send a corpus to the stage's bucket, checked and verified."),
    "train": ("train", "train", "Start a training job through the launcher function."),
    "tune": ("tune", "tune", "Search for the best hyperparameters with a SageMaker tuning job."),
    "tunings": ("tunings", "tunings", "List the latest tuning jobs."),
    "tuning": ("tunings", "tuning", "Show the training jobs of a tuning job, the best first."),
    "transform": ("transform", "transform", "Predict a whole file with a SageMaker transform job."),
    "transforms": ("transform", "transforms", "List the latest transform jobs, or show one's results."),
    "logs": ("runs", "logs", "Print the log of a training job or of the endpoint."),
    "runs": ("runs", "runs", "List the latest training jobs."),
    "mlflow": ("tracking", "mlflow", "Log training jobs that have ended to MLflow, each once."),
    "stop": ("runs", "stop", "Stop a running training, tuning, transform or processing job."),
    "status": ("serving", "status", "Show the stage on one screen: stacks, endpoint, cost, runs."),
    "predict": ("predict", "predict", "Ask for vectors of words, or labels of texts."),
    "neighbors": ("vectors", "neighbors", "Show the words most similar to given words, or to a sum of words."),
    "analogy": ("vectors", "analogy", "Show what is to THIRD as SECOND is to FIRST."),
    "evaluate": ("evaluate", "evaluate", "Score word vectors by people's judgement, or a classifier on text."),
    "map": ("vectors", "map_", "Draw the most frequent words, similar ones near each other."),
    "explore": ("explore", "explore", "Make a page to walk through the words of one model or two."),
    "compare": ("compare", "compare", "Compare runs, or any models, with the first of them."),
    "export": ("export", "export", "Write a run's word vectors for other programs."),
    "download": ("download", "download", "Copy a run's files to a folder."),
    "promote": ("serving", "promote", "Make a run's model live."),
    "rollback": ("serving", "rollback", "Make a former model live again."),
    "shadow": ("shadow", "shadow", "Try a run beside the live model, where it answers nobody."),
    "models": ("models", "models", "List the models that can be live; approve or reject them."),
    "pause": ("serving", "pause", "Remove the endpoint, and its cost; the model stays chosen."),
    "resume": ("serving", "resume", "Create the endpoint again, with the model that was live."),
    "verify": ("verify", "verify", "Check that what answers is what the serving stack says."),
    "audit": ("audit", "audit", "List what of the stage still exists; exit 0 if nothing does."),
    "local": ("local", "local", "Train on this machine, without AWS."),
    "demo": ("demo", "demo", "Run a model's whole life in a sandbox, and remove everything."),
    "sandbox": ("sandbox", "sandbox", "Run an AWS account on this machine: up, down, reset, run and more."),
}


class _ReaderGoneError(Exception):
    """A reader of stdout went away. click would answer a BrokenPipeError with exit code 1."""


# What people type who know other tools: what to type here instead, about the stage that was named.
_MEANT: Mapping[str, str] = {
    "bootstrap": "The CDK does that, once per account and region: cdk bootstrap",
    "delete": "To remove everything: {destroy}. What is left after that: {audit}",
    "deploy": "The CDK does that: {deploy}",
    "destroy": "The CDK does that: {destroy}. What is left after that: {audit}",
    "down": "To end the sandbox: blazingtext sandbox down",
    "help": "See: blazingtext --help",
    "init": "Nothing is to be initialised: start with {deploy}, or see it all with blazingtext demo",
    "list": "The training jobs: {runs}. The sandboxes: blazingtext sandbox list",
    "approve": "See: blazingtext models approve --help",
    "ls": "The training jobs: {runs}. The sandboxes: blazingtext sandbox list",
    "ps": "The training jobs: {runs}. The endpoint: {status}",
    "up": "To start the sandbox: blazingtext sandbox up",
    "version": "See: blazingtext --version",
}


def _meant(word: str, stage: str | None) -> str:
    """What to type instead of a word of other tools; empty when it is none of theirs."""
    named = stage or chosen_stage()
    commands = {
        **{verb: cdk_command(verb, named) for verb in ("deploy", "destroy")},
        **{words: blazingtext_command(words, named) for words in ("audit", "runs", "status")},
    }
    return _MEANT.get(word, "").format_map(commands)


class LazyGroup(click.Group):
    """A group that loads a command's module when the command is called."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """The context, which prints --help and --version."""
        try:
            return super().make_context(*arguments, **options)
        except BrokenPipeError as error:
            raise _ReaderGoneError from error

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderGoneError from error

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands, in the order of a model's life."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """A command, loaded."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"blazingtext.cli.{module}"), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, or an error that suggests one."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            suggestion = (
                _meant(args[0], ctx.params.get("stage")) or did_you_mean(args[0], COMMANDS, cutoff=0.5) or "See: blazingtext --help"
            )
            raise click.UsageError(f'There is no command "{args[0]}". {suggestion}', ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """The list of commands, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, _, help_) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@common_options
@click.version_option(__version__, prog_name="blazingtext")
def cli(**_: Any) -> None:
    """The life of an Amazon SageMaker BlazingText model.

    \b
    See it all offline, in a sandbox on this machine:   blazingtext demo
    Make a corpus and send it:                          blazingtext corpus sample && blazingtext upload wikipedia.txt
    Train, and watch the log:                           blazingtext train --corpus wikipedia --watch

    Options may come before or after a command. Exit codes: 0 done, 2 you can fix it (the message says how),
    1 it failed, 3 not ready yet, 4 a bug (a report for an issue is written).
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
    code = 0
    try:
        code = _run(arguments)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except (_ReaderGoneError, BrokenPipeError):
        # `blazingtext runs | head`: the reader has seen enough. Python would complain again when it closes the streams.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
    return code


def _run(arguments: list[str]) -> int:
    document = JsonDocument()
    before = typed_options.set({})
    try:
        code = cli.main(arguments, prog_name="blazingtext", standalone_mode=False, obj=document)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return 130
    except (_ReaderGoneError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - here every error becomes a message and an exit code
        return _fail(error, arguments, document)
    finally:
        typed_options.reset(before)
    return code if isinstance(code, int) else 0


def _fail(error: Exception, arguments: list[str], document: JsonDocument) -> int:
    """Says why the command failed; returns its exit code."""
    wants_json = "--json" in arguments
    if isinstance(error, click.ClickException):
        with redirect_stderr(io.StringIO()) as said:
            error.show()
        click.echo(visible(said.getvalue()), err=True, nl=False)
        if wants_json:
            document.print_error(error, error.format_message(), error.exit_code)
        return error.exit_code
    from .output import Output  # noqa: PLC0415 - rich would slow down --help

    output = Output(json=wants_json, document=document)
    if isinstance(error, LifecycleError):
        output.fail(error, str(error), error.exit_code)
        return error.exit_code
    return _crash(error, arguments, output)


def _crash(error: Exception, arguments: list[str], output: Output) -> int:
    """An unexpected exception: writes a report and says where it is."""
    from . import crash_report  # noqa: PLC0415 - what it imports would slow down --help

    path = crash_report.write(error, arguments)
    if path is None:
        click.echo(crash_report.report(error, arguments), err=True)
    where = f"the report to attach to an issue is in {path}" if path else "its report is printed above, since no folder could be written to"
    output.fail(error, f"Unexpected {crash_report.summary(error)}: this is a bug, and {where}.", crash_report.EXIT_CODE, log=path)
    return crash_report.EXIT_CODE
