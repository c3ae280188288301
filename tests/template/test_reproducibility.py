"""Synthesis is pure: the same settings give the same bytes, whatever the machine, the moment and the account."""

import json
import subprocess
import sys
from pathlib import Path

from tests.template.matrix import CDK_JSON, ROOT, STACKS


def start_synthesis(folder: Path, **environment: str) -> "subprocess.Popen[str]":
    # Only the environment's own programs: no git, no docker, no aws. No account, no region. HOME only for the CDK's unpacked packages.
    bare = {"PATH": str(Path(sys.executable).parent), "HOME": str(Path.home()), "CDK_OUTDIR": str(folder / "cdk.out")}
    context = {"CDK_CONTEXT_JSON": json.dumps(CDK_JSON["context"])}
    folder.mkdir()
    return subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=bare | context | environment, stderr=subprocess.PIPE, text=True)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_two_syntheses_in_two_processes_give_identical_bytes(tmp_path: Path) -> None:
    one = start_synthesis(tmp_path / "one", PYTHONHASHSEED="1", TZ="Asia/Tokyo")
    two = start_synthesis(
        tmp_path / "two", PYTHONHASHSEED="2", TZ="America/Lima", CDK_DEFAULT_ACCOUNT="1" * 12, CDK_DEFAULT_REGION="eu-west-1"
    )
    errors = one.communicate()[1] + two.communicate()[1]

    assert (one.returncode, two.returncode) == (0, 0), errors
    first, second = files(tmp_path / "one" / "cdk.out"), files(tmp_path / "two" / "cdk.out")
    assert {f"{name}.template.json" for name in STACKS} <= set(first)
    assert set(first) == set(second)
    assert [name for name in first if first[name] != second[name]] == []
