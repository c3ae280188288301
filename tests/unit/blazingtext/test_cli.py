import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import blazingtext
from blazingtext.cli import crash_report, document, exit_codes
from blazingtext.cli import main as cli
from blazingtext.cli.exit_codes import EXIT_CODES
from blazingtext.cli.session import session_of
from blazingtext.client import BlazingText
from blazingtext.figures import duration
from blazingtext.stages import typed_options
from blazingtext_lifecycle.errors import LifecycleError
from tests.unit.blazingtext.cloud_fakes import FakeClient
from tests.unit.blazingtext.conftest import Typed
from tests.unit.lifecycle.aws_fakes import client_error


def test_help_loads_neither_boto3_nor_numpy_nor_rich() -> None:
    script = (
        "import sys; from blazingtext.cli.main import run; run(['--help']); "
        "print(sorted({'boto3', 'botocore', 'numpy', 'rich', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert said.stdout.splitlines()[-1] == "[]"
    assert "demo" in said.stdout


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_list_of_commands_says_what_each_command_says_itself(name: str) -> None:
    module, attribute, line = cli.COMMANDS[name]

    command = getattr(importlib.import_module(f"blazingtext.cli.{module}"), attribute)

    assert command.name == name
    assert (command.help or "").strip().splitlines()[0] == line
    assert len(line) <= 66, "the list would wrap at 80 columns"


def commands() -> Iterator[tuple[str, click.Command]]:
    for path, command in document.all_commands(cli.cli, ["blazingtext"]):
        if not isinstance(command, click.Group) and path[-1] != "sandbox":
            yield " ".join(path), command


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=[name for name, _ in commands()])
def test_every_command_takes_stage_json_region_and_profile(name: str, command: click.Command) -> None:
    assert {"stage", "json", "region", "profile"} <= {option.name for option in command.params}, name


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(typed: Typed) -> None:
    code, out, err = typed("nieghbors", "king")

    assert (code, out) == (2, "")
    assert 'Did you mean "neighbors"?' in err
    assert err.startswith("Usage: blazingtext [OPTIONS] COMMAND")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("approve", "See: blazingtext models approve --help"),
        ("bootstrap", "The CDK does that, once per account and region: cdk bootstrap"),
        (
            "delete",
            "To remove everything: cdk destroy --all -c stage=prod. What is left after that: blazingtext audit --stage prod",
        ),
        ("deploy", "The CDK does that: cdk deploy --all -c stage=prod"),
        ("destroy", "The CDK does that: cdk destroy --all -c stage=prod. What is left after that: blazingtext audit --stage prod"),
        ("down", "To end the sandbox: blazingtext sandbox down"),
        ("help", "See: blazingtext --help"),
        ("init", "Nothing is to be initialised: start with cdk deploy --all -c stage=prod, or see it all with blazingtext demo"),
        ("list", "The training jobs: blazingtext runs --stage prod. The sandboxes: blazingtext sandbox list"),
        ("ls", "The training jobs: blazingtext runs --stage prod. The sandboxes: blazingtext sandbox list"),
        ("ps", "The training jobs: blazingtext runs --stage prod. The endpoint: blazingtext status --stage prod"),
        ("up", "To start the sandbox: blazingtext sandbox up"),
        ("version", "See: blazingtext --version"),
    ],
)
def test_a_word_of_other_tools_is_answered_with_what_to_type_here(word: str, said: str, typed: Typed) -> None:
    code, out, err = typed("--stage", "prod", word)

    assert (code, out) == (2, "")
    assert said in " ".join(err.split())


def test_the_client_comes_from_the_package_itself() -> None:
    assert blazingtext.BlazingText is BlazingText
    with pytest.raises(AttributeError, match="Nothing"):
        _ = blazingtext.Nothing


def test_options_before_and_after_the_command_are_the_same_and_those_after_win() -> None:
    root = click.Context(cli.cli)
    root.params = {"stage": "prod", "json": True, "region": None, "profile": None}
    context = click.Context(click.Command("runs"), parent=root)

    before = session_of(context, {"stage": None, "json": None, "region": None, "profile": None})
    after = session_of(context, {"stage": "trial", "json": None, "region": "eu-west-1", "profile": None})

    assert (before.stage, before.json) == ("prod", True)
    assert (after.stage, after.region, after.command("runs")) == ("trial", "eu-west-1", "blazingtext runs --stage trial --region eu-west-1")


def test_the_stage_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZINGTEXT_STAGE", "prod")
    context = click.Context(click.Command("runs"))

    session = session_of(context, dict.fromkeys(("stage", "json", "region", "profile")))

    assert session.stage == "prod"
    assert session.command("runs") == "blazingtext runs"


def test_a_wrong_stage_is_an_error_that_one_can_fix(typed: Typed) -> None:
    code, out, err = typed("runs", "--stage", "Not-A-Stage")

    assert (code, out) == (2, "")
    assert "lowercase letters" in err


def test_an_error_is_a_json_document_when_json_was_asked_for(typed: Typed) -> None:
    code, out, err = typed("predict", "king", "--json", sagemaker_runtime=FakeClient(invoke_endpoint=_absent))

    assert code == 3
    assert json.loads(out)["error"]["type"] == "NotReady"
    assert json.loads(out)["error"]["exit_code"] == 3
    assert "Train and promote a model" in err


def _absent(**_: Any) -> None:
    raise client_error("ValidationError", "Endpoint blazingtext-dev of account 1 not found.")


@pytest.mark.parametrize(
    "arguments",
    [
        ("corpus", "prepare", "x", "-o", "y", "--labels", "kind"),
        ("corpus", "prepare", "x", "-o", "y", "--encoding", "klingon"),
        ("train",),
        ("train", "--corpus", "wiki", "--epochs", "many"),
        ("train", "--corpus", "wiki", "--tag", "novalue"),
        ("neighbors",),
        ("map", "--words", "1"),
    ],
)
def test_a_wrong_option_exits_with_two_and_prints_nothing_on_stdout(typed: Typed, arguments: tuple[str, ...]) -> None:
    code, out, err = typed(*arguments)

    assert (code, out) == (2, "")
    assert err


def test_a_reader_that_has_seen_enough_is_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("word " * 10 + "\n")

    command = [sys.executable, "-m", "blazingtext", "corpus", "stats", str(tmp_path / "a.txt"), "--json", "--top", "5"]
    script = ["bash", "-c", 'set -o pipefail; "$@" | head -c 1', "bash"]
    said = subprocess.run([*script, *command], capture_output=True, text=True, check=False)

    assert said.stdout == "{"
    assert "Traceback" not in said.stderr


def test_the_time_of_a_run_is_shown_as_people_say_it() -> None:
    assert [duration(seconds) for seconds in (0, 9.44, 59, 60, 125, 3600, 7325)] == [
        "0.0 s",
        "9.4 s",
        "59 s",
        "1 min 00 s",
        "2 min 05 s",
        "1 h 00 min",
        "2 h 02 min",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_words_that_the_encoding_of_the_terminal_lacks_are_told_all_the_same(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_text("straße λόγος\n", encoding="utf-8")
    command = [sys.executable, "-m", "blazingtext", "corpus", "stats", str(tmp_path / "a.txt"), "--top", "5"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}

    shown, told = (subprocess.run([*command, *extra], env=environment, capture_output=True, check=True) for extra in ([], ["--json"]))

    assert "straße 1, λόγος 1".encode(encoding, "backslashreplace") in shown.stdout
    assert json.loads(told.stdout.decode(encoding))["frequent"] == [["straße", 1], ["λόγος", 1]]


def test_the_table_of_exit_codes_names_every_code_that_a_command_ends_with() -> None:
    families = [LifecycleError]
    for family in families:
        families.extend(family.__subclasses__())

    assert {family.exit_code for family in families} | {0, crash_report.EXIT_CODE, 130} == set(EXIT_CODES)
    assert set(EXIT_CODES) == {0, 1, 2, 3, 4, 130}


def test_each_exit_code_has_a_row_of_its_own_in_markdown() -> None:
    heading, line, *rows = exit_codes.table().splitlines()

    assert (heading, line) == ("| exit code | meaning |", "|---|---|")
    assert [row.split(" | ")[0] for row in rows] == ["| 0", "| 1", "| 2", "| 3", "| 4", "| 130"]
    beginnings = ("done |", "it failed: ", "you can fix it: ", "not ready yet: ", "a bug: ", "interrupted; ")
    for row, beginning in zip(rows, beginnings, strict=True):
        assert row.split(" | ", 1)[1].startswith(beginning)
        assert row.endswith(" |")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands_and_options(shell: str) -> None:
    def ask(instruction: str, **more: str) -> str:
        environment = {**os.environ, "_BLAZINGTEXT_COMPLETE": f"{shell}_{instruction}", **more}
        command = [sys.executable, "-c", "from blazingtext.cli.main import main; main()"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout

    assert "_BLAZINGTEXT_COMPLETE" in ask("source")
    if shell == "bash":
        assert "promote" in ask("complete", COMP_WORDS="blazingtext prom", COMP_CWORD="1")
        assert "--corpus" in ask("complete", COMP_WORDS="blazingtext train --cor", COMP_CWORD="2")


@pytest.mark.parametrize("ending", [["corpus", "stats", "no.txt"], ["no-such-command"], ["--help"]])
def test_what_was_typed_is_forgotten_when_the_command_ends(typed: Typed, ending: list[str]) -> None:
    typed("--region", "eu-west-1", "--profile", "work", *ending)

    assert dict(typed_options.get()) == {}
