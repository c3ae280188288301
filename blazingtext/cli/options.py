"""What all commands share: the options that may stand before or after the command's name, and the objects they make."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import boto3
import click

from blazingtext_lifecycle import naming

from ..client import BlazingText
from ..cloud import Cloud
from ..errors import translating_aws_errors
from .output import Output

Command = TypeVar("Command", bound=Callable[..., Any])
_SHARED = ("stage", "region", "profile", "json")


@dataclass(frozen=True)
class Session:
    """One invocation of the command line.

    Args:
        stage: the stage's name.
        region: overrides the environment's region.
        profile: overrides the environment's profile.
        json: print JSON.
    """

    stage: str = naming.DEFAULT_STAGE
    region: str | None = None
    profile: str | None = None
    json: bool = False

    @cached_property
    def output(self) -> Output:
        """Where to print."""
        return Output(json=self.json)

    @cached_property
    def client(self) -> BlazingText:
        """The stage's client."""
        with translating_aws_errors("use the AWS settings"):
            return BlazingText(self.stage, boto3.Session(region_name=self.region, profile_name=self.profile))

    @property
    def cloud(self) -> Cloud:
        """The stage's clients."""
        return self.client.cloud

    def command(self, typed: str) -> str:
        """A command to type next, for the same stage."""
        return f"blazingtext {typed}" + ("" if self._stage_is_understood else f" --stage {self.stage}")

    @property
    def _stage_is_understood(self) -> bool:
        return self.stage == os.environ.get("BLAZINGTEXT_STAGE", naming.DEFAULT_STAGE)


def shared(command: Command) -> Command:
    """Adds the options that every command has, and hands the command a `Session` as its first argument."""
    wrapped = _with_session(command)
    for option in reversed(OPTIONS):
        wrapped = option(wrapped)
    return wrapped


OPTIONS = (
    click.option("--stage", metavar="NAME", help="The stage [default: dev, or BLAZINGTEXT_STAGE]."),
    click.option("--region", metavar="REGION", help="AWS region [default: the environment's]."),
    click.option("--profile", metavar="NAME", help="AWS profile [default: the environment's]."),
    click.option("--json", is_flag=True, default=None, help="Print one JSON document."),
)


def _with_session(command: Command) -> Command:
    def run(*arguments: Any, **options: Any) -> Any:
        given = {name: options.pop(name) for name in _SHARED}
        return command(session_of(click.get_current_context(), given), *arguments, **options)

    run.__name__ = command.__name__
    run.__doc__ = command.__doc__
    # Options that decorators below have attached already.
    run.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined] # click's own way
    return run  # type: ignore[return-value] # the same command, with the session filled in


def session_of(context: click.Context, given: dict[str, Any]) -> Session:
    """The session that the options before and after the command's name make; those after win."""
    before = context.find_root().params
    chosen = {name: given[name] if given[name] is not None else before.get(name) for name in _SHARED}
    stage = os.environ.get("BLAZINGTEXT_STAGE", naming.DEFAULT_STAGE) if chosen["stage"] is None else str(chosen["stage"])
    return Session(naming.check_stage(stage), chosen["region"], chosen["profile"], bool(chosen["json"]))
