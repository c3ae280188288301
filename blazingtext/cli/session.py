"""One invocation of the command line: the stage, its client and where to print."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any

import boto3
import click

from blazingtext_lifecycle import naming

from ..aws_errors import translating_aws_errors
from ..client import BlazingText
from ..cloud import Cloud
from ..stages import blazingtext_command, chosen_stage, typed_options
from . import options
from .json_document import JsonDocument
from .options import Command
from .output import Output


@dataclass(frozen=True)
class Session:
    """One invocation of the command line.

    Args:
        stage: the stage's name.
        region: overrides the environment's region.
        profile: overrides the environment's profile.
        json: print JSON.
        document: where the JSON is printed.
    """

    stage: str
    region: str | None
    profile: str | None
    json: bool
    document: JsonDocument

    @cached_property
    def output(self) -> Output:
        """Where to print."""
        return Output(json=self.json, document=self.document)

    @cached_property
    def client(self) -> BlazingText:
        """The stage's client."""
        with translating_aws_errors("use the AWS settings"):
            return BlazingText(self.stage, boto3.Session(region_name=self.region, profile_name=self.profile))

    @property
    def cloud(self) -> Cloud:
        """The stage's AWS clients and stack outputs."""
        return self.client.cloud

    def command(self, typed: str) -> str:
        """A command to type next, for the same stage."""
        return blazingtext_command(typed, self.stage)


def shared(command: Command) -> Command:
    """Adds the options that every command takes, and passes the command a `Session` as its first argument."""
    return options.common_options(_with_session(command))


def _with_session(command: Command) -> Command:
    # Also what decorators below have attached already: click's options.
    @wraps(command)
    def run(*arguments: Any, **given: Any) -> Any:
        chosen = {name: given.pop(name) for name in options.NAMES}
        context = click.get_current_context()
        _refuse_empty(context)
        return command(session_of(context, chosen), *arguments, **given)

    return run  # type: ignore[return-value] # the same command, with the session filled in


# Options whose empty text says something: no title, and no encoding or column but what the content tells.
_MAY_BE_EMPTY = frozenset({"title", "encoding", "column", "labels", "live"})


def _refuse_empty(context: click.Context) -> None:
    """Nothing when every word that was typed says something.

    Raises:
        BadParameter: an argument or the value of an option is empty, as where a shell's variable is not set.
    """
    for parameter in context.command.params:
        value = context.params.get(str(parameter.name))
        empty = "" in value if isinstance(value, tuple) else value == ""
        if empty and parameter.name not in _MAY_BE_EMPTY:
            raise click.BadParameter("it is empty. Is a variable of the shell not set?", context, parameter)


def session_of(context: click.Context, given: dict[str, Any]) -> Session:
    """The session for the options before and after the command's name; those after it win."""
    root = context.find_root()
    before = root.params
    chosen = {name: given[name] if given[name] is not None else before.get(name) for name in options.NAMES}
    typed_options.set({name: str(chosen[name]) for name in ("region", "profile") if chosen[name] is not None})
    stage = chosen_stage() if chosen["stage"] is None else str(chosen["stage"])
    return Session(naming.check_stage(stage), chosen["region"], chosen["profile"], bool(chosen["json"]), root.obj or JsonDocument())
