"""What is said of a job that failed, and what to do about it."""

import pytest

from blazingtext_lifecycle.errors import CloudError, UserError
from tests.unit.blazingtext.cloud_fakes import FakeJobs
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.screens import NEW, Logs, launcher

LARGER = "Its disk was full. Run the same command with a larger one: --volume GB"
UPLOAD = (
    "Its corpus went before it was read. Upload it again, then run the same command with --retry: blazingtext upload FILE --corpus wiki"
)
FULL = "AlgorithmError: No space left on device: the volume of 5 GB (VolumeSizeInGB) is full, exit code: 137"


@pytest.mark.parametrize(
    ("failure", "advice"),
    [
        (FULL, LARGER),
        ("ClientError: Data download failed:Insufficient disk space", LARGER),
        ('ClientError: No S3 objects found under S3 URL "s3://b/c/" given in input data source.', UPLOAD),
        ("AlgorithmError: it broke, exit code: 1", ""),
    ],
)
def test_logs_of_a_failed_job_end_with_why_it_failed_and_what_to_do(typed: Typed, failure: str, advice: str) -> None:
    jobs = FakeJobs()
    jobs.add(NEW, "Failed", FailureReason=failure)

    code, out, err = typed("logs", sagemaker=jobs, logs=Logs())

    assert (code, out) == (0, "")
    assert err == f"{NEW} has no log lines.\n{NEW} failed. SageMaker says: {failure} {advice}".rstrip() + "\n"


def test_logs_of_a_job_that_did_not_fail_say_nothing_of_a_failure(typed: Typed) -> None:
    jobs = FakeJobs()
    jobs.add(NEW)

    assert typed("logs", sagemaker=jobs, logs=Logs("a"))[1:] == ("a\n", "")


@pytest.mark.parametrize(
    ("failure", "code", "advice"),
    [
        (FULL, UserError.exit_code, LARGER),
        ("ClientError: the words are wrong", UserError.exit_code, f"Read its log with: blazingtext logs {NEW}"),
        ("AlgorithmError: it broke, exit code: 1", CloudError.exit_code, f"Read its log with: blazingtext logs {NEW}"),
    ],
)
def test_a_watched_job_that_fails_ends_with_the_code_of_whoever_can_put_it_right(
    typed: Typed, failure: str, code: int, advice: str
) -> None:
    jobs = FakeJobs()
    jobs.add(NEW, "Failed", FailureReason=failure)

    ended = typed("train", "--corpus", "wiki", "--watch", sagemaker=jobs, logs=Logs(), **launcher())

    assert ended[0] == code
    assert f"SageMaker says: {failure} {advice}" in ended[2]
