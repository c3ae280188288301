"""What the runbook quotes is what a person sees and can type: messages, commands, settings, permissions and files are those of the code."""

import ast
import importlib.util
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from blazingtext.cli import document
from blazingtext.cli import main as cli
from blazingtext_lifecycle import naming
from blazingtext_stacks.settings import Settings, context_key

ROOT = Path(__file__).parents[2]
OURS = tuple(ROOT / name for name in ("blazingtext", "engine", "lambda", "sandbox", "stacks"))
HEADING = re.compile(r"^### (.*)$", re.MULTILINE)
# What differs from one time to the next: `...` (`...Name...` is a part of a name), `<stage>`, names in quotes, types of instances and of
# content, numbers.
VARYING = re.compile(r"(?<!\S)\.\.\.(?=\w)|(?<=\w)\.\.\.(?!\S)|(?<!\S)\S*\.\.\.\S*|\S*<\w+>\S*|'[^']*'|\bml\.[\w.]+|\b\w+/[\w-]+|\b\d+\b")


def quoted() -> list[str]:
    """What stands in backticks in the headings."""
    headings = HEADING.findall((ROOT / "docs/runbook.md").read_text(encoding="utf-8"))
    return [message for heading in headings for message in re.findall(r"`([^`]+)`", heading)]


@cache
def texts() -> tuple[str, ...]:
    """Every text of the code, docstrings excepted, and of the emulated CloudFormation; what an f-string fills in is a space."""
    spec = importlib.util.find_spec("ministack.services.cloudformation")
    assert spec is not None
    assert spec.origin is not None
    return tuple(text for folder in (*OURS, Path(spec.origin).parent) for path in folder.rglob("*.py") for text in texts_of(path))


def texts_of(path: Path) -> Iterator[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else " " for part in node.values)


def says(text: str, message: str) -> bool:
    """Whether a text holds what does not vary in a message, in its order."""
    parts = [re.escape(part.strip(" .")) for part in VARYING.split(message)]
    return re.search(".*".join(rf"\b{part}\b" for part in parts if part), text, re.DOTALL) is not None


def test_the_runbook_quotes_messages() -> None:
    assert len(quoted()) > 8


@pytest.mark.parametrize("message", quoted())
def test_what_the_runbook_quotes_is_said_by_the_code(message: str) -> None:
    assert any(says(text, message) for text in texts())


# --- what stands below the headings -------------------------------------------------------------------------------------------------------

AWS = botocore.session.get_session()
CDK_VERBS = {"deploy", "destroy"}
# https://github.com/awslabs/generative-ai-cdk-constructs/issues/959 quotes CloudFormation.
AWS_SAYS = {"Cannot delete export ... as it is in use by ..."}


def explained() -> list[str]:
    """What stands in backticks below the headings, each once."""
    text = HEADING.sub("", (ROOT / "docs/runbook.md").read_text(encoding="utf-8"))
    return sorted(set(re.findall(r"`([^`]+)`", text)))


def options() -> set[str]:
    """Every option of every command of ours, with its other spellings."""
    commands = document.all_commands(cli.cli, ["blazingtext"])
    return {
        name
        for _, command in commands
        for option in command.params
        for name in (*option.opts, *option.secondary_opts)
        if name.startswith("--")
    }


def check_aws(words: list[str]) -> None:
    """An AWS CLI command: service, operation and options are in AWS's own model of the service."""
    service, operation, *rest = words
    model = AWS.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(operations[operation]).input_shape
    assert shape is not None
    wanted = {word.removeprefix("--") for word in rest if word.startswith("--")}
    assert wanted <= {xform_name(member, "-") for member in shape.members}


def check_cdk(words: list[str]) -> None:
    """A command of the CDK: its verb, and settings of ours with values that they may have."""
    assert words[0] in CDK_VERBS
    for flag, value in pairwise(words):
        if flag == "-c":
            check_setting(*value.split("=", 1))


def check_setting(name: str, value: str) -> None:
    Settings.from_context({name: {"true": True, "false": False}.get(value, value)})


def check_permission(service: str, operation: str) -> None:
    """An action of IAM that is the name of an operation."""
    assert operation in AWS.get_service_model(service).operation_names


def check_keyword(name: str, value: str) -> None:
    """A parameter as some call in our code gives it."""
    found = (node for folder in OURS for path in folder.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    keywords = (node for node in found if isinstance(node, ast.keyword) and node.arg == name and isinstance(node.value, ast.Constant))
    assert any(str(keyword.value.value) == value for keyword in keywords if isinstance(keyword.value, ast.Constant))


def check_words(text: str) -> None:
    """A setting, or what the code says."""
    names = {context_key(name) for name in Settings.__dataclass_fields__}
    assert text in names or text in AWS_SAYS or any(says(each, text) for each in texts())


def check_file(path: str) -> None:
    assert (ROOT / path).is_file()


def check_log_group(name: str) -> None:
    assert name == naming.endpoint_log_group("<stage>")


def check_option(name: str) -> None:
    assert name in options()


# Each text is checked by the first that it matches, with the groups of the pattern.
CHECKS: list[tuple[str, Callable[..., None]]] = [
    (r"blazingtext .*", lambda: None),  # typed by test_commands.py, with every other page's
    (r"aws (.*)", lambda rest: check_aws(rest.split())),
    (r"cdk (.*)", lambda rest: check_cdk(rest.split())),
    (r"(-c .*)", lambda rest: check_cdk(["deploy", *rest.split()])),
    (r'"(\w+)": (\w+)', check_setting),
    (r"([a-z]+):([A-Z]\w+)", check_permission),
    # An option of the command that the sentence goes on with.
    (r"(--rollback-configuration) RollbackTriggers=\[\]", lambda option: check_aws(["cloudformation", "update-stack", option])),
    (r"(--[a-z-]+).*", check_option),
    (r"stages/<stage>(\.json)", lambda suffix: check_file(f"stages/{naming.DEFAULT_STAGE}{suffix}")),
    (r"(stages/.*)", check_file),
    (r"(/aws/.*)", check_log_group),
    (r"([a-z]+(?:_[a-z]+)+)", lambda name: check_file(f"lambda/{name}.py")),
    (r"(\w+)(?:=|: )(\S+)", check_keyword),
    (r"(.*)", check_words),
]


@pytest.mark.parametrize("quoted", explained())
def test_what_the_runbook_explains_with_is_there(quoted: str) -> None:
    for pattern, check in CHECKS:
        if found := re.fullmatch(pattern, quoted):
            check(*found.groups())
            return


def test_the_runbook_explains_with_every_kind_of_thing() -> None:
    used = {next(pattern for pattern, _ in CHECKS if re.fullmatch(pattern, quoted)) for quoted in explained()}

    assert used == {pattern for pattern, _ in CHECKS}
