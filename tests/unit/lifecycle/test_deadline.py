import pytest

from blazingtext_lifecycle.deadline import Deadline
from blazingtext_lifecycle.errors import NotReady


def test_there_is_time_until_what_is_left_is_the_margin() -> None:
    Deadline(lambda: 501, margin_ms=500).check("It")

    with pytest.raises(NotReady, match=r"^It took too long"):
        Deadline(lambda: 500, margin_ms=500).check("It")


def test_waiting_takes_the_seconds_asked_for_or_what_is_left_and_nothing_when_the_time_is_over() -> None:
    waited: list[float] = []
    deadline = Deadline(lambda: 10_000 - 9_000 * len(waited), margin_ms=500, pause=waited.append)

    deadline.wait(2.5, "It")
    deadline.wait(9, "It")
    with pytest.raises(NotReady):
        deadline.wait(9, "It")

    assert waited == [2.5, 0.5]


def test_a_quarter_of_a_minute_is_kept_for_the_answer() -> None:
    Deadline(lambda: 15_001).check("It")
    with pytest.raises(NotReady):
        Deadline(lambda: 15_000).check("It")
