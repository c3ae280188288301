"""What an unexpected exception leaves: a file with all that a bug report needs, and no secrets."""

from __future__ import annotations

import os
import platform
import re
import shlex
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

EXIT_CODE = 4
_PACKAGES = ("blazingtext-cdk", "boto3", "botocore", "click", "rich", "numpy", "scikit-learn", "matplotlib", "aws-cdk-lib", "ministack")
_SECRET_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
# Patterns whose match is hidden; a group, where there is one, stays.
_SECRETS = (
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{12,}"),
    re.compile(r"(?i)((?:x-amz-(?:signature|credential|security-token)|authorization|password|secret|token)[\"']?\s*[=:]\s*)[^\s&,;)]+"),
    re.compile(r"(\w://)[^\s/@]+:[^\s/@]+(?=@)"),
    # Account numbers, in ARNs and elsewhere.
    re.compile(r"(?<!\d)\d{12}(?!\d)"),
)
_HIDDEN = "(hidden)"


def write(error: BaseException, arguments: Sequence[str]) -> Path | None:
    """Writes the report to the user's state folder, or to the folder for temporary files when that cannot be written to.

    Returns:
        The file; None when neither folder can be written to.
    """
    text = report(error, arguments)
    name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-"
    for folder in (state_folder(), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, path = tempfile.mkstemp(dir=folder, prefix=name, suffix=".log")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
        except OSError:
            continue
        return Path(path)
    return None


def summary(error: BaseException) -> str:
    """The exception's class and message in one line, secrets hidden."""
    return without_secrets(" ".join("".join(traceback.format_exception_only(error)).split()))


def state_folder() -> Path:
    """Where reports are kept: `blazingtext/crashes` in XDG_STATE_HOME, or in ~/.local/state."""
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "blazingtext" / "crashes"


def report(error: BaseException, arguments: Sequence[str]) -> str:
    """The report: command, versions and traceback, with secrets, account numbers and the home folder hidden."""
    lines = [
        "blazingtext stopped at an unexpected exception. This is a bug: please attach this file to an issue.",
        "Credentials, account numbers and values of tags are hidden; have a look before you publish it.",
        "",
        f"command: {shlex.join(['blazingtext', *_without_values_of_tags(arguments)])}",
        f"time: {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        f"system: {platform.platform()}, Python {platform.python_version()}",
        f"AWS_ENDPOINT_URL: {'set' if os.environ.get('AWS_ENDPOINT_URL') else 'not set'}",
        *(f"{name}: {found}" for name, found in _versions()),
        "",
        "".join(traceback.format_exception(error)),
    ]
    return without_secrets("\n".join(lines))


def _versions() -> Iterator[tuple[str, str]]:
    for name in _PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"


def _without_values_of_tags(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments as they were typed, but for the values of tags, which may be anything."""
    previous = ""
    for argument in arguments:
        tag = argument.removeprefix("--tag=") if argument.startswith("--tag=") else argument if previous == "--tag" else None
        yield argument if tag is None else argument.removesuffix(tag) + tag.partition("=")[0] + "=" + _HIDDEN
        previous = argument


def without_secrets(text: str) -> str:
    """A text without the credentials of the environment, and without what looks like credentials or account numbers."""
    for name in _SECRET_VARIABLES:
        if value := os.environ.get(name):
            text = text.replace(value, _HIDDEN)
    for pattern in _SECRETS:
        text = pattern.sub(lambda match: (match.group(1) if match.re.groups else "") + _HIDDEN, text)
    return text.replace(str(Path.home()), "~")
