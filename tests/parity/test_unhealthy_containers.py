"""Containers that are not healthy while their endpoint is in service: the endpoint stays, the container is replaced."""

from collections.abc import Iterator

import psutil
import pytest

from blazingtext_sandbox.sagemaker.hosting import health
from blazingtext_sandbox.sagemaker.hosting.instance import Instance
from tests.parity.sagemaker_support import Sage
from tests.parity.support import wait_until
from tests.patience import PATIENCE


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PERIOD_SECONDS", 0.1)


def instances(sage: Sage) -> list[Instance]:
    (fleet,) = sage.service.store.endpoints["e"].router.fleets()
    return list(fleet.instances)  # type: ignore[attr-defined]  # a live fleet has them


def lines(sage: Sage) -> Iterator[str]:
    return (line for of_stream in list(sage.cloud.aws.lines.values()) for line in list(of_stream))


@pytest.mark.parametrize("mood", ["hang", "ill"])
def test_a_container_that_is_not_healthy_in_service_is_replaced_and_the_endpoint_stays(sage: Sage, mood: str) -> None:
    sage.endpoint("one")
    before = sage.invoke(mood)[2]["pid"]

    seen: list[tuple[int, str]] = []

    def answered_by_another() -> bool:
        status, _, answer = sage.invoke()
        seen.append((status, sage.call("DescribeEndpoint", EndpointName="e")["EndpointStatus"]))
        return bool(answer.get("pid", before) != before)

    wait_until(answered_by_another)

    assert not psutil.pid_exists(before)
    # Until the new process listens, nobody answers: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
    assert {status for status, _ in seen} <= {200, 503}
    assert {status for _, status in seen} == {"InService"}
    wait_until(lambda: any("GET /ping was not answered with 200 in time" in line for line in lines(sage)))
    (instance,) = instances(sage)
    wait_until(lambda: instance.healthy and not instance.starting)
    assert instance.restarts == 1


def test_requests_go_to_the_instances_that_are_healthy_and_to_the_others_again_when_they_are(
    sage: Sage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "MOST_FAILURES", 10**9)
    sage.endpoint(instances=2)
    ill = sage.invoke("ill")[2]["pid"]
    (sick,) = [each for each in instances(sage) if each.pid == ill]
    wait_until(lambda: not sick.healthy)

    assert ill not in {sage.invoke()[2]["pid"] for _ in range(6)}

    sage.invoke("ill")
    wait_until(lambda: not any(each.healthy for each in instances(sage)))
    # The one that was left out comes first, until both have served as many.
    assert len({sage.invoke()[2]["pid"] for _ in range(20)}) == 2


def test_one_missing_answer_is_forgiven(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PING_SECONDS", PATIENCE)
    sage.endpoint()
    (instance,) = instances(sage)
    asked: list[bool] = []
    ping = instance.client.ping

    def every_second_answer_is_missing(seconds: float) -> bool:
        asked.append(ping(seconds))
        return len(asked) % 2 == 0

    monkeypatch.setattr(instance.client, "ping", every_second_answer_is_missing)
    wait_until(lambda: len(asked) >= 3 * health.MOST_FAILURES)

    assert all(asked)
    assert instance.restarts == 0


def test_a_new_process_has_the_time_of_a_start_to_become_healthy(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    sage.endpoint("one")
    (instance,) = instances(sage)
    monkeypatch.setattr(instance.client, "ping", lambda _: False)
    wait_until(lambda: instance.restarts == 1)
    wait_until(lambda: instance.failures > health.MOST_FAILURES)

    assert instance.starting
    assert instance.restarts == 1

    # Of the four minutes, all have passed.
    instance.began -= 300
    wait_until(lambda: instance.restarts == 2)
