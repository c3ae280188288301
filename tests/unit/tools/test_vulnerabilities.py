"""What is said about known vulnerabilities, and about not knowing; pip-audit is played by a script that answers as it does."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.vulnerabilities import main

Audited = Callable[[str, str], int]
SAFE = {"name": "boto3", "version": "1.43.0", "vulns": []}
UNASKED = {"name": "uvloop", "skip_reason": "Dependency not found on PyPI and could not be audited: uvloop (0.23.0)"}
UNSAFE = {"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-2021-66", "fix_versions": ["2.11.3"], "aliases": []}]}
UNFIXED = {"name": "yaml", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": [], "aliases": []}]}


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    def run(out: str, err: str) -> int:
        (tmp_path / "locks").mkdir()
        (tmp_path / "locks" / "project.txt").touch()
        (tmp_path / "out").write_text(out, encoding="utf-8")
        (tmp_path / "err").write_text(err, encoding="utf-8")
        program = tmp_path / "pip-audit"
        program.write_text(f'#!/bin/sh\ncat "{tmp_path}/err" >&2\ncat "{tmp_path}/out"\nexit 1\n', encoding="utf-8")
        program.chmod(0o755)
        return main(program, tmp_path / "locks")

    return run


def answer(*dependencies: object) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_nothing_known_is_nothing_said(audited: Audited, capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(answer(SAFE), "No known vulnerabilities found") == 0
    assert capsys.readouterr() == ("", "")


def test_what_is_known_is_named_with_the_version_that_fixes_it(audited: Audited, capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(answer(SAFE, UNSAFE, UNFIXED), "Found 2 known vulnerabilities in 2 packages") == 1
    assert capsys.readouterr().out.splitlines() == [
        "jinja2 2.4.1: PYSEC-2021-66, fixed in 2.11.3",
        "yaml 1: PYSEC-1, fixed in no version yet",
    ]


def test_a_package_that_nobody_knows_is_said_and_fails_nothing(audited: Audited, capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(answer(SAFE, UNASKED), "") == 0
    assert capsys.readouterr().err == "Warning: project.txt: nothing could be asked about 1 of 2: uvloop ...\n"


@pytest.mark.parametrize("out", ["", "not JSON", "[]"])
def test_a_service_that_cannot_be_reached_is_said_and_fails_nothing(audited: Audited, capsys: pytest.CaptureFixture[str], out: str) -> None:
    assert audited(out, "Traceback\nConnectionError: no route to host\n") == 0
    said = capsys.readouterr().err
    assert said == "Warning: project.txt was not looked at; the service could not be asked: ConnectionError: no route to host\n"


def test_without_pip_audit_it_says_how_to_get_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path / "pip-audit", tmp_path) == 2
    assert "Run `make vulnerabilities`" in capsys.readouterr().err
