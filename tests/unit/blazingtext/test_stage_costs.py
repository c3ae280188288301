"""What a stage costs, number by number. The prices are AWS's of the lists that come with this version."""

from typing import Any

import pytest

from blazingtext import stage_costs
from blazingtext.preflight.plan import Plan
from blazingtext_lifecycle.errors import AccessDeniedError
from tests.unit.blazingtext.cloud_fakes import BUCKET, FakeBucket, FakeStacks, cloud, denying


def costs(plan: Plan | None = None, *, region: str = "us-east-1", **clients: Any) -> stage_costs.StageCosts:
    where = cloud(**clients)
    where.session.region_name = region  # type: ignore[misc] # the fake session's
    return stage_costs.of_stage(where, plan or Plan())


def filled(*keys: str) -> FakeBucket:
    bucket = FakeBucket()
    bucket.objects.update(dict.fromkeys(keys, bytes(2**20)))
    return bucket


def test_an_hour_is_the_instances_a_day_24_a_month_730_and_a_run_its_seconds() -> None:
    plan = Plan("ml.c5.xlarge", 3, endpoint_type="ml.m5.xlarge", endpoint_count=2, training_seconds=900)

    found = costs(plan, s3=FakeBucket())

    assert (found.stage, found.region) == ("dev", "us-east-1")
    endpoint, training = found.endpoint, found.training
    assert (endpoint.hour, endpoint.day, endpoint.month) == pytest.approx((2 * 0.23, 24 * 2 * 0.23, 730 * 2 * 0.23))
    assert (training.hour, training.at_most) == pytest.approx((3 * 0.204, 3 * 0.204 / 4))
    assert training.max_runtime_seconds == 900
    assert (endpoint.price.instance_type, training.price.instance_type) == ("ml.m5.xlarge", "ml.c5.xlarge")


def test_an_endpoint_whose_number_of_instances_follows_the_load_costs_a_month_between_two_figures() -> None:
    still, scaled = (
        costs(Plan(endpoint_type="ml.m5.xlarge", endpoint_count=2, endpoint_maximum=most), s3=FakeBucket()).endpoint for most in (0, 4)
    )

    assert (still.most_instances, still.month_at_most) == (2, still.month)
    assert (scaled.most_instances, scaled.month) == (4, still.month)
    assert scaled.month_at_most == pytest.approx(730 * 4 * 0.23)


@pytest.mark.parametrize(("region", "dollars", "date"), [("us-east-1", 0.023 * 2 / 1024, "2026-08-17"), ("eu-west-1", None, "")])
def test_the_bucket_is_its_corpora_and_runs_by_the_gigabyte(region: str, dollars: float | None, date: str) -> None:
    bucket = filled("corpora/wiki/train/a", "runs/a/output/model.tar.gz", "reports/r", "other")

    found = costs(region=region, s3=bucket).storage

    assert (found.size, found.date) == (2 * 2**20, date)
    assert found.month == (None if dollars is None else pytest.approx(dollars))


def test_without_a_stack_there_is_no_bucket_and_what_is_denied_is_said() -> None:
    stacks = FakeStacks()
    stacks.statuses.clear()
    bucket = FakeBucket()
    bucket.list_objects_v2 = denying("AccessDenied")  # type: ignore[method-assign] # for this test

    assert costs(cloudformation=stacks).storage == stage_costs.StorageCosts(None, None, "")
    with pytest.raises(AccessDeniedError, match=f"list the objects of {BUCKET}"):
        costs(s3=bucket)


def test_in_a_region_without_a_price_list_only_the_size_is_known() -> None:
    found = costs(region="mars-1", s3=filled("runs/a"))

    assert (found.endpoint.hour, found.endpoint.day, found.endpoint.month) == (None, None, None)
    assert (found.training.hour, found.training.at_most, found.storage.month, found.storage.size) == (None, None, None, 2**20)
