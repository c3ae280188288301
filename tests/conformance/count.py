"""Every case of an operation, asked of the sandbox in process; and the baseline of what it answers as AWS does.

`make conformance` writes the baseline anew; a person looks at the difference.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from blazingtext_sandbox.sagemaker.api import coverage
from tests.conformance.bases import RUNTIME, World, all_cases, verdict
from tests.conformance.cases import Case

BASELINE = Path(__file__).with_name("baseline.json")
CONTROL = tuple(operation for operation in (*coverage.OPERATIONS, *coverage.EMPTY) if operation not in RUNTIME)


@dataclass(frozen=True)
class Answered:
    """A case and what the sandbox said."""

    case: Case
    code: str
    message: str

    @property
    def verdict(self) -> str | None:
        return verdict(self.case, self.code, self.message)


def answered(operation: str, folder: Path) -> Iterator[Answered]:
    """The sandbox's answer to every case of an operation; a request that was taken leaves its mark, so the next gets a new world."""
    world = World(folder)
    for case in all_cases(operation):
        status, code, message = world.answer(operation, json.dumps(case.request).encode())
        yield Answered(case, code, message)
        world = World(folder) if status < 400 else world


def counts(answers: list[Answered]) -> dict[str, int]:
    """How many cases of each kind are answered as AWS answers them."""
    return dict(sorted(Counter(answer.verdict for answer in answers if answer.verdict is not None).items()))


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        found = {operation: counts(list(answered(operation, Path(folder)))) for operation in CONTROL}
    BASELINE.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(f"{sum(sum(each.values()) for each in found.values())} cases of {len(found)} operations: {BASELINE}")
