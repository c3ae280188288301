"""Whatever is typed: no traceback, no crash report, an exit code that is documented."""

import lzma
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import click
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from blazingtext.cli import document
from blazingtext.cli import main as cli
from blazingtext.client import BlazingText
from blazingtext.cloud import Cloud
from blazingtext.corpus import public_corpora
from blazingtext.vectors import word_map  # noqa: F401 - loaded before anything is typed: matplotlib takes seconds
from tests.unit.blazingtext.conftest import Typed
from tests.unit.lifecycle.aws_fakes import client_error

#: They start a server or ask another host.
LEFT_OUT = {"demo", "sandbox", "fetch"}
COMMANDS = {
    tuple(path[1:]): command
    for path, command in document.all_commands(cli.cli, ["blazingtext"])
    if not isinstance(command, click.Group) and not LEFT_OUT & set(path)
}
#: What upsets parsers, patterns, numbers, file names and terminals; none of them leads out of the folder.
UGLY = [
    "",
    "-",
    "--",
    "-0",
    "=",
    "a=b",
    "=b",
    "a=",
    "NaN",
    "inf",
    "1e999",
    "-1",
    "9" * 5000,
    "\u0663",
    "\x1b[31m",
    "[/red]",
    ":smile:",
    "x" * 300,
]
UGLY += [
    "caf\u00e9",
    "\udcff",
    "wiki.txt",
    "no.txt",
    ".",
    "folder",
    "--no-such-option",
    "mode=cbow",
    '{"a": ' * 200,
    "s3://",
    "%s%n{}",
    "\u202e",
]
WORDS = st.sampled_from(UGLY) | st.text(st.characters(exclude_characters="/\0"), max_size=12)
#: What AWS may answer to whatever is asked.
ANSWERS = st.sampled_from(["AccessDeniedException", "ExpiredToken", "ThrottlingException", "InternalServerError", "404", "ValidationError"])


class Refusing:
    """A client that every operation fails of, for one reason."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(*_: Any, **__: Any) -> Any:
            raise client_error(self._code, "no", operation)

        return call


@st.composite
def typed_words(draw: st.DrawFn) -> list[str]:
    """A command with some of its options and some words, in any order."""
    path = draw(st.sampled_from(sorted(COMMANDS)))
    options = [option for option in COMMANDS[path].params if isinstance(option, click.Option)]
    words: list[str] = []
    for option in draw(st.lists(st.sampled_from(options), max_size=2)):
        words += [draw(st.sampled_from([*option.opts, *option.secondary_opts]))]
        if not option.is_flag:
            words += [draw(values(option))]
    words += draw(st.sampled_from([[], ["wiki.txt"], ["music"], ["a", "b", "c"]]) | st.lists(WORDS, max_size=3))
    return [*path, *words] if draw(st.booleans()) else [*words, *path]


def values(option: click.Option) -> st.SearchStrategy[str]:
    """Good and bad values of an option."""
    if isinstance(option.type, click.Choice):
        return st.sampled_from([str(choice) for choice in option.type.choices]) | WORDS
    if isinstance(option.type, click.types.IntParamType | click.types.FloatParamType):
        return st.integers(-(2**70), 2**70).map(str) | st.floats().map(str) | WORDS
    return WORDS


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands are typed: a text and a folder stand there; the sample corpus is a small one."""
    packed = tmp_path / "package" / "data" / "sample" / "wikipedia.txt.xz"
    packed.parent.mkdir(parents=True)
    packed.write_bytes(lzma.compress(b"anarchism originated as a term of abuse " * 50))
    monkeypatch.setattr(public_corpora, "files", lambda _: tmp_path / "package")
    for name in [name for name in os.environ if name.startswith(("AWS_", "BLAZINGTEXT_"))]:
        monkeypatch.delenv(name)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "BLAZINGTEXT_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    work = tmp_path / "work"
    (work / "folder").mkdir(parents=True)
    (work / "wiki.txt").write_text("some words\n" * 50)
    monkeypatch.chdir(work)
    return work


@settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(words=typed_words(), answer=ANSWERS)
@example(words=["train", "--corpus", "\udcff"], answer="404")
@example(words=["corpus", "stats", "\x1b[31m"], answer="404")
def test_whatever_is_typed_ends_with_a_documented_exit_code(
    folder: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch, words: list[str], answer: str
) -> None:
    session = mock.Mock(region_name="us-east-1", **{"client.return_value": Refusing(answer)})
    monkeypatch.setattr(BlazingText, "cloud", Cloud("dev", session))

    code, _, err = typed(*words)

    assert code in {0, 1, 2, 3}, f"{words}: {err}"
    assert "Traceback" not in err
    assert not list((folder.parent / "home").rglob("crashes/*"))
    assert code == 0 or err.strip(), words
