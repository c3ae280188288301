"""Whole templates, compared with the ones kept in snapshots/: every change is seen in review, wanted or not.

`defaults.json` holds the default configuration whole; `<configuration>.diff` holds what that configuration changes in it.
To accept a change, run `UPDATE_SNAPSHOTS=1 python -m pytest tests/template/test_snapshots.py` and look at `git diff`.
"""

import difflib
import json
import os
from pathlib import Path

import pytest

from tests.template.matrix import CONFIGURATIONS, Synthesis, normalised

SNAPSHOTS = Path(__file__).parent / "snapshots"


def text(synthesis: Synthesis) -> str:
    return json.dumps(normalised(synthesis), indent=1, sort_keys=True) + "\n"


def difference(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), "defaults", "configuration", n=4)
    return "".join(lines)


def compare(name: str, now: str) -> None:
    kept = SNAPSHOTS / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(now, encoding="utf-8")
    assert kept.exists(), f"{kept} is missing; make it with UPDATE_SNAPSHOTS=1"
    assert now == kept.read_text(encoding="utf-8"), f"{kept.name} changed; if that is right, accept it with UPDATE_SNAPSHOTS=1"


def test_the_default_templates_are_those_of_the_snapshot(defaults: Synthesis) -> None:
    compare("defaults.json", text(defaults))


@pytest.mark.parametrize("name", [name for name in CONFIGURATIONS if name != "defaults"])
def test_a_configuration_changes_what_its_snapshot_says(name: str, defaults: Synthesis, whole_matrix: dict[str, Synthesis]) -> None:
    changed = difference(text(defaults), text(whole_matrix[name]))

    assert changed, "a configuration that changes nothing tests nothing"
    compare(f"{name}.diff", changed)


def test_every_snapshot_belongs_to_a_configuration() -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == set(CONFIGURATIONS)
