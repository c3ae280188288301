import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import blazingtext
from blazingtext.cli import crash_report
from blazingtext.client import BlazingText
from tests.unit.blazingtext.cloud_fakes import FakeEndpoint
from tests.unit.blazingtext.conftest import Typed


def broken(*_: Any, **__: Any) -> None:
    raise KeyError("AKIAIOSFODNN7EXAMPLE of arn:aws:iam::123456789012:role/x")


@pytest.fixture(name="state")
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of a command whose client is broken."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    monkeypatch.setattr(BlazingText, "runs", broken)
    monkeypatch.setattr(BlazingText, "launch", broken)
    return tmp_path / "blazingtext" / "crashes"


def test_an_unexpected_exception_leaves_a_report_and_has_an_exit_code_of_its_own(state: Path, typed: Typed) -> None:
    code, out, err = typed("runs", "--limit", "3")

    (path,) = state.iterdir()
    report = path.read_text(encoding="utf-8")
    assert (code, out) == (4, "")
    assert err.startswith("error Unexpected KeyError: ")
    assert err.endswith(f"this is a bug, and the report to attach to an issue is in {path}.\n")
    assert "command: blazingtext runs --limit 3\n" in report
    assert f"blazingtext-cdk: {blazingtext.__version__}\n" in report
    assert f"Python {sys.version.split()[0]}" in report
    assert "boto3: 1." in report
    assert "Traceback (most recent call last)" in report
    assert "in broken" in report
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_neither_report_nor_message_hold_secrets(state: Path, typed: Typed) -> None:
    tags = ("--tag", "owner=wJalrXUtnFEMI", "--tag", "key=hunter2", "--tag=pin=1234", "--retry")

    _, _, err = typed("train", "--corpus", "wiki", *tags)

    text = next(state.iterdir()).read_text(encoding="utf-8") + err
    assert "--tag 'owner=(hidden)' --tag 'key=(hidden)' '--tag=pin=(hidden)' --retry" in text
    for secret in ("AKIAIOSFODNN7EXAMPLE", "123456789012", "wJalrXUtnFEMI", "hunter2", "1234"):
        assert secret not in text.replace(str(state), "")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("https://bucket/key?X-Amz-Signature=abc&X-Amz-Date=1", "https://bucket/key?X-Amz-Signature=(hidden)&X-Amz-Date=1"),
        ("proxy http://me:pass@proxy:3128", "proxy http://(hidden)@proxy:3128"),
        ("{'password': 'x y'}", "{'password': (hidden) y'}"),
        ("job blazingtext-dev-wiki-0123456789 took 1234567890123 ns", "job blazingtext-dev-wiki-0123456789 took 1234567890123 ns"),
    ],
)
def test_what_looks_like_a_credential_is_hidden(text: str, hidden: str) -> None:
    assert crash_report.without_secrets(text) == hidden


def test_the_home_folder_is_not_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert crash_report.without_secrets(f"in {tmp_path}/corpus.txt") == "in ~/corpus.txt"


def test_with_json_the_crash_is_one_document_that_names_the_report(state: Path, typed: Typed) -> None:
    code, out, _ = typed("runs", "--json")

    error = json.loads(out)["error"]
    (path,) = state.iterdir()
    assert (code, error["type"], error["exit_code"], error["log"]) == (4, "KeyError", 4, str(path))
    assert str(path) in error["message"]


def test_a_crash_after_the_result_adds_no_second_document(typed: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("blazingtext.cli.output.Output.next", broken)

    code, out, err = typed("predict", "king", "--json", sagemaker_runtime=FakeEndpoint({"king": [3.0, 4.0]}))

    assert code == 4
    assert json.loads(out)[0]["word"] == "king"
    assert "Unexpected KeyError" in err


def test_a_report_that_cannot_be_kept_in_the_state_folder_goes_to_the_temporary_one(
    state: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "blazingtext").write_text("not a folder")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))

    code, _, err = typed("runs")

    (path,) = (tmp_path / "temporary").iterdir()
    assert code == 4
    assert str(path) in err
    assert not state.exists()


def test_a_report_that_can_be_kept_nowhere_is_printed(state: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "blazingtext").write_text("not a folder")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "blazingtext" / "nothing"))

    code, out, err = typed("runs", "--json")

    assert code == 4
    assert "Traceback (most recent call last)" in err
    assert "its report is printed above" in err
    assert json.loads(out)["error"]["log"] is None
    assert not state.exists()


def test_a_wrong_option_is_a_json_document_too(typed: Typed) -> None:
    code, out, err = typed("runs", "--limit", "none", "--json")

    assert code == 2
    assert json.loads(out)["error"]["exit_code"] == 2
    assert "--limit" in json.loads(out)["error"]["message"]
    assert "--limit" in err


def test_a_crash_is_reported_by_the_process_itself(tmp_path: Path) -> None:
    script = "from blazingtext.cli import main; main.cli.main = lambda *_, **__: 1 / 0; main.main()"
    environment = {"PATH": "/usr/bin:/bin", "XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment)

    assert said.returncode == 4
    assert "Unexpected ZeroDivisionError: division by zero" in said.stderr
    assert "Traceback" not in said.stderr
