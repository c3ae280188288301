"""A bucket that no stack holds any more is deleted with everything in it, wherever it is; nothing else is."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, cast

import pytest

from blazingtext.client import BlazingText
from blazingtext.cloud import Cloud
from blazingtext_lifecycle.errors import RequestError
from tests.unit.blazingtext.cloud_fakes import FakeStacks, cloud
from tests.unit.blazingtext.conftest import Typed
from tests.unit.lifecycle.aws_fakes import FakeS3

MINE, THERE = "blazingtext-dev-storage-x", "blazingtext-dev-storage-y"


class Buckets(FakeS3):
    """S3 with a bucket of the stage in each of two regions."""

    def __init__(self, bucket: str) -> None:
        super().__init__(bucket)
        self.versions = [("a", "1"), ("a", "2")]
        self.markers = [("b", "3")]
        self.uploads = [("c", "4")]
        self.deleted: list[str] = []

    def _list_buckets(self, **_: Any) -> Iterator[dict[str, Any]]:
        yield {"Buckets": [{"Name": "blazingtext-devel-storage-x"}, {"Name": MINE, "BucketRegion": "us-east-1"}]}
        yield {"Buckets": [{"Name": THERE, "BucketRegion": "eu-west-1"}]}

    def _list_object_versions(self, *, Bucket: str, PaginationConfig: dict[str, int] | None = None) -> Iterator[dict[str, Any]]:  # noqa: N803 - AWS's names
        if Bucket == self.bucket:
            yield from super()._list_object_versions(Bucket=Bucket, PaginationConfig=PaginationConfig or {"PageSize": 1000})

    def delete_bucket(self, *, Bucket: str) -> None:  # noqa: N803 - AWS's name
        assert [*self.versions, *self.markers, *self.uploads] == [], "BucketNotEmpty"
        self._check(Bucket)
        self.deleted.append(Bucket)


def stage(*, held: str = "") -> tuple[Cloud, Buckets, Buckets]:
    """A stage whose storage stack is gone, except in a region; its buckets here and in eu-west-1."""

    def stacks(region: str) -> FakeStacks:
        found = FakeStacks()
        if region != held:
            found.statuses.clear()
        return found

    here, there = Buckets(MINE), Buckets(THERE)
    found = cloud(s3=here, cloudformation=stacks("us-east-1"))
    cast("Any", found.session).elsewhere = {"eu-west-1": {"s3": there, "cloudformation": stacks("eu-west-1")}}
    return found, here, there


@pytest.mark.parametrize(("bucket", "place"), [(MINE, 1), (THERE, 2)])
def test_a_bucket_is_deleted_with_everything_in_it_where_it_is(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, bucket: str, place: int
) -> None:
    found = stage()
    monkeypatch.setattr(BlazingText, "cloud", found[0])

    said = typed("audit", "--delete-bucket", bucket, "--yes")

    assert said == (0, f"{bucket}\n", f"done {bucket} is deleted; it held 4 object versions\n")
    assert [each.deleted for each in found[1:]] == ([[bucket], []] if place == 1 else [[], [bucket]])


def test_in_json_it_is_said_how_much_was_deleted(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BlazingText, "cloud", stage()[0])

    assert json.loads(typed("audit", "--delete-bucket", MINE, "--yes", "--json")[1]) == {"bucket": MINE, "deleted_versions": 4}


@pytest.mark.parametrize(
    ("bucket", "held", "why"),
    [
        (
            "blazingtext-devel-storage-x",
            "",
            rf"no bucket of stage dev\. It has {MINE}, {THERE}\. List what is left with: blazingtext audit",
        ),
        (MINE, "us-east-1", r"blazingtext-dev-storage may still hold it\. Destroy that first: AWS_REGION=us-east-1 cdk destroy --all"),
        (THERE, "eu-west-1", r"AWS_REGION=eu-west-1 cdk destroy --all"),
    ],
)
def test_another_bucket_and_one_that_a_stack_may_hold_are_refused(bucket: str, held: str, why: str) -> None:
    found, here, there = stage(held=held)

    with pytest.raises(RequestError, match=why):
        BlazingText.delete_bucket(cast("Any", type("Client", (), {"cloud": found})()), bucket)

    assert (here.deleted, there.deleted, len(here.versions), len(there.versions)) == ([], [], 2, 2)


def test_a_stage_without_buckets_says_so() -> None:
    found, here, _ = stage()
    here._list_buckets = lambda **_: iter([{"Buckets": []}])  # type: ignore[method-assign] # of this test

    with pytest.raises(RequestError, match=r"It has none\."):
        BlazingText.delete_bucket(cast("Any", type("Client", (), {"cloud": found})()), MINE)


def test_the_package_is_a_command() -> None:
    said = subprocess.run([sys.executable, "-m", "blazingtext", "--version"], capture_output=True, text=True, check=False)

    assert (said.returncode, said.stdout.startswith("blazingtext, version ")) == (0, True)
