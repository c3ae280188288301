"""`mlflow`: what MLflow is told of ended runs, each once, in a store of MLflow's own on this disk."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sagemaker_mlflow import session

from blazingtext.client import BlazingText
from blazingtext.runs import records
from blazingtext.tracking import mlflow_runs
from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import ConfigurationError, NotReady, RequestError
from tests.unit.blazingtext.cloud_fakes import NOON, FakeClient, FakeJobs, artifact, cloud
from tests.unit.blazingtext.conftest import Typed
from tests.unit.lifecycle.aws_fakes import client_error

JOB = "blazingtext-dev-wiki-skipgram-0123456789"
OTHER = "blazingtext-dev-wiki-skipgram-9876543210"
IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"
LINES = {
    "algo-1-1": [
        "Number of words: 9",
        "##### Alpha: 0.0490  Progress: 2.07%  Million Words/sec: 2.12 #####",
        "Alpha: -0.0000  Progress: 100.00%  Million Words/sec: 2.27",
        "#mean_rho: 0.5",
    ],
    "algo-2-1": ["##### Alpha: 0.0480  Progress: 4.00%  Million Words/sec: 9.99 #####"],
}


def logs(lines: dict[str, list[str]]) -> FakeClient:
    """CloudWatch Logs that hold the lines of each host of one job, a second apart."""

    def streams(*, logGroupName: str, logStreamNamePrefix: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert (logGroupName, logStreamNamePrefix[-1]) == ("/aws/sagemaker/TrainingJobs", "/")
        if not lines:
            raise client_error("ResourceNotFoundException", "The specified log group does not exist.")
        return {"logStreams": [{"logStreamName": stream} for stream in lines]}

    def events(*, logStreamName: str, nextToken: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's names
        start = int(NOON.timestamp()) * 1000
        found = [{"timestamp": start + 1000 * number, "message": line} for number, line in enumerate(lines[logStreamName])]
        return {"events": [] if nextToken else found, "nextForwardToken": "f/1"}

    return FakeClient(describe_log_streams=streams, get_log_events=events)


def jobs() -> FakeJobs:
    """Two jobs that have ended, and one that has not."""
    found = FakeJobs()
    tags = {**naming.tags("dev"), naming.CORPUS_HASH_TAG: "abc123", naming.REVISION_TAG: "fedcba", "team": "search"}
    found.add(
        JOB,
        tags=tags,
        AlgorithmSpecification={"TrainingImage": IMAGE},
        TrainingEndTime=NOON + timedelta(seconds=90),
        TrainingTimeInSeconds=60,
        BillableTimeInSeconds=50,
        FinalMetricDataList=[{"MetricName": "train:mean_rho", "Value": 0.5, "Timestamp": NOON}],
    )
    found.add(OTHER, status="Failed", FailureReason="AlgorithmError: <b>out of memory</b>", TrainingEndTime=NOON)
    found.add("blazingtext-dev-wiki-skipgram-5555555555", status="InProgress", phase="Training")
    return found


@pytest.fixture(name="store")
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where MLflow keeps runs: a folder, which needs no server and no database."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return (tmp_path / "runs").as_uri()


@pytest.fixture(name="client")
def _client(monkeypatch: pytest.MonkeyPatch) -> BlazingText:
    monkeypatch.setattr(BlazingText, "cloud", cloud(sagemaker=jobs(), logs=logs(LINES)))
    return BlazingText("dev")


def kept(store: str, experiment: str = "blazingtext-dev") -> dict[str, Any]:
    """The runs that MLflow has, by name."""
    client = MlflowClient(store)
    found = client.get_experiment_by_name(experiment)
    runs = [] if found is None else client.search_runs([found.experiment_id])
    named = {each.info.run_name: each for each in runs}
    assert len(named) == len(runs), "a run is there twice"
    return named


def test_a_run_is_told_with_settings_scores_and_where_it_came_from(client: BlazingText, store: str) -> None:
    client.log_to_mlflow([JOB], tracking_uri=store)

    (run,) = kept(store).values()
    assert (run.info.run_name, run.info.status) == (JOB, "FINISHED")
    start = int(NOON.timestamp()) * 1000
    assert (run.info.start_time, run.info.end_time) == (start, start + 90_000)
    assert run.data.params == {"mode": "skipgram", "instance_type": "ml.c5.xlarge", "instance_count": "1"}
    assert run.data.metrics == {
        "train/mean_rho": 0.5,
        "training_seconds": 60,
        "billable_seconds": 50,
        "learning_rate": 0.0,
        "million_words_per_second": 2.27,
    }
    ours = {name.removeprefix("blazingtext."): value for name, value in run.data.tags.items() if name.startswith("blazingtext.")}
    assert ours == {
        "stage": "dev",
        "job_arn": f"arn:aws:sagemaker:us-east-1:1:training-job/{JOB}",
        "corpus": "wiki",
        "corpus_hash": "abc123",
        "git_revision": "fedcba",
        "image": IMAGE,
        "cost_dollars": f"{0.204 * 50 / 3600:.6f}",
        "artifact": artifact(JOB),
    }


def test_what_the_log_has_over_time_is_told_over_time_of_one_host(client: BlazingText, store: str) -> None:
    client.log_to_mlflow([JOB], tracking_uri=store)

    (run,) = kept(store).values()
    start = int(NOON.timestamp()) * 1000
    history = {
        name: [(each.step, each.value, each.timestamp - start) for each in MlflowClient(store).get_metric_history(run.info.run_id, name)]
        for name in ("learning_rate", "million_words_per_second", "train/mean_rho")
    }
    assert history == {
        "learning_rate": [(2, 0.049, 1000), (100, 0.0, 2000)],
        "million_words_per_second": [(2, 2.12, 1000), (100, 2.27, 2000)],
        "train/mean_rho": [(100, 0.5, 90_000)],
    }


def test_a_classifiers_accuracy_is_told_epoch_by_epoch() -> None:
    lines = [
        "##### Alpha: 0.0217  Progress: 56.68%  Million Words/sec: 28.47 #####",
        "Validation accuracy: 0.969529",
        "Validation accuracy improved! Storing best weights...",
    ]

    found = list(records.over_time(("algo-1", NOON, line) for line in lines))

    assert [(each.name, each.value, each.percent) for each in found[2:]] == [("validation/accuracy", 0.969529, 57)]
    assert list(records.over_time([])) == []


def test_a_run_is_logged_once(client: BlazingText, store: str) -> None:
    first = client.log_to_mlflow(tracking_uri=store)
    second = client.log_to_mlflow([OTHER, JOB, JOB], tracking_uri=store)

    assert [(each.job, each.created) for each in first] == [(OTHER, True), (JOB, True)]
    assert [(each.job, each.created) for each in second] == [(OTHER, False), (JOB, False)]
    assert {each.job: each.run_id for each in first} == {each.job: each.run_id for each in second}
    assert sorted(kept(store)) == [JOB, OTHER]
    assert (first[0].row, second[0].row) == ((OTHER, first[0].run_id, "logged"), (OTHER, first[0].run_id, "was there"))
    assert f">{first[0].run_id}<" in first._repr_html_()


def test_a_failed_run_is_told_as_failed_with_its_reason_and_without_a_model(client: BlazingText, store: str) -> None:
    client.log_to_mlflow([OTHER], tracking_uri=store)

    (run,) = kept(store).values()
    assert run.info.status == "FAILED"
    assert run.data.tags["mlflow.note.content"] == "AlgorithmError: <b>out of memory</b>"
    assert not {"blazingtext.artifact", "blazingtext.cost_dollars", "blazingtext.corpus_hash"} & set(run.data.tags)


def test_what_was_left_half_done_is_replaced(client: BlazingText, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise MlflowException("the server went away\nin the middle")

    with monkeypatch.context() as broken:
        broken.setattr(MlflowClient, "set_terminated", failing)
        with pytest.raises(RequestError) as caught:
            client.log_to_mlflow([JOB], tracking_uri=store)
    (half,) = kept(store).values()

    (again,) = client.log_to_mlflow([JOB], tracking_uri=store)

    assert "It says: the server went away. Check --tracking-uri" in str(caught.value)
    assert (half.info.status, kept(store)[JOB].info.status) == ("RUNNING", "FINISHED")
    assert again.created
    assert again.run_id != half.info.run_id
    assert len(kept(store)) == 1


def test_a_job_of_the_same_name_that_started_at_another_time_is_another_run(
    client: BlazingText, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = client.log_to_mlflow([JOB], tracking_uri=store)
    later = jobs()
    later.jobs[JOB]["CreationTime"] = NOON + timedelta(days=1)
    monkeypatch.setattr(BlazingText, "cloud", cloud(sagemaker=later, logs=logs({})))

    (second,) = BlazingText("dev").log_to_mlflow([JOB], tracking_uri=store)

    assert (second.created, first.run_id == second.run_id) == (True, False)
    assert MlflowClient(store).get_run(first.run_id).info.lifecycle_stage == "active"


def test_an_experiment_of_ones_own_is_made_once(client: BlazingText, store: str) -> None:
    client.log_to_mlflow([JOB], tracking_uri=store, experiment="mine")
    client.log_to_mlflow([OTHER], tracking_uri=store, experiment="mine")

    assert sorted(kept(store, "mine")) == [JOB, OTHER]
    assert kept(store) == {}


def test_more_figures_than_mlflow_takes_at_once_are_all_told(client: BlazingText, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_runs, "_MOST_METRICS", 2)

    client.log_to_mlflow([JOB], tracking_uri=store)

    assert len(kept(store)[JOB].data.metrics) == 5


def test_a_run_that_goes_on_is_not_logged(client: BlazingText, store: str) -> None:
    with pytest.raises(NotReady, match=r"has not ended\. It is InProgress"):
        client.log_to_mlflow(["blazingtext-dev-wiki-skipgram-5555555555"], tracking_uri=store)

    assert kept(store) == {}


@pytest.mark.parametrize(
    ("uri", "error", "words"),
    [
        (None, ConfigurationError, "Where MLflow keeps its runs is not known. Name it with --tracking-uri"),
        ("arn:aws:s3:::bucket", ConfigurationError, "is not the ARN of an MLflow tracking server or app of SageMaker"),
        ("nothing://x", RequestError, "MLflow has not logged all of it. It says: "),
        ("http://127.0.0.1:9", RequestError, "MLflow has not logged all of it. It says: API request to http://127.0.0.1:9"),
    ],
)
def test_a_place_that_is_none_is_said(client: BlazingText, store: str, uri: str | None, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        client.log_to_mlflow([JOB], tracking_uri=uri)

    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("before", [None, "http://127.0.0.1:9"])
def test_a_server_of_sagemaker_is_asked_by_its_arn_with_the_stages_credentials(
    before: str | None, client: BlazingText, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/ours"
    mlflow.set_tracking_uri(before)

    def asked(place: str, **_: Any) -> None:
        # Where the plugin looks.
        raise MlflowException(f"{place == mlflow.get_tracking_uri() == arn}, {session._get_current_session() is client.cloud.session}")

    monkeypatch.setattr(mlflow_runs, "MlflowClient", asked)

    with pytest.raises(RequestError, match="It says: True, True"):
        client.log_to_mlflow([JOB], tracking_uri=arn)

    assert (mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None) == before
    mlflow.set_tracking_uri(None)


def test_nobody_hears_that_another_server_is_not_sagemakers(client: BlazingText, store: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RequestError):
        client.log_to_mlflow([JOB], tracking_uri="http://127.0.0.1:9")

    assert [each for each in caplog.records if "request_header" in each.name] == []


def test_what_the_program_has_set_is_used(client: BlazingText, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)

    client.log_to_mlflow([JOB])

    assert sorted(kept(store)) == [JOB]


def test_the_command_logs_and_says_what_was_there(typed: Typed, store: str) -> None:
    asked: dict[str, Any] = {"sagemaker": jobs(), "logs": logs(LINES)}

    code, out, err = typed("mlflow", JOB, "--tracking-uri", store, **asked)
    again = typed("mlflow", "--tracking-uri", store, "--limit", "3", "--json", **asked)
    mine = typed("mlflow", JOB, "--tracking-uri", store, "--experiment", "mine", **asked)

    assert (code, again[0], mine[0]) == (0, 0, 0)
    run_id = kept(store)[JOB].info.run_id
    assert out.split() == ["job", "MLflow", "run", JOB, run_id, "logged"]
    assert "1 run logged" in err
    assert [(each["job"], each["created"]) for each in json.loads(again[1])] == [(OTHER, True), (JOB, False)]
    assert "1 run logged; 1 were there" in again[2]
    assert list(kept(store, "mine")) == [JOB]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("blazingtext-dev-none",), 2, "There is no training job blazingtext-dev-none"),
        (("blazingtext-dev-wiki-skipgram-5555555555",), 3, "has not ended"),
        (("--limit", "0"), 2, "--limit"),
    ],
)
def test_what_cannot_be_logged_ends_with_its_exit_code(typed: Typed, store: str, words: tuple[str, ...], code: int, said: str) -> None:
    ended = typed("mlflow", *words, "--tracking-uri", store, sagemaker=jobs(), logs=logs(LINES))

    assert ended[0] == code
    assert said in ended[2]


def test_without_any_ended_job_nothing_is_logged(typed: Typed, store: str) -> None:
    none = FakeJobs()

    code, out, err = typed("mlflow", "--tracking-uri", store, sagemaker=none, logs=logs({}))

    assert (code, out) == (0, "")
    assert "No training job has ended yet." in err


def test_mlflow_tells_nobody_unless_somebody_wants_it(typed: Typed, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY")

    typed("mlflow", "--tracking-uri", store, sagemaker=FakeJobs(), logs=logs({}))

    assert (os.environ["MLFLOW_DISABLE_TELEMETRY"], os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"]) == ("true", "0")
