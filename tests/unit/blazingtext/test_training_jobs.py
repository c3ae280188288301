import pytest

from blazingtext.runs import training_jobs
from blazingtext_lifecycle.errors import AccessDeniedError, RequestError
from tests.unit.blazingtext.cloud_fakes import NOON, FakeClient, FakeJobs, cloud, denying

JOB = "blazingtext-dev-wiki-skipgram-0123456789"
OLD = "blazingtext-dev-wiki-skipgram-9876543210"


def test_runs_are_the_stages_own_newest_first() -> None:
    jobs = FakeJobs()
    for name in (OLD, JOB, "not-blazingtext-dev-x"):
        jobs.add(name)

    assert [run.job for run in training_jobs.runs(cloud(sagemaker=jobs), limit=10)] == [JOB, OLD]
    assert [run.job for run in training_jobs.runs(cloud(sagemaker=jobs), limit=1)] == [JOB]


def test_a_failed_run_has_no_artifact_to_look_at() -> None:
    jobs = FakeJobs()
    jobs.add(JOB, "Failed", FailureReason="ClientError: no words")

    run = training_jobs.run(cloud(sagemaker=jobs), JOB)

    assert (run.corpus, run.artifact, run.failure) == ("wiki", "", "ClientError: no words")


def test_what_sagemaker_adds_to_the_hyperparameters_of_trials_is_left_out() -> None:
    jobs = FakeJobs()
    jobs.add(JOB, HyperParameters={"mode": "cbow", "epochs": "3", "_tuning_objective_metric": "train:mean_rho"})

    assert training_jobs.run(cloud(sagemaker=jobs), JOB).hyperparameters == {"mode": "cbow", "epochs": "3"}


def test_the_newest_completed_run_skips_later_failures() -> None:
    jobs = FakeJobs()
    jobs.add(OLD)
    jobs.add(JOB, "Failed")

    assert training_jobs.latest(cloud(sagemaker=jobs), completed=True).job == OLD
    assert training_jobs.latest(cloud(sagemaker=jobs)).job == JOB


def test_the_newest_completed_run_is_found_behind_any_number_of_failures() -> None:
    jobs = FakeJobs()
    jobs.add(OLD)
    for number in range(120):
        jobs.add(f"{JOB}-{number}", "Failed")

    assert training_jobs.latest(cloud(sagemaker=jobs), completed=True).job == OLD


def test_the_speed_of_a_run_is_read_from_its_own_log_to_the_last_page() -> None:
    lines = {JOB: "2.27", OLD: "1.13"}
    logs = FakeClient(
        filter_log_events=lambda logGroupName, logStreamNamePrefix, filterPattern: {  # noqa: N803 - AWS's names
            "events": [
                {"message": f"{text} {speed}"}
                for job, speed in lines.items()
                for text in ("Read 10M words, Words/sec:", "Average throughput in Million words/sec:")
                # Quoted, a pattern is a text that a line holds (CloudWatch Logs, filter and pattern syntax).
                if f"{job}/algo-1".startswith(logStreamNamePrefix) and filterPattern.strip('"') in text
            ]
            if logGroupName == "/aws/sagemaker/TrainingJobs"
            else []
        }
    )

    assert [training_jobs.throughput(cloud(logs=logs), job) for job in (JOB, OLD, "another")] == [2.27, 1.13, None]


def test_without_a_log_a_run_has_no_speed_yet_and_what_is_denied_is_said() -> None:
    assert training_jobs.throughput(cloud(logs=FakeClient(filter_log_events=denying("ResourceNotFoundException"))), JOB) is None
    with pytest.raises(AccessDeniedError, match=f"read the log of {JOB}"):
        training_jobs.throughput(cloud(logs=FakeClient(filter_log_events=denying("AccessDeniedException"))), JOB)


def test_an_unknown_job_is_named() -> None:
    with pytest.raises(RequestError, match="no training job nope"):
        training_jobs.run(cloud(sagemaker=FakeJobs()), "nope")


@pytest.mark.parametrize("typed", ["blazingtext-dev-news-cbow-2", "news-cbow-2", "news-"])
def test_a_beginning_that_no_other_job_has_is_enough(typed: str) -> None:
    jobs = FakeJobs()
    for job in (OLD, JOB, "blazingtext-dev-news-cbow-22", "blazingtext-prod-news-cbow-23", "my-blazingtext-dev-news-1"):
        jobs.add(job, "InProgress")

    assert training_jobs.run(cloud(sagemaker=jobs), typed).job == "blazingtext-dev-news-cbow-22"
    assert training_jobs.stop(cloud(sagemaker=jobs), typed).status == "Stopping"
    assert jobs.stopped == ["blazingtext-dev-news-cbow-22"]


@pytest.mark.parametrize("typed", ["first", "blazingtext-dev-first"])
def test_a_chosen_name_is_not_the_beginning_of_its_second_attempt(typed: str) -> None:
    jobs = FakeJobs()
    for job in ("blazingtext-dev-first", "blazingtext-dev-first-2", "blazingtext-prod-first"):
        jobs.add(job)

    assert training_jobs.run(cloud(sagemaker=jobs), typed).job == "blazingtext-dev-first"


SHA = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("tags", "whole", "short"),
    [
        ({"blazingtext:corpus-sha256": SHA, "blazingtext:corpus-hash": "e" * 64}, f"sha256:{SHA}", "0123456789ab"),
        ({"blazingtext:corpus-hash": SHA}, f"etags:{SHA}", "etags:0123456789ab"),
        ({}, "", ""),
    ],
)
def test_a_run_has_the_hash_of_its_corpus_from_its_tags(tags: dict[str, str], whole: str, short: str) -> None:
    jobs = FakeJobs()
    jobs.add(JOB, tags=tags)

    (run,) = training_jobs.with_tags(cloud(sagemaker=jobs), training_jobs.runs(cloud(sagemaker=jobs), limit=10))

    assert (run.tags, run.corpus_hash, run.short_hash, run.recipe) == (tags, whole, short, "")


def test_a_run_has_the_key_of_its_recipe_from_its_tags() -> None:
    jobs = FakeJobs()
    jobs.add(JOB, tags={"blazingtext:recipe": "corpora/wiki/recipes/x.json"})
    plain = training_jobs.run(cloud(sagemaker=jobs), JOB)

    assert (plain.tags, plain.recipe) == (None, "")
    assert [run.recipe for run in training_jobs.with_tags(cloud(sagemaker=jobs), [plain])] == ["corpora/wiki/recipes/x.json"]


def test_the_beginning_of_another_stages_job_is_none() -> None:
    jobs = FakeJobs()
    jobs.add("blazingtext-prod-news-cbow-23")

    with pytest.raises(RequestError, match="no training job blazingtext-prod-news"):
        training_jobs.run(cloud(sagemaker=jobs), "blazingtext-prod-news")


def test_a_whole_name_is_not_the_beginning_of_another() -> None:
    jobs = FakeJobs()
    for job in ("blazingtext-dev-a-1", "blazingtext-dev-a-11"):
        jobs.add(job)

    assert training_jobs.run(cloud(sagemaker=jobs), "blazingtext-dev-a-1").job == "blazingtext-dev-a-1"


def test_a_beginning_of_several_jobs_names_them() -> None:
    jobs = FakeJobs()
    for number in range(5):
        jobs.add(f"blazingtext-dev-a-{number}")

    several = "blazingtext-dev-a-0, blazingtext-dev-a-1, blazingtext-dev-a-2 and 2 more"
    with pytest.raises(RequestError, match=f"^a- is the beginning of several training jobs: {several}. Type more of it."):
        training_jobs.run(cloud(sagemaker=jobs), "a-")
    for each in ("blazingtext-dev-a-3", "blazingtext-dev-a-4"):
        del jobs.jobs[each]
    with pytest.raises(RequestError, match=r"several training jobs: blazingtext-dev-a-0, blazingtext-dev-a-1, blazingtext-dev-a-2\. Type"):
        training_jobs.run(cloud(sagemaker=jobs), "blazingtext-dev-a-")


def test_only_a_running_job_of_the_stage_is_stopped() -> None:
    jobs = FakeJobs()
    jobs.add(OLD)
    jobs.add(JOB, "InProgress")
    jobs.add("blazingtext-prod-wiki-skipgram-1", "InProgress")

    assert training_jobs.stop(cloud(sagemaker=jobs), JOB).status == "Stopping"
    with pytest.raises(RequestError, match="Completed already"):
        training_jobs.stop(cloud(sagemaker=jobs), OLD)
    with pytest.raises(RequestError, match="not a job of stage dev"):
        training_jobs.stop(cloud(sagemaker=jobs), "blazingtext-prod-wiki-skipgram-1")
    assert jobs.stopped == [JOB]


def test_of_a_job_that_tells_little_the_rest_is_empty() -> None:
    jobs = FakeJobs()
    jobs.add(JOB)
    needed = {"TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "SecondaryStatus", "CreationTime"}
    jobs.jobs[JOB] = {name: value for name, value in jobs.jobs[JOB].items() if name in needed}

    run = training_jobs.run(cloud(sagemaker=jobs), JOB)

    assert run == training_jobs.Run(
        job=JOB,
        status="Completed",
        phase="Completed",
        corpus="",
        mode="",
        hyperparameters={},
        instance_type="",
        instance_count=1,
        created=NOON,
        ended=None,
        training_seconds=None,
        billable_seconds=None,
        metrics={},
        artifact="",
        failure="",
        arn=f"arn:aws:sagemaker:us-east-1:1:training-job/{JOB}",
    )


def test_a_job_that_reads_no_corpus_of_the_stage_has_none() -> None:
    jobs = FakeJobs()
    elsewhere = [{"DataSource": {"FileSystemDataSource": {}}}, {"DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/other/x"}}}]
    jobs.add(JOB, InputDataConfig=elsewhere)
    jobs.add(OLD, InputDataConfig=[*elsewhere, {"DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/corpora/wiki/train/a.txt"}}}])

    assert [training_jobs.run(cloud(sagemaker=jobs), job).corpus for job in (JOB, OLD)] == ["", "wiki"]


@pytest.mark.parametrize(
    ("status", "over", "has_artifact"),
    [("InProgress", False, False), ("Stopping", False, False), ("Completed", True, True), ("Stopped", True, True), ("Failed", True, False)],
)
def test_a_job_that_has_ended_well_or_was_stopped_has_an_artifact(status: str, over: bool, has_artifact: bool) -> None:
    jobs = FakeJobs()
    jobs.add(JOB, status)

    run = training_jobs.run(cloud(sagemaker=jobs), JOB)

    assert (run.over, bool(run.artifact)) == (over, has_artifact)


def test_the_newest_run_with_the_stages_tags_is_its_own() -> None:
    jobs = FakeJobs()
    jobs.add(OLD)
    jobs.add(JOB, tags={})

    assert training_jobs.latest_own(cloud(sagemaker=jobs)).job == OLD
    jobs.jobs[OLD]["tags"] = {"blazingtext:project": "blazingtext", "blazingtext:stage": "devel"}
    with pytest.raises(RequestError, match="with its tags"):
        training_jobs.latest_own(cloud(sagemaker=jobs))


@pytest.mark.parametrize(("completed", "kind"), [(False, "no training job in"), (True, "no completed training job in")])
def test_a_stage_without_jobs_says_how_to_start_one(completed: bool, kind: str) -> None:
    with pytest.raises(RequestError, match=rf"{kind} stage dev.*blazingtext train --corpus <name> --watch"):
        training_jobs.latest(cloud(sagemaker=FakeJobs()), completed=completed)
