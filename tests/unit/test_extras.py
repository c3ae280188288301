"""What the parts import, what pyproject.toml lists for them, and what is said where it is missing are one."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

from blazingtext_lifecycle import extras
from blazingtext_lifecycle.errors import UserError

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FOLDERS = {
    "cdk": ("stacks",),
    "deduplicate": ("blazingtext/deduplication",),
    "engine": ("engine", "blazingtext/compiled"),
    "export": ("blazingtext/exchange",),
    "look": ("blazingtext/vectors", "blazingtext/classifiers"),
    "mlflow": ("blazingtext/tracking",),
    "notebook": ("blazingtext/notebook",),
    "sagemaker": ("blazingtext/sdk",),
    "sandbox": ("sandbox",),
}
# A distribution that is another's other half, and of a version that the other one chooses.
OTHER_HALVES = {"botocore": "boto3", "jsii": "aws-cdk-lib", "llvmlite": "numba"}
# Asked for where it is loaded already.
OF_A_NOTEBOOK = {"IPython"}
# AWS's Spark image brings it.
OF_A_JOB = {"pyspark"}
# From Python 3.14 on.
IN_LATER_STANDARD_LIBRARIES = {"compression"}


def requirements(lines: list[str]) -> set[str]:
    return {re.split(r"[\[<>=; ]", line, maxsplit=1)[0] for line in lines} - {"blazingtext-cdk"}


def imported(*folders: str, but: tuple[str, ...] = ()) -> set[str]:
    """The modules of other people that some folders import when they run."""
    paths = {path for folder in folders for path in (ROOT / folder).rglob("*.py")}
    names = {
        name
        for path in paths
        if not any(path.is_relative_to(ROOT / folder) for folder in but)
        for name in _names(ast.parse(path.read_bytes()))
    }
    ours = {name for name in names if name.startswith("blazingtext")}
    return names - ours - sys.stdlib_module_names - IN_LATER_STANDARD_LIBRARIES


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0]
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "importlib.import_module":
        yield from re.findall(r"^f?'(\w+)\.", ast.unparse(node.args[0]))
    for child in ast.iter_child_nodes(node):
        yield from _names(child)


def distributions(modules: set[str]) -> set[str]:
    known = metadata.packages_distributions()
    # Several distributions may share a module; all but one belong to the lists of their own parts.
    return {OTHER_HALVES.get(name, name) for module in modules for name in _choices(known[module])}


def _choices(names: list[str]) -> set[str]:
    found = {re.sub(r"[._]", "-", name).lower() for name in names}
    return found & {"aws-cdk-lib"} or found


def test_a_plain_installation_has_what_the_command_and_the_functions_import() -> None:
    modules = imported("blazingtext", "lambda", but=tuple(folder for extra in FOLDERS.values() for folder in extra))

    assert distributions(modules - OF_A_NOTEBOOK - OF_A_JOB) == requirements(PROJECT["dependencies"])


@pytest.mark.parametrize("extra", sorted(FOLDERS))
def test_an_extra_has_what_its_part_imports(extra: str) -> None:
    base = requirements(PROJECT["dependencies"])
    # The scripts beside the data write it anew, in a checkout with everything that the tests need.
    modules = {module for module in imported(*FOLDERS[extra], but=("sandbox/data",)) if not distributions({module}) <= base}

    # What a part asks for by another way than an import (a server's parser, say) may be listed besides.
    assert distributions(modules) <= requirements(PROJECT["optional-dependencies"][extra])
    assert modules == set(extras.MODULES[extra])


def test_there_is_an_extra_for_each_part_and_one_for_all_of_them() -> None:
    (everything,) = PROJECT["optional-dependencies"]["all"]

    assert set(PROJECT["optional-dependencies"]) == {*extras.MODULES, "all"}
    assert everything == f"blazingtext-cdk[{','.join(sorted(extras.MODULES.keys() - extras.APART))}]"


def test_a_requirement_that_two_lists_name_has_one_range() -> None:
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    lines = {line for listed in lists for line in listed if not line.startswith("blazingtext-cdk")}

    assert len(lines) == len(requirements(list(lines)))


@pytest.fixture(name="absent")
def _absent(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def remove(*modules: str) -> None:
        monkeypatch.setattr(extras, "find_spec", lambda module: None if module in modules else object())
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    return remove


def test_an_extra_that_is_there_is_not_mentioned(absent: Callable[..., None]) -> None:
    absent("sklearn")
    before = sys.excepthook

    extras.require("sandbox")

    assert sys.excepthook is before


@pytest.mark.parametrize(
    ("extra", "modules", "words"),
    [
        ("look", ["sklearn"], f'This needs sklearn, which is not installed in {sys.prefix}: pip install "blazingtext-cdk[look]"'),
        (
            "sandbox",
            ["trustme", "psutil", "sklearn"],
            f'This needs psutil, trustme, which are not installed in {sys.prefix}: pip install "blazingtext-cdk[sandbox]"',
        ),
        ("all", ["sklearn"], f'This needs sklearn, which is not installed in {sys.prefix}: pip install "blazingtext-cdk[all]"'),
    ],
)
def test_a_missing_extra_is_one_sentence_with_the_command(absent: Callable[..., None], extra: str, modules: list[str], words: str) -> None:
    absent(*modules)

    with pytest.raises(extras.MissingExtraError) as caught:
        extras.require(extra)

    assert str(caught.value) == words
    assert caught.value.exit_code == 2
    assert isinstance(caught.value, UserError)
    assert isinstance(caught.value, ImportError)


PROGRAM = """
import importlib.util, sys
from blazingtext_lifecycle import extras
extras.find_spec = lambda module: None
sys.excepthook = lambda kind, error, trace: print("a hook of the program's own:", error)
{then}
"""


def run(then: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", PROGRAM.format(then=then)], capture_output=True, text=True, check=False)


def test_a_program_that_does_not_catch_it_ends_with_the_sentence_and_exit_code_2() -> None:
    ended = run('extras.require("cdk")')

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert re.fullmatch(r'This needs aws_cdk, constructs, jsii, which .*: pip install "blazingtext-cdk\[cdk\]"\n', ended.stderr)


def test_the_interpreters_last_word_about_it_is_the_sentence_and_exit_code_2(
    absent: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    others: list[object] = []
    monkeypatch.setattr(sys, "excepthook", lambda *told: others.append(told))
    absent("sklearn")
    with pytest.raises(extras.MissingExtraError) as caught:
        extras.require("look")

    with pytest.raises(SystemExit) as ended:
        sys.excepthook(type(caught.value), caught.value, None)

    assert ended.value.code == 2
    assert capsys.readouterr().err == f"{caught.value}\n"
    assert others == []


def test_a_program_that_does_without_the_part_keeps_its_own_way_with_other_errors() -> None:
    ended = run('try: extras.require("cdk")\nexcept ImportError: pass\nraise KeyError("its own")')

    assert ended.returncode == 1
    assert ended.stdout == "a hook of the program's own: 'its own'\n"


def test_another_uncaught_error_is_left_to_who_was_there_before(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[object, ...]] = []
    monkeypatch.setattr(sys, "excepthook", lambda *said: heard.append(said))
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(extras.MissingExtraError):
        extras.require("look")
    error = ValueError("x")

    sys.excepthook(ValueError, error, None)

    assert heard == [(ValueError, error, None)]
