"""What a stage allows at most."""

import dataclasses

import pytest

from blazingtext_lifecycle import costs, limits
from blazingtext_lifecycle.limits import Limits

STRICT = Limits(("ml.c5.*", "ml.m5.xlarge"), 2, 7200, 1.0)
EVERYWHERE = "us-east-1"


def problems(kind: str, count: int, seconds: int, region: str = EVERYWHERE, allowed: Limits = STRICT) -> list[str]:
    return [str(each) for each in limits.problems(allowed, kind, count, seconds, region)]


def test_what_is_within_every_limit_is_allowed_to_the_last_second() -> None:
    assert problems("ml.c5.xlarge", 2, 7200) == []


def test_every_limit_that_is_broken_is_named_with_its_figure() -> None:
    found = problems("ml.p4d.24xlarge", 20, 432_000)

    assert found[:3] == [
        (
            "instance.type: ml.p4d.24xlarge is not allowed. The stage's setting allowedInstanceTypes is ml.c5.*, ml.m5.xlarge. "
            "Ask for what it allows, or have allowedInstanceTypes changed and the stage deployed again."
        ),
        (
            "instance.count: 20 is not allowed. The stage's setting maximumTrainingInstances is 2. "
            "Ask for what it allows, or have maximumTrainingInstances changed and the stage deployed again."
        ),
        (
            "limits.maxRuntimeSeconds: 432000 seconds is not allowed. The stage's setting maximumTrainingSeconds is 7200. "
            "Ask for what it allows, or have maximumTrainingSeconds changed and the stage deployed again."
        ),
    ]
    assert found[3].startswith(
        "maximumTrainingCost: the job may cost $60,603.09 (20 x ml.p4d.24xlarge for 432000 seconds, prices of 2026-04-21). "
        "The stage's setting maximumTrainingCost is 1. "
    )


def test_the_cost_is_that_of_all_instances_for_as_long_as_they_may_run() -> None:
    one = dataclasses.replace(STRICT, maximum_training_cost=0.815)

    assert problems("ml.c5.xlarge", 2, 7200, allowed=dataclasses.replace(one, maximum_training_cost=0.816)) == []
    assert "may cost $0.816" in problems("ml.c5.xlarge", 2, 7200, allowed=one)[0]


@pytest.mark.parametrize(
    ("several", "text"),
    [
        (None, "the job may cost $0.408 (2 x ml.c5.xlarge for 3600 seconds, prices of "),
        (
            limits.Several(3, 1),
            "the tuning job with its 3 training jobs may cost $1.22 (2 x ml.c5.xlarge for 3600 seconds each, prices of ",
        ),
    ],
    ids=["one job", "a tuning job"],
)
def test_what_a_job_or_each_of_several_takes_is_said_and_what_would_cost_less(several: limits.Several | None, text: str) -> None:
    found = limits.cost_problem(0.1, costs.of_training("ml.c5.xlarge", 2, EVERYWHERE), 3600, several)

    assert found.startswith(f"maximumTrainingCost: {text}")
    assert ("allow fewer jobs (tuning.maxJobs), " in found) is (several is not None)


@pytest.mark.parametrize(("region", "where"), [("eu-central-1", "eu-central-1"), ("", "this region")])
def test_a_cost_that_nobody_knows_is_refused_where_costs_are_limited_and_nowhere_else(region: str, where: str) -> None:
    free = dataclasses.replace(STRICT, maximum_training_cost=None)

    (refusal,) = problems("ml.c5.xlarge", 1, 60, region)

    assert refusal.startswith(
        f"maximumTrainingCost: 1 x ml.c5.xlarge cannot be bounded to $1.00. No price of that type in {where} is known."
    )
    assert problems("ml.c5.xlarge", 1, 60, region, free) == []


@pytest.mark.parametrize("maximum", [None, 0.204])
def test_of_a_cost_that_is_not_limited_or_just_allowed_nothing_is_said(maximum: float | None) -> None:
    assert limits.cost_problem(maximum, costs.of_training("ml.c5.xlarge", 1, EVERYWHERE), 3600) == ""


def test_without_settings_only_what_aws_itself_refuses_is_out_of_reach() -> None:
    assert problems("ml.p5.48xlarge", 20, 432_000, allowed=Limits()) == []


@pytest.mark.parametrize("text", ["ml.c5.xlarge", "ml.c5.*", "ml.*.2xlarge", "ml.m*.*", "ml.p4de-x.24xlarge"])
def test_an_instance_type_and_a_pattern_of_them_are_taken(text: str) -> None:
    assert limits.PATTERN.fullmatch(text)


@pytest.mark.parametrize("text", ["", "c5.xlarge", "ml.c5", "ml.c5.", "ml..xlarge", "ml.C5.xlarge", "mlxc5.xlarge", "ml.c5xxlarge"])
def test_nothing_else_is_taken_for_one(text: str) -> None:
    assert not limits.PATTERN.fullmatch(text)


@pytest.mark.parametrize(
    ("pattern", "kind", "allowed"),
    [
        ("ml.c5.xlarge", "ml.c5.xlarge", True),
        ("ml.c5.xlarge", "ml.c5.2xlarge", False),
        ("ml.c5.*", "ml.c5n.xlarge", False),
        ("ml.c5*.*", "ml.c5n.xlarge", True),
        ("ml.c5.*", "mlxc5.xlarge", False),
        ("ml.*.xlarge", "ml.g4dn.xlarge", True),
    ],
)
def test_a_star_stands_for_any_letters_and_a_point_for_itself(pattern: str, kind: str, allowed: bool) -> None:
    assert limits.allows([pattern], kind) is allowed


def test_an_unknown_price_gives_no_figure() -> None:
    price = costs.of_endpoint("ml.m4.xlarge", 3, "us-east-1")

    assert (price.dollars, price.date, price.for_hours(24), price.for_seconds(60)) == (None, "", None, None)


def test_a_known_price_is_that_of_all_instances_with_its_day_and_source() -> None:
    price = costs.of_endpoint("ml.m5.xlarge", 3, "eu-west-1")

    assert price.dollars == pytest.approx(0.771)
    assert price.for_hours(costs.HOURS_PER_MONTH) == pytest.approx(562.83)
    assert price.for_seconds(1) == pytest.approx(0.771 / 3600)
    assert (price.date, "bill" in price.source) == ("2023-12", True)


def test_training_and_hosting_have_prices_of_their_own() -> None:
    assert costs.of_training("ml.g4dn.xlarge", 1, "eu-west-1").dollars == 0.822
    assert costs.of_endpoint("ml.g4dn.xlarge", 1, "eu-west-1").dollars == 0.821
    assert costs.of_training("ml.m4.xlarge", 1, "ap-south-1").dollars == 0.252
    assert costs.of_endpoint("ml.m4.xlarge", 1, "ap-south-1").dollars is None


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (0.0005, "less than $0.001"), (0.204, "$0.204"), (0.994, "$0.994"), (0.999, "$1.00"), (1234.5, "$1,234.50")],
)
def test_amounts_are_written_so_that_cents_can_be_told_from_nothing(amount: float, text: str) -> None:
    assert costs.dollars(amount) == text
