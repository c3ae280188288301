"""From nothing to an endpoint that answers, as the README tells it."""

import hashlib
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import ENDPOINT, SERVING, STACKS, Shell


def test_a_first_deploy_without_a_model_succeeds_and_holds_no_endpoint(deployed: Shell, account: Sandbox) -> None:
    stacks = {stack["StackName"]: stack["StackStatus"] for stack in account.boto3("cloudformation").describe_stacks()["Stacks"]}
    endpoints = account.boto3("sagemaker").list_endpoints()["Endpoints"]

    asked = deployed.blazingtext("predict", "awesome", code=3)

    assert {stacks[name] for name in STACKS} == {"CREATE_COMPLETE"}
    assert not endpoints
    assert "Train and promote a model" in asked.err


def test_training_a_corpus_that_was_never_uploaded_is_refused_before_it_costs_anything(deployed: Shell, account: Sandbox) -> None:
    refused = deployed.blazingtext("train", "--corpus", "nothing", code=2)

    assert "corpora/nothing/train/" in refused.err
    assert "blazingtext upload" in refused.err
    assert not account.boto3("sagemaker").list_training_jobs()["TrainingJobSummaries"]


def test_a_run_streams_its_log_and_is_evaluated(first_run: dict[str, str], deployed: Shell) -> None:
    log = deployed.blazingtext("logs", first_run["job"]).out
    as_json = deployed.blazingtext("logs", first_run["job"], "--json").json()

    evaluation = deployed.blazingtext("evaluate", "--job", first_run["job"], "--json").json()

    assert "Running single machine CPU BlazingText training using batch_skipgram mode." in log
    assert "#mean_rho: " in log
    assert evaluation["mean_rho"] == pytest.approx(first_run["metrics"]["train:mean_rho"])  # type: ignore[index]
    assert evaluation["mean_rho"] > 0.1
    # WordSim-353, and its pairs for relatedness and for similarity.
    assert [score["pairs"] for score in evaluation["scores"]] == [353, 252, 203]
    # SageMaker reads it in the log.
    (said,) = re.findall(r"#mean_rho: (\S+)", log)
    assert float(said) == pytest.approx(first_run["metrics"]["train:mean_rho"])  # type: ignore[index]
    assert as_json["job"] == first_run["job"]
    assert " ".join(event["text"] for event in as_json["events"] if not event["phase"]).split() == log.split()


def test_the_artifact_is_flat_and_gensim_and_fasttext_load_it(first_run: dict[str, str], account: Sandbox, tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    gensim = pytest.importorskip("gensim.models")
    bucket, _, key = first_run["artifact"].removeprefix("s3://").partition("/")
    account.boto3("s3").download_file(bucket, key, str(tmp_path / "model.tar.gz"))
    with tarfile.open(tmp_path / "model.tar.gz") as archive:
        names = archive.getnames()
        for name in names:
            (tmp_path / name).write_bytes(archive.extractfile(name).read())  # type: ignore[union-attr]

    vectors = gensim.KeyedVectors.load_word2vec_format(tmp_path / "vectors.txt", binary=False)
    binary = fasttext.load_model(str(tmp_path / "vectors.bin"))

    assert sorted(names) == ["eval.json", "vectors.bin", "vectors.txt"]
    assert binary.get_word_vector("music") == pytest.approx(vectors["music"], abs=1e-5)


def test_a_finished_run_is_promoted_by_itself(
    first_run: dict[str, str], live_model: Callable[[str], None], parameters: Callable[[], dict[str, str]], account: Sandbox
) -> None:
    live_model(first_run["job"])

    endpoint = account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)

    assert endpoint["EndpointStatus"] == "InService"
    assert parameters()["ModelDataUrl"] == first_run["artifact"]
    (variant,) = endpoint["ProductionVariants"]
    assert (variant["VariantName"], variant["CurrentInstanceCount"]) == ("AllTraffic", 1)
    tags = {tag["Key"]: tag["Value"] for tag in account.boto3("sagemaker").list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"]}
    assert (tags["blazingtext:project"], tags["blazingtext:stage"]) == ("blazingtext", "dev")


def test_the_endpoint_answers_every_kind_of_client(first_run: dict[str, str], deployed: Shell, account: Sandbox) -> None:
    body = json.dumps({"instances": ["awesome", "blazing"]})
    answer = account.boto3("sagemaker-runtime").invoke_endpoint(EndpointName=ENDPOINT, ContentType="application/json", Body=body)
    first, second = json.loads(answer["Body"].read())

    script = (
        "from sagemaker.core.resources import Endpoint; import json; "
        f"answer = Endpoint.get('{ENDPOINT}').invoke(body={body!r}, content_type='application/json'); "
        "print(json.dumps(json.loads(answer.body.read())))"
    )
    through_the_sdk = deployed.run("python", "-W", "ignore", "-c", script).out.strip().splitlines()[-1]

    assert (first["word"], second["word"]) == ("awesome", "blazing")
    assert len(first["vector"]) == 100
    assert json.loads(through_the_sdk) == [first, second]


def test_predict_names_the_words_it_does_not_know(first_run: dict[str, str], deployed: Shell) -> None:
    asked = deployed.blazingtext("predict", "music", "qqqqqqqqqq", "--json")
    # The sample was not prepared here.
    unprepared = deployed.blazingtext("predict", "Music", "--prepare", code=2)

    known, unknown = asked.json()
    assert [(each["word"], each["known"], len(each["vector"])) for each in (known, unknown)] == [
        ("music", True, 100),
        ("qqqqqqqqqq", False, 100),
    ]
    assert known["norm"] == pytest.approx(sum(number**2 for number in known["vector"]) ** 0.5)
    assert not any(unknown["vector"])
    assert "not in the model: qqqqqqqqqq." in asked.err
    assert f"{first_run['job']} has no recipe: its corpus was uploaded without one" in unprepared.err


def test_the_vectors_can_be_looked_at(first_run: dict[str, str], deployed: Shell, tmp_path: Path) -> None:
    neighbors = deployed.blazingtext("neighbors", "music", "--job", first_run["job"], "--json").json()
    drawn = deployed.blazingtext("map", "--job", first_run["job"], "--words", "60", "--output", str(tmp_path / "map.png"), "--json").json()

    near = [each["similarity"] for each in neighbors["neighbors"]["music"]]
    assert (len(near), near, neighbors["unknown"]) == (10, sorted(near, reverse=True), [])
    assert all(-1 <= similarity <= 1 for similarity in near)
    assert "music" not in [each["word"] for each in neighbors["neighbors"]["music"]]
    assert (drawn["path"], len(set(drawn["words"])), len(drawn["clusters"])) == (str(tmp_path / "map.png"), 60, 60)
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_status_says_what_is_live(first_run: dict[str, str], deployed: Shell, corpus: Path) -> None:
    status, as_json = deployed.blazingtext("status"), deployed.blazingtext("status", "--json").json()

    assert first_run["job"] in status.out
    sha256 = hashlib.sha256(corpus.read_bytes()).hexdigest()
    assert f"  {sha256[:12]}\n" in status.out
    assert [run["corpus_hash"] for run in as_json["runs"]] == [f"sha256:{sha256}"]
    assert SERVING in status.out
    assert (as_json["live"], as_json["live_artifact"], as_json["state"]) == (first_run["job"], first_run["artifact"], "running")
    assert {stack["name"] for stack in as_json["stacks"]} == set(STACKS)
    endpoint = {name: as_json["endpoint"][name] for name in ("name", "status", "instance_type", "instance_count", "failure")}
    assert endpoint == {"name": ENDPOINT, "status": "InService", "instance_type": "ml.m4.xlarge", "instance_count": 1, "failure": ""}
    assert (as_json["difference"], as_json["dead_letters"], as_json["unknown"]) == ("", [], [])


def test_logs_and_metrics_arrive_with_no_more_permissions_than_they_need(
    first_run: dict[str, str], deployed: Shell, live_model: Callable[[str], None], account: Sandbox
) -> None:
    live_model(first_run["job"])
    cloudwatch, logs = account.boto3("cloudwatch"), account.boto3("logs")

    deployed.blazingtext("predict", "music")

    metrics = cloudwatch.list_metrics(Namespace="/aws/sagemaker/TrainingJobs", MetricName="train:mean_rho")["Metrics"]
    hosts = {dimension["Value"].partition("/")[0] for metric in metrics for dimension in metric["Dimensions"]}
    endpoint = logs.filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{ENDPOINT}")["events"]
    assert first_run["job"] in hosts
    assert endpoint
    # The sandbox says what its SageMaker could not write.
    said = account.folder.log.read_text(encoding="utf-8")
    assert "gets no log lines" not in said
    assert "are not in CloudWatch" not in said
