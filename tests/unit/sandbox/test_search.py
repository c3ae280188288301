"""Search: every operator, orders, pages; and the event stream of a response."""

import datetime as dt
from typing import Any

import botocore.eventstream
import pytest

from blazingtext_sandbox.sagemaker.api import runtime
from blazingtext_sandbox.sagemaker.api.errors import ValidationError, ValidationException
from blazingtext_sandbox.sagemaker.search import Search
from blazingtext_sandbox.sagemaker.store import Model, Store

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def store() -> Store:
    made = Store()
    for number in range(12):
        moment = START + dt.timedelta(days=number)
        tags = {"even": "yes"} if number % 2 == 0 else {}
        made.models[f"m{number:02}"] = Model(f"m{number:02}", f"arn:m{number:02}", {}, tags, moment, moment)
    return made


def describe(store: Store, parameters: dict[str, Any]) -> dict[str, Any]:
    model = store.models[parameters["ModelName"]]
    return {
        "ModelName": model.name,
        "CreationTime": model.created,
        "EnableNetworkIsolation": model.name == "m03",
        "Containers": [{"Mode": "SingleModel"}, {"Image": f"i{model.name}"}],
    }


def names(store: Store, *filters: tuple[str, str, str], **more: Any) -> list[str]:
    given = [{"Name": name, "Operator": operator, "Value": value} for name, operator, value in filters]
    parameters = {"Resource": "Model", "SearchExpression": {"Filters": given, **more}, "SortBy": "ModelName", "SortOrder": "Ascending"}
    found = Search({"Model": ("ModelName", describe)}).search(store, parameters | {"MaxResults": 100})
    return [each["Model"]["Model"]["ModelName"] for each in found["Results"]]


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        (("ModelName", "Equals", "m03"), [3]),
        (("ModelName", "NotEquals", "m03"), [*range(3), *range(4, 12)]),
        (("ModelName", "Contains", "m1"), [10, 11]),
        (("ModelName", "In", "m01,m05"), [1, 5]),
        (("ModelName", "GreaterThan", "m10"), [11]),
        (("ModelName", "GreaterThanOrEqualTo", "m10"), [10, 11]),
        (("ModelName", "LessThan", "m01"), [0]),
        (("ModelName", "LessThanOrEqualTo", "m01"), [0, 1]),
        (("CreationTime", "GreaterThan", "2026-01-11T00:00:00Z"), [11]),
        (("CreationTime", "LessThanOrEqualTo", "2026-01-02T00:00:00Z"), [0, 1]),
        (("CreationTime", "Equals", "2026-01-02T00:00:00Z"), [1]),
        (("EnableNetworkIsolation", "Equals", "true"), [3]),
        (("Tags.even", "Exists", ""), [0, 2, 4, 6, 8, 10]),
        (("Tags.even", "NotExists", ""), [1, 3, 5, 7, 9, 11]),
        (("Tags.even", "Equals", "yes"), [0, 2, 4, 6, 8, 10]),
        (("Tags.even", "NotEquals", "yes"), [1, 3, 5, 7, 9, 11]),
        (("Containers.Image", "Equals", "im02"), [2]),
        (("Unknown.Name", "Equals", "x"), []),
        (("Unknown.Name", "GreaterThan", "x"), []),
        (("Unknown.Name", "Contains", "x"), []),
    ],
)
def test_each_operator_finds_what_it_says(store: Store, condition: tuple[str, str, str], numbers: list[int]) -> None:
    assert names(store, condition) == [f"m{number:02}" for number in numbers]


def test_filters_hold_together_or_one_of_them(store: Store) -> None:
    both = [("Tags.even", "Exists", ""), ("ModelName", "LessThan", "m04")]
    sub = {"SubExpressions": [{"Filters": [{"Name": "ModelName", "Operator": "Equals", "Value": "m02"}]}]}

    assert names(store, *both) == ["m00", "m02"]
    assert names(store, *both, Operator="And") == ["m00", "m02"]
    assert names(store, ("ModelName", "Equals", "m01"), ("ModelName", "Equals", "m02"), Operator="Or") == ["m01", "m02"]
    assert names(store, *both, **sub) == ["m02"]
    assert len(names(store)) == 12


def test_pages_are_in_the_order_asked_for_and_tell_how_many_there_are(store: Store) -> None:
    search = Search({"Model": ("ModelName", describe)})
    asked: dict[str, Any] = {"Resource": "Model", "SortBy": "CreationTime"}

    first = search.search(store, asked)
    second = search.search(store, asked | {"NextToken": first["NextToken"]})

    assert [each["Model"]["Model"]["ModelName"] for each in first["Results"]] == [f"m{number:02}" for number in range(11, 1, -1)]
    assert [each["Model"]["Model"]["ModelName"] for each in second["Results"]] == ["m01", "m00"]
    assert (first["TotalHits"], second["NextToken"]) == ({"Value": 12, "Relation": "EqualTo"}, None)
    assert search.search(store, asked | {"MaxResults": 12})["NextToken"] is None
    with pytest.raises(ValidationException, match="pagination token is invalid"):
        search.search(store, asked | {"NextToken": "!!"})


def test_there_is_nothing_of_a_type_that_is_not_described(store: Store) -> None:
    assert Search({}).search(store, {"Resource": "Image"}) == {
        "Results": [],
        "NextToken": None,
        "TotalHits": {"Value": 0, "Relation": "EqualTo"},
    }


@pytest.mark.parametrize(("size", "parts"), [(0, []), (1, [1]), (65_536, [65_536]), (65_537, [65_536, 1])])
def test_a_response_stream_is_one_that_botocore_reads(size: int, parts: list[int]) -> None:
    buffer = botocore.eventstream.EventStreamBuffer()
    buffer.add_data(runtime.event_stream(b"x" * size))

    events = [event.to_response_dict() for event in buffer]
    assert [len(event["body"]) for event in events] == parts
    expected = {":event-type": "PayloadPart", ":content-type": "application/octet-stream", ":message-type": "event"}
    assert all(event["headers"] == expected for event in events)


def test_an_invocation_is_read_from_path_and_headers() -> None:
    headers = {"content-type": "application/json", "x-amzn-sagemaker-target-variant": "AllTraffic", "host": "x"}
    found = runtime.Invocation.parse("InvokeEndpoint", "/endpoints/my%2De/invocations", headers, b"{}")

    assert (found.endpoint, found.body, found.members["TargetVariant"]) == ("my-e", b"{}", "AllTraffic")
    assert (found.get("ContentType"), found.get("Accept", "*/*")) == ("application/json", "*/*")
    assert runtime.endpoint_of("/endpoints/my%2De/invocations") == "my-e"


@pytest.mark.parametrize(
    ("operation", "path", "headers", "words"),
    [
        ("InvokeEndpoint", "/endpoints/e", {}, "is no invocation of an endpoint"),
        ("InvokeEndpoint", "/endpoints/a_b/invocations", {}, "1 validation error detected: Value 'a_b' at 'endpointName'"),
        (
            "InvokeEndpoint",
            "/endpoints/e/invocations",
            {"x-amzn-sagemaker-target-model": "m"},
            "InvokeEndpoint's TargetModel",
        ),
        ("InvokeEndpointAsync", "/endpoints/e/async-invocations", {}, "does not emulate the operation InvokeEndpointAsync"),
    ],
)
def test_an_invocation_that_cannot_be_answered_is_refused(operation: str, path: str, headers: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        runtime.Invocation.parse(operation, path, headers, b"")
