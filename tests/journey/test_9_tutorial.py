"""The session that docs/tutorial.md tells, typed as it stands there."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.journey import session
from tests.journey.session import Session
from tests.journey.story import ROOT

BLOCKS = session.blocks((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"))
# The account is the test's own, and so is the environment that points at it.
FIRST = ("make sandbox ", ". .venv/bin/activate", 'eval "$(blazingtext sandbox env)"')
LAST = "blazingtext sandbox down"


def typed() -> list[str]:
    """The commands of each block, but for those that start and end the account."""
    first, *others, last = [block.commands for block in BLOCKS]
    begin, end = first.splitlines(keepends=True), last.splitlines(keepends=True)
    assert all(line.startswith(start) for line, start in zip(begin, FIRST, strict=False))
    assert end[-1].startswith(LAST)
    return ["".join(begin[len(FIRST) :]), *others, "".join(end[:-1])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("session")


@pytest.fixture(scope="module")
def shell(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A shell that points at an account of its own."""
    with Sandbox(home=tmp_path_factory.mktemp("sandbox")) as account:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        # Everything that a session leaves lies in one folder: its files, the CDK's, and the models that were looked at.
        places = {"TMPDIR": str(folder), "CDK_OUTPUT": str(folder / "cdk.out"), "BLAZINGTEXT_CACHE": str(folder / "cache")}
        with Session({**account.environment(), **places, "PATH": path}, tmp_path_factory.mktemp("printed"), ROOT) as typed_here:
            yield typed_here


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_command_of_the_tutorial_prints_what_it_shows(shell: Session, number: int) -> None:
    printed = shell.printed(typed()[: number + 1])

    different = list(session.differences(BLOCKS[number], printed.out))
    assert not different, "\n".join([*different, "It printed:", printed.out])


def test_the_tutorial_leaves_its_pages_and_nothing_in_the_account(shell: Session, folder: Path) -> None:
    ended = shell.printed(typed())

    assert {"compare.html", "explorer.html"} <= {path.name for path in folder.rglob("*.html")}
    assert "nothing is left of stage dev" in ended.err
