"""What says a part whose extra is not installed: one sentence with the command, exit code 2, and no traceback."""

import json
from collections.abc import Callable

import pytest

from tests.wheel.installation import Installation

Installed = Callable[[str], Installation]


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("sandbox", ["blazingtext", "sandbox", "up"]),
        ("all", ["blazingtext", "demo"]),
        ("look", ["blazingtext", "map"]),
        ("look", ["blazingtext", "neighbors", "music"]),
        ("look", ["blazingtext", "evaluate"]),
        ("look", ["blazingtext", "explore"]),
        ("mlflow", ["blazingtext", "mlflow"]),
        ("notebook", ["python", "-c", "from blazingtext.runs.run_list import Runs; Runs().to_frame()"]),
        ("export", ["python", "-c", "import blazingtext.exchange"]),
        ("engine", ["python", "-m", "blazingtext_engine", "train"]),
        ("sandbox", ["python", "-m", "blazingtext_sandbox", "up"]),
        ("cdk", ["python", "-c", "import blazingtext_stacks.storage_stack"]),
        ("look", ["python", "-c", "from blazingtext import BlazingText; BlazingText().neighbors('music')"]),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_part_without_its_extra_says_the_command(installed: Installed, extra: str, words: list[str]) -> None:
    said = installed("").run(*words, code=2)

    assert said.stdout == ""
    (sentence,) = said.stderr.strip().splitlines()
    assert sentence.endswith(f'pip install "blazingtext-cdk[{extra}]"')
    assert str(installed("").folder) in sentence


def test_with_json_the_sentence_is_in_the_document(installed: Installed) -> None:
    said = installed("").run("blazingtext", "map", "--json", code=2)

    assert json.loads(said.stdout)["error"]["message"].endswith('pip install "blazingtext-cdk[look]"')


def test_the_demo_asks_for_the_project_that_it_deploys(installed: Installed) -> None:
    said = installed("all").run("blazingtext", "demo", code=2)

    assert "app.py" in said.stderr
    assert "make demo" in said.stderr
