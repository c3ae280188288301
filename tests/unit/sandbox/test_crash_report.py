"""What is said of an exception that nobody expected, and where its report is left."""

import errno
import platform
import re
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from blazingtext_sandbox import crash_report


def raised(problem: Exception) -> Exception:
    """The exception with a traceback."""
    try:
        raise problem
    except type(problem) as caught:
        return caught


def reports(folder: Path) -> list[Path]:
    return sorted(folder.glob("crash-*.txt"))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_bug_is_one_sentence_and_a_report_in_the_folder(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["sandbox", "up", "--port", "1"])

    said, code = crash_report.message(raised(KeyError("w\u00f6rd")), tmp_path / "new" / "home")

    (report,) = reports(tmp_path / "new" / "home")
    assert (said, code) == (f"Unexpected KeyError: 'w\u00f6rd'. This is a bug, and a report to attach to an issue is in {report}.", 4)
    lines = report.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["command: sandbox up --port 1", f"system: {platform.platform()}, Python {platform.python_version()}"]
    assert lines[3:7] == [f"ministack: {version('ministack')}", f"boto3: {version('boto3')}", "", "Traceback (most recent call last):"]
    assert lines[2].startswith("blazingtext-cdk: ")
    assert lines[-1] == "KeyError: 'w\u00f6rd'"
    assert reports(temporary) == []


def test_a_package_that_is_not_installed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(crash_report, "version", none)

    crash_report.message(raised(ValueError("x")), tmp_path)

    (report,) = reports(tmp_path)
    assert [f"{name}: not installed" for name in ("blazingtext-cdk", "ministack", "boto3")] == report.read_text("utf-8").splitlines()[2:5]


def test_a_report_goes_to_the_temporary_folder_when_the_other_cannot_be_written_to(tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "file").touch()

    said, code = crash_report.message(raised(ValueError("x")), tmp_path / "file" / "home")

    (report,) = reports(temporary)
    assert (f"is in {report}." in said, code) == (True, 4)


def test_without_any_folder_it_is_said_that_there_is_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file" / "temporary"))

    said, code = crash_report.message(raised(ValueError("x")), tmp_path / "file" / "home")

    assert (said, code) == ("Unexpected ValueError: x. This is a bug, and no folder could be written to for a report of it.", 4)


def test_each_bug_has_a_report_of_its_own(tmp_path: Path) -> None:
    for _ in range(2):
        crash_report.message(raised(ValueError("x")), tmp_path)

    assert len(reports(tmp_path)) == 2
    assert all(re.fullmatch(r"crash-\w+\.txt", path.name) for path in reports(tmp_path))


def test_a_file_that_the_system_refuses_is_for_the_person_to_fix_and_leaves_no_report(tmp_path: Path) -> None:
    said, code = crash_report.message(raised(PermissionError(errno.EACCES, "Permission denied", "/x/server.log")), tmp_path)

    assert code == 2
    assert said == (
        "/x/server.log cannot be used. Permission denied. Check its permissions and the space on its disk, or choose another folder with"
        " BLAZINGTEXT_SANDBOX_HOME."
    )
    assert reports(tmp_path) == []


def test_an_error_of_the_system_without_a_file_is_a_bug(tmp_path: Path) -> None:
    said, code = crash_report.message(raised(OSError(errno.EIO, "Input/output error")), tmp_path)

    assert ("This is a bug" in said, code, len(reports(tmp_path))) == (True, 4, 1)
