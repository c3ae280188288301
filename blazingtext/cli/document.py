"""`python -m blazingtext.cli.document` writes docs/cli.md from the commands' own help; a test keeps the page up to date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from .exit_codes import table
from .main import cli

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
_WIDTH = 100
_HEAD = """# The command line

Results go to stdout; progress, warnings and the next command to type go to stderr, so every command can be used in a pipe.
`--json` prints one JSON document instead of a table, also for errors. Options may come before or after the command.

{exit_codes}

| variable | meaning |
|---|---|
| `BLAZINGTEXT_STAGE` | the stage, when no `--stage` is given |
| `XDG_STATE_HOME` | reports of bugs are kept in its folder blazingtext/crashes (default: `~/.local/state`) |
| `BLAZINGTEXT_CACHE` | where downloaded models are kept (default: `blazingtext` in the user's cache folder) |
| `BLAZINGTEXT_SANDBOX_HOME` | where sandboxes keep their state |
| `AWS_ENDPOINT_URL`, `AWS_PROFILE`, `AWS_DEFAULT_REGION`, ... | what boto3 reads, so not `AWS_REGION`: AWS or a sandbox |

Commands and options are completed by the shell after `eval "$(_BLAZINGTEXT_COMPLETE=bash_source blazingtext)"`; `zsh_source` and
`fish_source` are for those shells.

This page is written by `python -m blazingtext.cli.document` from the commands' own `--help`.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD.replace("{exit_codes}", table()), *_sections()])


def _sections() -> Iterator[str]:
    for path, command in all_commands(cli, ["blazingtext"]):
        heading = "#" * min(len(path) + 1, 3)
        yield f"{heading} {' '.join(path)}\n\n```text\n{_help(path, command)}\n```\n"


def all_commands(command: click.Command, path: list[str]) -> Iterator[tuple[list[str], click.Command]]:
    """A command and all below it, each with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        with click.Context(command, info_name=path[-1]) as context:
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                if below is not None:
                    yield from all_commands(below, [*path, name])


def _help(path: list[str], command: click.Command) -> str:
    # The width is fixed: the page must not depend on the terminal that it is written from.
    context_settings = {**cli.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    with click.Context(command, info_name=" ".join(path), **context_settings) as context:
        return command.get_help(context)


def main() -> None:
    """Writes the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
