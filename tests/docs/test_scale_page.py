"""The plan for corpora of any size: the page says what the script computes, and the script computes what it says."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.scale import plan
from blazingtext_lifecycle import costs, limits

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")


def test_the_page_has_the_tables_that_the_script_prints() -> None:
    printed = subprocess.run([sys.executable, "-m", "benchmarks.scale"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    tables = printed.strip().split("\n\n")
    assert len(tables) == 2
    for table in tables:
        assert f"\n\n{table}\n\n" in PAGE


def test_tasks_go_to_the_slot_that_is_free_first() -> None:
    assert plan.makespan([3, 1, 1, 1], [1, 1]) == 3
    assert plan.makespan([1, 1, 1, 3], [1, 1]) == 4
    assert plan.makespan([4, 4], [1, 0.5]) == 8
    assert plan.makespan([5], [1] * 100) == 5


def test_sizes_are_the_same_in_every_run_and_have_their_sum() -> None:
    assert plan.sizes(1_000, 60, 1) == plan.sizes(1_000, 60, 1)
    assert sum(plan.sizes(1_000, 60, 1)) == pytest.approx(60)
    assert plan.sizes(4, 60, 0) == [15] * 4


def test_the_largest_of_a_thousand_is_what_the_page_says() -> None:
    shares = [max(plan.sizes(1_000, 1, sigma)) for sigma in (1, 2)]

    told = f"with 1, the largest of 1,000 has some {shares[0] * 100:.0f} % of the bytes, with 2 some {shares[1] * 100:.0f} %"
    assert told in " ".join(PAGE.split())


def test_a_plan_costs_what_its_hours_cost() -> None:
    raw = plan.CORPORA[2]
    price = costs.of_training(plan.TRAINER, raw.trainers, plan.REGION).for_seconds(plan.training_seconds(raw))

    assert price is not None
    assert f"{plan.training_seconds(raw) / 3600:.1f} h, {costs.dollars(price)}" in PAGE
    assert plan.training_seconds(replace(raw, trainers=1)) > limits.LONGEST_SECONDS > plan.training_seconds(raw)


def test_pieces_that_are_no_parts_are_named() -> None:
    assert plan._parts(plan.Raw("", 1e9, 1_000, 1, 1)) == "1,000, too small"
    assert plan._parts(plan.Raw("", 1e15, 20_001, 1, 1)) == "20,001, in 3 groups"
