"""Jobs that are looked at until they have ended."""

from dataclasses import dataclass

import pytest

from blazingtext.runs.following import followed


@dataclass(frozen=True)
class Job:
    over: bool


def test_a_job_is_looked_at_less_and_less_often_until_it_has_ended() -> None:
    looks, pauses = iter([Job(over=False)] * 60 + [Job(over=True)]), list[float]()

    seen = list(followed(lambda: next(looks), pauses.append))

    assert [each.over for each in seen] == [False] * 60 + [True]
    assert len(pauses) == 60
    assert pauses[:3] == pytest.approx([0.5, 0.55, 0.605])
    assert (max(pauses), pauses[-1]) == (10.0, 10.0)
    assert pauses == sorted(pauses)


def test_a_job_that_has_ended_is_looked_at_once() -> None:
    assert list(followed(lambda: Job(over=True), lambda _: pytest.fail("nothing is waited for"))) == [Job(over=True)]
