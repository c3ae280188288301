"""docs/faults.md has every fault that it must have, and every test that it names is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The first table; what comes after it has other columns.
TABLE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").partition("\n## ")[0]
ROWS = re.findall(r"\| `(tests/\S+\.py)` `(test_\w+)` \|$", TABLE, re.MULTILINE)
FAULTS = [line.split(" | ")[0].removeprefix("| ") for line in TABLE.splitlines() if line.startswith("| ")][1:]
# What must be shown -> what its row's first cell begins with or holds.
REQUIRED = {
    "an event twice": r"an event comes again",
    "an event late and out of order": r"an event comes .*after that of a newer run",
    "an event after a rollback": r"an event comes after a rollback",
    "throttled calls in every function": r"a call of any function .*throttled",
    "failing calls in every function": r"a call of any function .*fails with 5xx",
    "dropped connections in every function": r"a call of any function .*loses its connection",
    "refused calls in every function": r"a call of any function .*refused",
    "calls of the state machine": r"the state machine's update .*throttled, fails, is refused",
    "a promoter killed half way": r"the promoter ends before any of its calls",
    "a stack busy for an hour": r"the serving stack is busy for an hour",
    "poison in the queue": r"a message is no event",
    "redrive": r"dead letters are redriven",
    "a training job killed": r"a training container is killed",
    "a training job out of disk": r"a training job's disk is full",
    "a training job over its runtime": r"a job runs over its time",
    "a training job whose corpus is deleted": r"a corpus is deleted while its job starts",
    "an endpoint process killed": r"an endpoint's container is killed",
    "a hanging /ping": r"`/ping` hangs",
    "an unhealthy /ping in an update": r"`/ping` is not healthy during an update",
    "an artifact corrupt": r"an artifact is .*damaged",
    "an artifact that is no tar": r"an artifact is .*no (tar|archive)",
    "an artifact with ../": r"an artifact .*holds `\.\./`",
    "a destroy during training": r"a stage is destroyed while a job runs",
    "a destroy during an endpoint update": r"a stage is destroyed while its endpoint changes",
    "a destroy twice": r"a destroy is repeated",
    "a destroy with a thousand object versions": r".*more versions and delete markers than a page",
    "two stages, one destroyed beside the other": r"a stage is destroyed.* while another one",
    "the sandbox killed at any moment": r"a sandbox is killed while it",
    "the sandbox killed and started again": r"the start of a sandbox is killed",
}


def test_every_row_names_a_test() -> None:
    assert len(ROWS) == len(FAULTS)


@pytest.mark.parametrize("fault", REQUIRED)
def test_a_fault_that_must_be_shown_has_its_row(fault: str) -> None:
    assert [each for each in FAULTS if re.match(REQUIRED[fault], each)], f"docs/faults.md says nothing of {fault}"


@pytest.mark.parametrize(("file", "test"), ROWS, ids=[test for _, test in ROWS])
def test_the_test_of_a_fault_is_there(file: str, test: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))

    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
