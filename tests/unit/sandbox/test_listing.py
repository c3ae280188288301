"""Filters, order, pages and tags of the List operations."""

import datetime as dt
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api import listing, tagging
from blazingtext_sandbox.sagemaker.api.errors import ValidationException
from blazingtext_sandbox.sagemaker.store import Model, Store

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
# Names in another order than times.
NAMES = ["m3", "m1", "m0", "m2"]


def model(name: str, minute: int) -> Model:
    return Model(name, f"arn:{name}", {}, {}, START + dt.timedelta(minutes=minute), START + dt.timedelta(hours=minute))


MODELS = [model(name, minute) for minute, name in enumerate(NAMES)]


def listed(**parameters: Any) -> list[str]:
    return [each.name for each in listing.page(MODELS, parameters)[0]]


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({}, ["m2", "m0", "m1", "m3"]),
        ({"SortOrder": "Ascending"}, NAMES),
        ({"SortBy": "Name", "SortOrder": "Ascending"}, ["m0", "m1", "m2", "m3"]),
        ({"SortBy": "Name"}, ["m3", "m2", "m1", "m0"]),
        ({"SortBy": "CreationTime", "SortOrder": "Descending"}, ["m2", "m0", "m1", "m3"]),
        ({"NameContains": "1"}, ["m1"]),
        ({"NameContains": "m", "SortOrder": "Ascending"}, NAMES),
        ({"StatusEquals": "InService"}, []),
        ({"CreationTimeAfter": START.timestamp(), "SortOrder": "Ascending"}, ["m1", "m0", "m2"]),
        ({"CreationTimeBefore": (START + dt.timedelta(minutes=3)).timestamp(), "SortOrder": "Ascending"}, ["m3", "m1", "m0"]),
        ({"LastModifiedTimeAfter": (START + dt.timedelta(hours=2)).timestamp()}, ["m2"]),
        ({"LastModifiedTimeBefore": (START + dt.timedelta(hours=1)).timestamp()}, ["m3"]),
    ],
)
def test_a_list_is_filtered_and_sorted_as_asked(parameters: dict[str, Any], names: list[str]) -> None:
    assert listed(**parameters) == names


def test_an_operation_may_have_another_order_of_its_own() -> None:
    assert [each.name for each in listing.page(MODELS, {}, order="Ascending")[0]] == NAMES
    assert [each.name for each in listing.page(MODELS, {"SortOrder": "Descending"}, order="Ascending")[0]] == NAMES[::-1]


def test_pages_follow_one_another_without_gap_or_repetition() -> None:
    many = [model(f"m{number:02}", number) for number in range(25)]
    names: list[str] = []
    sizes, token = [], None
    while True:
        page, token = listing.page(many, {"SortOrder": "Ascending", **({"NextToken": token} if token else {})})
        sizes.append(len(page))
        names += [each.name for each in page]
        if token is None:
            break

    assert sizes == [10, 10, 5]
    assert names == [each.name for each in many]


def test_a_page_that_ends_the_list_has_no_token() -> None:
    assert listing.page(MODELS, {"MaxResults": 4})[1] is None
    page, token = listing.page(MODELS, {"MaxResults": 3})
    assert (len(page), token is None) == (3, False)


@pytest.mark.parametrize("token", ["bTk", "bTk=", "\u00e9", "x"])
def test_a_token_that_no_list_gave_is_refused(token: str) -> None:
    with pytest.raises(ValidationException, match="The pagination token is invalid"):
        listing.page(MODELS, {"NextToken": token})


def test_statuses_sort_and_filter_what_has_one() -> None:
    running, failed = model("a", 1), model("b", 0)
    running.status, failed.status = "InService", "Failed"  # type: ignore[attr-defined] # as endpoints have

    assert [each.name for each in listing.page([running, failed], {"SortBy": "Status", "SortOrder": "Ascending"})[0]] == ["b", "a"]
    assert [each.name for each in listing.page([running, failed], {"StatusEquals": "Failed"})[0]] == ["b"]


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


@pytest.fixture
def store() -> Store:
    made = Store()
    made.models["m"] = Model("m", "arn:aws:sagemaker:us-east-1:1:model/m", {}, {"a": "1", "b": "2"})
    return made


ARN = "arn:aws:sagemaker:us-east-1:1:model/m"


def test_tags_are_added_over_those_there_are_and_deleted_by_key(store: Store) -> None:
    assert tagging.add(store, {"ResourceArn": ARN, "Tags": tags(b="3", c="4")}) == {"Tags": tags(a="1", b="3", c="4")}
    assert tagging.delete(store, {"ResourceArn": ARN, "TagKeys": ["a", "unknown"]}) == {}
    assert tagging.list_(store, {"ResourceArn": ARN.upper()}) == {"Tags": tags(b="3", c="4")}


def test_a_resource_has_at_most_fifty_tags(store: Store) -> None:
    tagging.add(store, {"ResourceArn": ARN, "Tags": tags(**{f"k{number}": "" for number in range(48)})})

    with pytest.raises(ValidationException, match=f"The number of tags on {ARN} would be 51; the most is 50"):
        tagging.add(store, {"ResourceArn": ARN, "Tags": tags(more="")})
    assert len(store.models["m"].tags) == 50


def test_a_key_given_twice_and_an_unknown_resource_are_refused(store: Store) -> None:
    with pytest.raises(ValidationException, match="Duplicate tag keys"):
        tagging.as_map([*tags(a="1"), *tags(a="2")])
    for operation in (tagging.add, tagging.list_, tagging.delete):
        with pytest.raises(ValidationException, match="Could not find resource 'arn:x'"):
            operation(store, {"ResourceArn": "arn:x", "Tags": [], "TagKeys": []})
