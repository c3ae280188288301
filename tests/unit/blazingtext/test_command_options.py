"""The options of every command: what their help says is what they are."""

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from blazingtext.cli import (
    audit,
    compare,
    corpus,
    costs,
    demo,
    document,
    download,
    evaluate,
    exit_codes,
    explore,
    export,
    local,
    models,
    options,
    predict,
    preflight,
    runs,
    sandbox,
    serving,
    shadow,
    tracking,
    train,
    transform,
    tune,
    tunings,
    upload,
    vectors,
    verify,
)
from blazingtext.cli import main as cli
from blazingtext_lifecycle import combinations, hyperparameters
from tests.unit.blazingtext.cloud_fakes import FakeLauncher
from tests.unit.blazingtext.conftest import Typed

# Named, so that a change of any of them is a change of what is tested here.
MODULES = (
    audit, compare, corpus, costs, demo, download, evaluate, explore, export, local, models, predict, preflight, runs, sandbox, serving,
    shadow, tracking, train, transform, tune, tunings,
    upload, vectors, verify,
)  # fmt: skip


def test_every_module_of_commands_is_in_the_list_of_commands() -> None:
    assert {module for module, _, _ in cli.COMMANDS.values()} == {module.__name__.rpartition(".")[2] for module in MODULES}
    for module, attribute, _ in cli.COMMANDS.values():
        assert isinstance(getattr(importlib.import_module(f"blazingtext.cli.{module}"), attribute), click.Command)


def test_the_page_of_commands_is_up_to_date() -> None:
    assert document.PAGE.read_text(encoding="utf-8") == document.page(), "run: python -m blazingtext.cli.document"


def test_the_page_is_written_where_it_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(document, "PAGE", tmp_path / "cli.md")
    # The page must not depend on the terminal that it is written from.
    monkeypatch.setenv("COLUMNS", "60")

    document.main()

    text = (tmp_path / "cli.md").read_text(encoding="utf-8")
    assert text == document.page()
    assert max(len(line) for line in re.findall(r"```text\n(.*?)```", text, re.DOTALL) for line in line.splitlines()) > 90
    assert exit_codes.table() in text
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings[:3] == ["# The command line", "## blazingtext", "### blazingtext preflight"]
    assert {"### blazingtext corpus", "### blazingtext corpus prepare"} < set(headings)


def all_options() -> Iterator[tuple[str, click.Option]]:
    for path, command in document.all_commands(cli.cli, ["blazingtext"]):
        for option in command.params:
            if isinstance(option, click.Option):
                yield f"{' '.join(path[1:])} --{option.name}".strip(), option


# What a default is called that is not a value: the other programs' or the stage's own, or what an empty one stands for.
WORDS = {
    "auto-rollback": True,
    "wait": True,
    "replace": True,
    "refuse them": "",
    "when a column is named": None,
    # The function's own, for they depend on strategy and limits.
    "10; of Grid: all": None,
    "2": None,
    "one for each usable core": None,
    "Bayesian": None,
}
ELSEWHERE = re.compile(r"dev, or BLAZINGTEXT_STAGE|the (environment's|stage's|first file's|newest|previous|live one).*")


def test_a_default_is_what_its_help_says() -> None:
    for name, option in all_options():
        default = option.to_info_dict()["default"]
        said = re.findall(r"\[default: (.*?)\]", option.help or "")
        if not said:
            assert default in (None, "", False, ()), name
        elif ELSEWHERE.fullmatch(said[0]) or re.sub("^(local train|train|tune) --", "", name) in hyperparameters.TABLE:
            assert default is None, f"{name}: somebody else decides"
        else:
            assert default == WORDS[said[0]] if said[0] in WORDS else str(default) == said[0], name


def test_these_may_be_repeated_and_no_others() -> None:
    repeatable = {name for name, option in all_options() if option.multiple}
    assert repeatable == {
        "upload --validation",
        "train --tag",
        "transform --tag",
        "corpus prepare --tag",
        "tune --tag",
        "tune --warm_start",
        "evaluate --pairs",
        "evaluate --on",
        "compare --models",
        "compare --pairs",
        "explore --models",
        "local train --validation",
        "map --own",
        "runs --filters",
        "audit --regions",
    }


def test_these_have_short_forms_and_no_others() -> None:
    short = {(name, each) for name, option in all_options() for each in option.opts if not each.startswith("--")}
    assert short == {
        ("corpus prepare --output", "-o"), ("corpus phrases --output", "-o"),
        ("map --output", "-o"), ("demo --output", "-o"), ("logs --follow", "-f"),
        ("runs --limit", "-n"), ("tunings --limit", "-n"), ("tuning --follow", "-f"), ("mlflow --limit", "-n"),
        ("transforms --limit", "-n"), ("corpus jobs --limit", "-n"),
        ("models list --limit", "-n"), ("neighbors --count", "-n"), ("analogy --count", "-n"),
        ("audit --yes", "-y"), ("predict --k", "-k"), ("compare --output", "-o"),
        ("evaluate --output", "-o"), ("local train --output", "-o"),
        ("explore --output", "-o"), ("export --output", "-o"), ("download --output", "-o"),
    }  # fmt: skip


def test_the_shared_options_come_first_to_last_on_every_command() -> None:
    for path, command in document.all_commands(cli.cli, ["blazingtext"]):
        names = [option.name for option in command.params if option.name in options.NAMES]
        takes_none = path[-1] == "sandbox" or path in (["blazingtext", "corpus"], ["blazingtext", "models"], ["blazingtext", "local"])
        assert names == ([] if takes_none else ["stage", "region", "profile", "json"]), path


@pytest.mark.parametrize(
    "command",
    [
        "corpus prepare in.txt -o folder",
        "corpus sample folder",
        "corpus fetch text8 folder",
        "corpus fetch text8 --archive folder",
        "corpus fetch text9",
        "upload folder",
        "upload in.txt --validation folder",
        "evaluate --pairs folder",
        "map -o folder",
        "corpus prepare in.txt -o out.txt --min-words 0",
        "corpus prepare in.txt -o out.txt --max-words 1",
        "corpus prepare in.txt -o out.txt --numbers some",
        "corpus prepare in.txt -o out.txt --punctuation some",
        "corpus prepare in.txt",
        "corpus prepare -o out.txt",
        "corpus stats in.txt --min-count -1",
        "corpus stats in.txt --top -1",
        "train --corpus wiki --mode other",
        "train --corpus wiki --instance-count 0",
        "train --corpus wiki --volume 0",
        "train --corpus wiki --max-runtime 0",
        "train --corpus wiki --max-wait 0",
        "train --corpus wiki --learning-rate fast",
        "train --corpus wiki --epochs 1.5",
        "train --corpus wiki --subwords perhaps",
        "status --timeout 0",
        "upload",
        "predict",
        "analogy a b",
    ],
)
def test_a_value_that_an_option_does_not_take_ends_with_two(
    typed: Typed, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("in.txt").write_text("some words\n")

    code, out, err = typed(*command.split())

    assert (code, out) == (2, "")
    assert err.startswith("Usage: blazingtext ")
    assert not Path("out.txt").exists()


def test_every_option_of_train_reaches_the_launcher(typed: Typed) -> None:
    launcher = FakeLauncher(
        {"jobName": "blazingtext-dev-x", "jobArn": "a", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": []}
    )
    numbers = {name: {"integer": 7, "float": 0.5, "boolean": True}[row.kind] for name, row in hyperparameters.TABLE.items()}
    typed_numbers = [word for name, value in numbers.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    more = (
        "--mode cbow --instance-type ml.c5.2xlarge --instance-count 1 --volume 1 --max-runtime 1 --max-wait 2 --no-spot --tag a=b --retry"
    )

    code, _, _ = typed("train", "--corpus", "wiki", *typed_numbers, *more.split(), "--tag", "c=", **{"lambda": launcher})

    assert code == 0
    assert launcher.events[-1:] == [
        {
            "corpus": "wiki",
            "mode": "cbow",
            "hyperparameters": numbers,
            "instance": {"type": "ml.c5.2xlarge", "count": 1, "volumeGb": 1},
            "limits": {"maxRuntimeSeconds": 1, "maxWaitSeconds": 2},
            "spot": False,
            "tags": {"a": "b", "c": ""},
            "retry": True,
        }
    ]


def test_an_option_of_train_says_what_it_is_and_where_it_belongs() -> None:
    helps = {option.name: option.help or "" for option in train.train.params if isinstance(option, click.Option)}
    for name, row in hyperparameters.TABLE.items():
        family = {combinations.MODES: "", combinations.SUPERVISED: " supervised only."}.get(row.modes, " Word2Vec only.")
        assert helps[name].lower() == f"{row.meaning} [default: {hyperparameters.text(row.default)}].{family}".lower()
        assert helps[name][0].isupper()


def test_a_tag_without_a_value_is_named_with_its_option(typed: Typed) -> None:
    _, _, err = typed("train", "--corpus", "wiki", "--tag", "a=b", "--tag", "c")
    assert "Invalid value for --tag: 'c' has no '='; write KEY=VALUE." in err
    _, _, err = typed("corpus", "prepare", "x", "-o", "y", "--encoding", "klingon")
    assert "Invalid value for --encoding: 'klingon' is not an encoding" in err


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        (["up", "--name", "a"], ["up", "--name", "a"]),
        (["--help"], ["--help"]),
        (["status", "--json"], ["status", "--json"]),
        (["logs", "--json"], ["logs", "--json"]),
    ],
)
@pytest.mark.parametrize("json", [True, False])
def test_the_sandbox_is_another_program_that_is_handed_everything(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, arguments: list[str], called: list[str], json: bool
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], *, check: bool) -> subprocess.CompletedProcess[str]:
        assert check is False
        commands.append(command)
        return subprocess.CompletedProcess(command, 7)

    monkeypatch.setattr("subprocess.run", run)

    code, _, _ = typed(*["--json"] * json, "sandbox", *arguments)

    extra = ["--json"] if json and arguments[0] not in ("logs", "status") else []
    assert (code, commands) == (7, [[sys.executable, "-m", "blazingtext_sandbox", *called, *extra]])


def test_what_a_sandbox_runs_is_given_no_json(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("subprocess.run", run)

    typed("--json", "sandbox", "run", "--", "aws", "s3", "ls")

    assert commands[0][3:] == ["run", "--", "aws", "s3", "ls"] or commands[0][3:] == ["run", "aws", "s3", "ls"]


# By the word: what is to be typed here instead.
MEANT = {
    "bootstrap": "cdk bootstrap",
    "delete": "cdk destroy --all. What is left after that: blazingtext audit",
    "deploy": "cdk deploy --all",
    "destroy": "cdk destroy --all. What is left after that: blazingtext audit",
    "down": "blazingtext sandbox down",
    "help": "blazingtext --help",
    "init": "cdk deploy --all",
    "list": "blazingtext runs",
    "ls": "blazingtext runs",
    "ps": "blazingtext status",
    "up": "blazingtext sandbox up",
    "version": "blazingtext --version",
}


@pytest.mark.parametrize(("word", "answer"), MEANT.items())
def test_a_word_of_another_tool_is_answered_with_what_is_typed_here(typed: Typed, word: str, answer: str) -> None:
    code, out, err = typed(word)

    assert (code, out) == (2, "")
    assert answer in err
    assert "Did you mean" not in err


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("destroy", "cdk destroy --all -c stage=prod. What is left after that: blazingtext audit --stage prod"),
        ("deploy", "cdk deploy --all -c stage=prod"),
        ("ps", "blazingtext runs --stage prod. The endpoint: blazingtext status --stage prod"),
    ],
)
def test_it_is_answered_for_the_stage_that_was_named(typed: Typed, word: str, answer: str) -> None:
    assert answer in typed("--stage", "prod", word)[2]


def test_it_is_answered_for_the_stage_of_the_environment(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZINGTEXT_STAGE", "prod")

    assert "cdk destroy --all -c stage=prod." in typed("destroy")[2]
