"""tests/sandbox_logs.py: what a failing test shows of the logs of sandboxes."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.sandbox_logs import sections

ROOT = Path(__file__).parents[2]


def at(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def log(folder: Path, *lines: str) -> None:
    folder.mkdir(parents=True)
    (folder / "server.log").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_what_is_above_info_since_the_test_began_is_shown_with_its_traceback(tmp_path: Path) -> None:
    now = time.time()
    log(
        tmp_path / "faults0" / "default",
        f"{at(now - 60)} ERROR [sandbox] of another test",
        f"{at(now + 1)} INFO [s3] a bucket",
        "  drawn on two lines",
        f"{at(now + 2)} ERROR [sandbox.sagemaker] the sandbox failed",
        "Traceback (most recent call last):",
        f"{at(now + 3)} INFO [s3] another",
        f"{at(now + 4)} WARNING [sandbox.sagemaker] no log lines",
    )

    ((title, text),) = sections(tmp_path, now)

    assert title == f"Log of the sandbox {tmp_path / 'faults0' / 'default'}"
    assert text.splitlines() == [
        f"{at(now + 2)} ERROR [sandbox.sagemaker] the sandbox failed",
        "Traceback (most recent call last):",
        f"{at(now + 4)} WARNING [sandbox.sagemaker] no log lines",
    ]


def test_a_sandbox_without_anything_unusual_is_not_shown(tmp_path: Path) -> None:
    log(tmp_path / "quiet", f"{at(time.time() + 1)} INFO [s3] a bucket")

    assert sections(tmp_path, time.time()) == []


TESTS = """
import time

def write(folder):
    later = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() + 1))
    (folder / "server.log").write_text(f"{later} ERROR [sandbox] of {folder.name}")

def test_fails(tmp_path):
    write(tmp_path)
    raise AssertionError

def test_passes(tmp_path):
    write(tmp_path)
"""


def test_the_report_of_a_test_that_fails_shows_it_and_of_one_that_passes_does_not(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.sandbox_logs import _root, pytest_runtest_makereport\n", encoding="utf-8")
    (tmp_path / "test_theirs.py").write_text(TESTS, encoding="utf-8")
    options = ["-rA", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(tmp_path), "--basetemp", str(tmp_path / "base")]

    told = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    ).stdout

    assert "1 failed, 1 passed" in told
    assert f"Log of the sandbox {tmp_path / 'base' / 'test_fails0'}" in told
    assert "ERROR [sandbox] of test_fails0" in told
    assert "of test_passes0" not in told
