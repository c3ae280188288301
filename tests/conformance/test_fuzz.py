"""Requests no client would send: whatever comes in, an answer of AWS's shape goes out, soon, and it is no InternalFailure."""

import copy
import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from blazingtext_sandbox.sagemaker.api.coverage import EMPTY, OPERATIONS, RUNTIME
from blazingtext_sandbox.sagemaker.service import SageMaker
from tests.conformance.bases import World, all_cases, base, input_shape, service_model
from tests.conformance.count import CONTROL
from tests.conformance.samples import sample

SECONDS = 2.0
#: Optional members are filled down to this depth; some shapes hold themselves.
DEEPEST = 6
#: The lists that are always empty are one piece of code: two of them stand for all.
FUZZED = [operation for operation in CONTROL if operation not in EMPTY[2:]]
#: Texts that upset parsers, patterns, file names, environments and clocks.
UGLY = (
    "",
    "\x00",
    "\ud800",
    "é" * 300,
    "../../etc/passwd",
    "a" * 100_000,
    "a-" * 40_000 + "!",
    "-" * 40_000 + "!",
    "9" * 4000,
    "2026-01-01",
    "0001-01-01T00:00:00+23:59",
    "s3://",
    "s3://bucket/../x",
    "%n%s{}",
)
WORDS = st.sampled_from(UGLY) | st.text(max_size=30)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([0, -1, 1e308, 2**31, 2**63, 253402300800])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.sampled_from(
    [b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff", b"[" * 50_000, b'{"a":' * 50_000, b'{"MaxResults": NaN}', b'{"a": 1e999}']
)
FUZZ = settings(max_examples=25, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


class Untouched:
    """A world that no request has changed: one that took a request is left behind, one that refused it is asked again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._world: World | None = None

    def ask(self, operation: str, body: bytes) -> str:
        """The error's code, or ""; the answer is in time and in AWS's shape."""
        world, self._world = self._world or World(self._folder), None
        began = time.process_time()
        status, code, message = world.answer(operation, body)
        spent = time.process_time() - began
        shown = body[:300]
        assert status < 500, f"{operation} {shown!r}: {code}: {message}"
        assert (status == 200) == (code == ""), f"{operation} {shown!r}"
        assert spent < SECONDS, f"{operation} {shown!r}: {spent:.1f} s"
        if code:
            self._world = world
        return code


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Untouched:
    return Untouched(tmp_path_factory.mktemp("untouched"))


@cache
def requests(operation: str) -> list[dict[str, Any]]:
    """Where the fuzzer starts: a request AWS takes, often, and each of the generated ones."""
    return [base(operation)] * 200 + [case.request for case in all_cases(operation)]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something of a request can be replaced."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, member in inner for place in places(member, (*path, key)))]


def put(request: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    request = copy.copy(request)
    request[path[0]] = put(request[path[0]], path[1:], value)
    return request


@pytest.mark.parametrize("operation", FUZZED)
@seed(20_261_128)
@FUZZ
@given(data=st.data())
def test_no_request_crashes_or_hangs_an_operation(operation: str, untouched: Untouched, data: st.DataObject) -> None:
    request = data.draw(st.sampled_from(requests(operation)))
    for _ in range(data.draw(st.integers(1, 3))):
        request = put(request, data.draw(st.sampled_from(places(request))), data.draw(VALUES))

    untouched.ask(operation, json.dumps(request).encode())


MOMENTS = st.sampled_from([0, 1.5e9, -62_135_596_800, 253_402_300_799, "2026-01-01", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59"])
NAMES = st.sampled_from(["m", "c", "e", "job", "ended", "AllTraffic", "new", "M"])


def fitting(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that mostly pass the contract and reach the operation: names that exist, bounds, odd moments, several of a kind."""
    if shape.type_name == "structure":
        optional = {name: member for name, member in shape.members.items() if name not in shape.required_members and depth < DEEPEST}
        return st.fixed_dictionaries(
            {name: fitting(shape.members[name], depth + 1) for name in shape.required_members},
            optional={name: fitting(member, depth + 1) for name, member in optional.items()},
        )
    if shape.type_name == "list":
        return st.lists(fitting(shape.member, depth + 1), min_size=shape.metadata.get("min", 0), max_size=3)
    if shape.type_name == "map":
        return st.dictionaries(WORDS, fitting(shape.value, depth + 1), max_size=3)
    if shape.type_name == "string":
        return st.sampled_from(shape.metadata["enum"]) if shape.metadata.get("enum") else st.just(sample(shape)) | NAMES | WORDS
    if shape.type_name == "timestamp":
        return MOMENTS
    return (
        st.booleans() if shape.type_name == "boolean" else st.sampled_from([shape.metadata.get("min", 0), shape.metadata.get("max", 7), 1])
    )


@pytest.mark.parametrize("operation", FUZZED)
@seed(20_261_128)
@FUZZ
@given(data=st.data())
def test_no_value_that_members_allow_crashes_an_operation(operation: str, untouched: Untouched, data: st.DataObject) -> None:
    shape = input_shape(operation)
    request = dict(base(operation))
    emulated = sorted({path.split(".")[0] for path in OPERATIONS.get(operation, shape.members)})
    for name in data.draw(st.lists(st.sampled_from(emulated), max_size=4)):
        request[name] = data.draw(fitting(shape.members[name]))

    untouched.ask(operation, json.dumps(request).encode())


@pytest.mark.parametrize("operation", [*FUZZED, "CreateTransformJob", "NoSuchOperation", ""])
@seed(20_261_128)
@FUZZ
@given(body=BODIES | st.binary(max_size=200))
def test_no_body_crashes_an_operation(operation: str, untouched: Untouched, body: bytes) -> None:
    untouched.ask(operation, body)


@pytest.mark.parametrize("operation", RUNTIME)
@seed(20_261_128)
@settings(FUZZ, max_examples=200)
@given(data=st.data())
def test_no_headers_crash_an_invocation(operation: str, tmp_path: Path, data: st.DataObject) -> None:
    service: SageMaker = World(tmp_path).service
    model = service_model("sagemaker-runtime").operation_model(operation)
    names = [str(member.serialization["name"]).lower() for member in input_shape(operation).members.values() if member.serialization]
    headers = data.draw(st.dictionaries(st.sampled_from([*names, "x-amzn-sagemaker-other"]), WORDS, max_size=5))
    name = data.draw(st.sampled_from(["e", "", "%2F", "é", "a" * 64, "e/"]))

    status, answer, content = service.invoke(model.http["requestUri"].replace("{EndpointName}", name), headers, b"{}", operation)

    assert status < 500, content
    assert answer["x-amzn-errortype"]


@pytest.mark.parametrize(("levels", "code"), [(100, ""), (102, "SerializationException"), (900, "SerializationException")])
def test_a_request_that_holds_itself_too_many_times_is_refused(untouched: Untouched, levels: int, code: str) -> None:
    # The request and its expression are one level each, and every other expression stands in a list.
    inside = (levels - 2) // 2
    deep = b'{"Resource": "Model", "SearchExpression": ' + b'{"SubExpressions": [' * inside + b"{}" + b"]}" * inside + b"}"

    assert untouched.ask("Search", deep) == code
