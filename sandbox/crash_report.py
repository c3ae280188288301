"""What an exception leaves that nobody expected: one sentence for the person, and a file to attach to an issue."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

EXIT_CODE: Final = 4


def message(problem: Exception, folder: Path) -> tuple[str, int]:
    """What to say, and the exit code: 2 when the system refuses a file, else 4 with the traceback in a file.

    Args:
        problem: the exception.
        folder: where to leave the file; the folder for temporary files when it cannot be written to.
    """
    if isinstance(problem, OSError) and problem.filename is not None:
        said = f"{problem.filename} cannot be used. {problem.strerror}. Check its permissions and the space on its disk, or"
        return f"{said} choose another folder with BLAZINGTEXT_SANDBOX_HOME.", 2
    where = _write(_report(problem), folder)
    kept = f"a report to attach to an issue is in {where}" if where else "no folder could be written to for a report of it"
    return f"Unexpected {type(problem).__name__}: {problem}. This is a bug, and {kept}.", EXIT_CODE


def _report(problem: Exception) -> str:
    """Versions and traceback; the sandbox's keys open nothing but the sandbox, and are in neither."""
    lines = [f"command: {' '.join(sys.argv)}", f"system: {platform.platform()}, Python {platform.python_version()}"]
    for package in ("blazingtext-cdk", "ministack", "boto3"):
        try:
            lines.append(f"{package}: {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package}: not installed")
    return "\n".join([*lines, "", *traceback.format_exception(problem)])


def _write(text: str, folder: Path) -> Path | None:
    """The file that holds the text now; None when no folder can be written to."""
    for place in (folder, Path(tempfile.gettempdir())):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=place, prefix="crash-", suffix=".txt", delete=False, encoding="utf-8") as file:
                file.write(text)
        except OSError:
            continue
        return Path(file.name)
    return None
