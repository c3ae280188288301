"""What IAM decides on AWS and not in the sandbox, as a table: `python -m blazingtext_sandbox.unenforced` prints it for the README."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from .sagemaker.condition_keys import NOT_GIVEN

_DATA: Final = "data/unenforced.json"


@dataclass(frozen=True)
class Gap:
    """One thing that is not enforced.

    Args:
        id: a short name; for a condition key that is not given, the key.
        service: whose.
        aws: what AWS does.
        here: what the sandbox does instead.
    """

    id: str
    service: str
    aws: str
    here: str


def gaps() -> Iterator[Gap]:
    """Every gap, those of SageMaker's condition keys last."""
    for row in json.loads(files(__package__).joinpath(_DATA).read_text(encoding="utf-8")):
        yield Gap(**row)
    for key, why in NOT_GIVEN.items():
        yield Gap(key, "SageMaker", f"gives the condition key `{key}`", f"not given: {why}")


def table() -> str:
    """The gaps as a table in Markdown."""
    rows = [f"| {gap.service} | {gap.aws} | {gap.here} |" for gap in gaps()]
    return "\n".join(["| whose | on AWS | in the sandbox |", "|---|---|---|", *rows])


if __name__ == "__main__":
    print(table())
