import subprocess
import sys
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


def test_a_command_loads_neither_the_server_nor_what_makes_clients_and_certificates() -> None:
    script = (
        "import sys, blazingtext_sandbox.cli; "
        "print(sorted({'boto3', 'numpy', 'hypercorn', 'trustme', 'ministack', 'blazingtext_sandbox.assembly'} & set(sys.modules)))"
    )

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert said.stdout == "[]\n"
