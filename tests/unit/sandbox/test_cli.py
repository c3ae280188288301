from typing import NoReturn

import pytest
from click.testing import CliRunner

from blazingtext_sandbox import cli


def interrupted() -> NoReturn:
    raise KeyboardInterrupt


def test_a_command_that_is_interrupted_ends_with_130_and_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "all_sandboxes", interrupted)

    ended = CliRunner().invoke(cli.main, ["list"])

    assert (ended.exit_code, ended.output) == (130, "")
