from typing import Any

import pytest

from blazingtext.runs import job_events
from tests.unit.blazingtext.cloud_fakes import NOON, FakeClient, FakeJobs, cloud
from tests.unit.lifecycle.aws_fakes import client_error

JOB = "blazingtext-dev-wiki-skipgram-0123456789"


class GrowingLogs:
    """CloudWatch Logs whose lines arrive a page at a time, some of them after the job's end."""

    def __init__(self, pages: list[list[str]]) -> None:
        self.lines: list[str] = []
        self._pages = pages

    def arrive(self, _seconds: float = 0) -> None:
        self.lines += self._pages.pop(0) if self._pages else []

    def describe_log_streams(self, *, logGroupName: str, logStreamNamePrefix: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert (logGroupName, logStreamNamePrefix) == ("/aws/sagemaker/TrainingJobs", f"{JOB}/")
        if not self.lines:
            raise client_error("ResourceNotFoundException", "The specified log group does not exist.")
        return {"logStreams": [{"logStreamName": f"{JOB}/algo-1-1"}]}

    def get_log_events(
        self,
        *,
        logGroupName: str,  # noqa: N803 - AWS's names
        logStreamName: str,  # noqa: N803 - likewise
        startFromHead: bool = False,  # noqa: N803 - likewise
        nextToken: str = "",  # noqa: N803 - likewise
    ) -> dict[str, Any]:
        """From the end unless told otherwise, as CloudWatch Logs reads."""
        assert (logGroupName, logStreamName) == ("/aws/sagemaker/TrainingJobs", f"{JOB}/algo-1-1")
        nextToken = nextToken or ("f/0" if startFromHead else f"f/{len(self.lines)}")  # noqa: N806 - likewise
        start = int(nextToken.removeprefix("f/"))
        events = [{"timestamp": 1_700_000_000_000 + number, "message": line} for number, line in enumerate(self.lines)][start:]
        return {"events": events, "nextForwardToken": f"f/{len(self.lines)}"}

    def get_paginator(self, operation: str) -> Any:
        return FakeClient(**{operation: getattr(self, operation)}).get_paginator(operation)


def test_watching_ends_after_the_last_line_though_it_comes_after_the_jobs_end() -> None:
    jobs, logs = FakeJobs(), GrowingLogs([["Read 10M words"], ["Training finished!"], ["#mean_rho: 0.7"]])
    jobs.add(JOB, "InProgress", SecondaryStatusTransitions=[{"Status": "Training", "StartTime": NOON, "StatusMessage": "in progress"}])
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        logs.arrive()
        if len(looks) == 2:
            jobs.jobs[JOB]["TrainingJobStatus"] = "Completed"

    seen = list(job_events.events(cloud(sagemaker=jobs, logs=logs), JOB, sleep=sleep))

    assert [event.text for event in seen if not event.phase] == ["Read 10M words", "Training finished!", "#mean_rho: 0.7"]
    assert [event.phase for event in seen if event.phase] == ["Training"]


def test_without_follow_watching_shows_what_there_is_and_ends() -> None:
    jobs, logs = FakeJobs(), GrowingLogs([["a line"]])
    jobs.add(JOB, "InProgress")
    logs.arrive()

    assert [event.text for event in job_events.events(cloud(sagemaker=jobs, logs=logs), JOB, follow=False)] == ["a line"]


@pytest.mark.parametrize("start", ["##### ", ""])
def test_progress_is_read_from_the_lines_of_one_and_of_many_hosts(start: str) -> None:
    assert job_events.progress_of(f"{start}Alpha: 0.0465  Progress: 7.01%  Million Words/sec: 2.23 #####") == (7.01, 2.23)
    assert job_events.progress_of("Read 10M words") is None


def test_looks_are_rarer_and_rarer_while_a_job_runs_and_frequent_when_it_is_over() -> None:
    jobs, logs = FakeJobs(), GrowingLogs([])
    jobs.add(JOB, "InProgress")
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 60:
            jobs.jobs[JOB]["TrainingJobStatus"] = "Stopped"

    assert list(job_events.events(cloud(sagemaker=jobs, logs=logs), JOB, sleep=sleep)) == []

    assert pauses[:3] == pytest.approx([0.5, 0.55, 0.605])
    assert (max(pauses), pauses[59]) == (5.0, 5.0)
    # Nothing new at the last look while it ran, and at the first one after that.
    assert pauses[60:] == []


def test_after_the_end_two_looks_without_a_line_are_the_last() -> None:
    jobs, logs = FakeJobs(), GrowingLogs([["late"], ["later"]])
    jobs.add(JOB, "Completed")
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        logs.arrive()

    seen = [event.text for event in job_events.events(cloud(sagemaker=jobs, logs=logs), JOB, sleep=sleep)]

    assert (seen, pauses) == (["late", "later"], [0.5] * 4)


def test_phases_and_lines_come_in_the_order_of_their_times_each_once() -> None:
    jobs, logs = FakeJobs(), GrowingLogs([["a", "b"]])
    logs.arrive()
    changes = [{"Status": "Training", "StartTime": NOON, "StatusMessage": "going"}, {"Status": "Completed", "StartTime": NOON}]
    jobs.add(JOB, "Completed", SecondaryStatusTransitions=changes)

    seen = list(job_events.events(cloud(sagemaker=jobs, logs=logs), JOB, sleep=lambda _: None))

    assert [(event.phase, event.text, event.stream) for event in seen] == [
        ("", "a", f"{JOB}/algo-1-1"),
        ("", "b", f"{JOB}/algo-1-1"),
        ("Training", "going", ""),
        ("Completed", "", ""),
    ]
    assert {event.job for event in seen} == {JOB}
