"""The options that every command takes, before or after the command's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from blazingtext_lifecycle import naming

Command = TypeVar("Command", bound=Callable[..., Any])

NAMES = ("stage", "region", "profile", "json")
_OPTIONS = (
    click.option("--stage", metavar="NAME", help=f"The stage [default: {naming.DEFAULT_STAGE}, or BLAZINGTEXT_STAGE]."),
    click.option("--region", metavar="REGION", help="AWS region [default: the environment's]."),
    click.option("--profile", metavar="NAME", help="AWS profile [default: the environment's]."),
    click.option("--json", is_flag=True, default=None, help="Print one JSON document instead of tables."),
)


def common_options(command: Command) -> Command:
    """Adds the options to a command or a group."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
