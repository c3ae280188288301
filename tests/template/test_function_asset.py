"""What is deployed as the code of the functions: their modules as they are now, and nothing else."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aws_cdk as cdk
import aws_cdk.aws_lambda as lambda_
import pytest

from blazingtext_stacks.function_asset import LIFECYCLE, copy_modules, function_code
from tests.template.matrix import ROOT

HANDLERS = ROOT / "lambda"


def expected() -> set[str]:
    handlers = {path.name for path in HANDLERS.glob("*.py")}
    # rglob: a folder inside lifecycle/ would have to be packed, too.
    lifecycle = HANDLERS / "lifecycle"
    return handlers | {f"{LIFECYCLE}/{path.relative_to(lifecycle)}" for path in lifecycle.rglob("*.py")}


def assets(folder: Path) -> Iterator[set[str]]:
    """The files of every asset that a synthesis staged."""
    for asset in folder.glob("asset.*"):
        yield {str(path.relative_to(asset)) for path in asset.rglob("*") if path.is_file()}


def function(stack: cdk.Stack, id_: str) -> lambda_.Function:
    return lambda_.Function(stack, id_, code=function_code(stack), handler="launch_training.handler", runtime=lambda_.Runtime.PYTHON_3_14)


def test_a_file_that_an_earlier_synthesis_left_is_not_deployed(tmp_path: Path) -> None:
    left = tmp_path / "functions" / "lifecycle_of_yesterday"
    left.mkdir(parents=True)
    (left / "removed.py").touch()
    (tmp_path / "functions" / "removed.py").touch()
    app = cdk.App(outdir=str(tmp_path))

    function(cdk.Stack(app, "Stack"), "Function")
    app.synth()

    assert list(assets(tmp_path)) == [expected()]


def test_all_functions_of_all_stages_of_an_app_share_one_asset(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    for scope in (app, cdk.Stage(app, "Dev"), cdk.Stage(app, "Prod")):
        stack = cdk.Stack(scope, "Stack")
        function(stack, "One")
        function(stack, "Two")

    app.synth()

    assert list(assets(tmp_path)) == [expected()]


def test_only_modules_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "planted_package"
    for name in ("module.py", "README.md", "py.typed", "__pycache__/module.cpython-311.pyc", "stale.pyc"):
        (package / name).parent.mkdir(exist_ok=True, parents=True)
        (package / name).touch()
    monkeypatch.syspath_prepend(tmp_path)

    copy_modules("planted_package", tmp_path / "target")

    assert [path.name for path in (tmp_path / "target").rglob("*")] == ["module.py"]


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="no package blazingtext_nowhere"):
        copy_modules("blazingtext_nowhere", tmp_path / "target")


APP_THAT_CHANGES_ITS_DIRECTORY = """
import os
import aws_cdk as cdk
import aws_cdk.aws_lambda as lambda_
from blazingtext_stacks.function_asset import function_code

app = cdk.App(outdir="cdk.out")
stack = cdk.Stack(app, "Stack")
os.chdir("elsewhere")
lambda_.Function(stack, "Function", code=function_code(stack), handler="x.handler", runtime=lambda_.Runtime.PYTHON_3_14)
app.synth()
"""


def test_the_code_is_found_from_any_working_directory(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()

    ended = subprocess.run(
        [sys.executable, "-c", APP_THAT_CHANGES_ITS_DIRECTORY], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    assert list(assets(tmp_path / "cdk.out")) == [expected()]
