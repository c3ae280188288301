"""Whether a forked command is what a started one is: its result, exit code, environment, folder and end."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.forked_commands import CommandServer, exit_code_of
from tests.patience import PATIENCE

ENVIRONMENT = {"PATH": os.environ["PATH"], "AWS_CONFIG_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(scope="module")
def server() -> Iterator[CommandServer]:
    made = CommandServer()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--version"], 0), (["corpus", "stats", "text.txt", "--json"], 0), (["corpus", "stats", "nothing.txt"], 2), (["nonsense"], 2)],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_forked_command_says_and_ends_as_a_started_one_does(words: list[str], code: int, server: CommandServer, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("ein paar Wörter\nund noch eine Zeile\n" * 100, encoding="utf-8")
    started = subprocess.run(["blazingtext", *words], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False, timeout=PATIENCE)

    forked = server.run(words, environment=ENVIRONMENT, folder=tmp_path, timeout=PATIENCE)

    assert (forked.returncode, forked.stdout, forked.stderr) == (started.returncode, started.stdout, started.stderr)
    assert forked.returncode == code


def test_each_has_an_environment_of_its_own(server: CommandServer, tmp_path: Path) -> None:
    said = [
        server.run(["status", "--json"], environment={**ENVIRONMENT, **more}, folder=tmp_path, timeout=PATIENCE)
        for more in ({"AWS_ENDPOINT_URL": "nonsense", "AWS_DEFAULT_REGION": "us-east-1"}, {})
    ]

    assert [("AWS_ENDPOINT_URL" in each.stderr.decode(), "No region is chosen" in each.stderr.decode()) for each in said] == [
        (True, False),
        (False, True),
    ]
    assert {each.returncode for each in said} == {2}


def test_one_that_takes_too_long_is_killed(server: CommandServer, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "never.txt")

    with pytest.raises(subprocess.TimeoutExpired):
        server.run(["corpus", "prepare", "never.txt", "-o", "out.txt"], environment=ENVIRONMENT, folder=tmp_path, timeout=1)

    after = server.run(["--version"], environment=ENVIRONMENT, folder=tmp_path, timeout=PATIENCE)
    assert after.returncode == 0


def test_one_whose_start_would_differ_is_not_forked(server: CommandServer, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = dict(os.environ)
    # The server goes on with what it read at its own start.
    monkeypatch.setenv("LC_ALL", "tlh")

    assert server.suits({**begun, "AWS_REGION": "eu-west-1"})
    assert not server.suits(os.environ)
    assert not server.suits({**begun, "PYTHONUTF8": "0" if begun.get("PYTHONUTF8") == "1" else "1"})


def raising(error: BaseException) -> Callable[[], None]:
    def program() -> None:
        raise error

    return program


@pytest.mark.parametrize(
    ("program", "code", "said"),
    [
        (lambda: 3, 0, ""),
        (raising(SystemExit()), 0, ""),
        (raising(SystemExit(3)), 3, ""),
        (raising(SystemExit("words")), 1, "words\n"),
        (raising(ValueError("a bug")), 1, "ValueError: a bug\n"),
        (raising(KeyboardInterrupt("a bug")), 1, "KeyboardInterrupt: a bug\n"),
    ],
    ids=["returns", "exits", "exits with a code", "exits with words", "raises", "is interrupted"],
)
def test_the_exit_code_and_the_last_words_are_pythons(
    program: Callable[[], object], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(program) == code
    assert capsys.readouterr().err.endswith(said)
