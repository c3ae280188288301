import dataclasses
import io
import json
import re
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import launch_training
from blazingtext_lifecycle import corpus_manifest, hyperparameters, naming, requests
from blazingtext_lifecycle.combinations import MODES
from blazingtext_lifecycle.corpus_manifest import NamedFile
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.errors import (
    AccessDeniedError,
    CorpusError,
    HyperparameterError,
    NotReady,
    QuotaError,
    RequestError,
    UserError,
)
from blazingtext_lifecycle.launching import Clients
from blazingtext_lifecycle.limits import Limits
from tests.unit.aws_requests import service_model
from tests.unit.lifecycle.aws_fakes import FakeContext, FakeS3, FakeSageMaker, client_error

ENVIRONMENT = LaunchEnvironment(
    stage="dev",
    bucket="own-bucket",
    role_arn="arn:aws:iam::123456789012:role/training",
    image="811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1",
)
SENTENCES = b"the quick brown fox jumps over the lazy dog\n" * 4000
REVIEWS = b"__label__good a fine film\n__label__bad a dull film\n" * 4000


class Account:
    """A bucket with one corpus of each kind, and SageMaker."""

    def __init__(self, **more: bytes) -> None:
        self.s3 = FakeS3(
            ENVIRONMENT.bucket,
            {
                "corpora/wiki/train/": b"",
                "corpora/wiki/train/text": SENTENCES,
                "corpora/reviews/train/reviews": REVIEWS,
                "corpora/reviews/validation/reviews": REVIEWS,
                **{f"corpora/{name}/train/text": body for name, body in more.items()},
            },
        )
        self.sagemaker = FakeSageMaker()

    def launch(self, environment: LaunchEnvironment = ENVIRONMENT, **event: Any) -> dict[str, Any]:
        clients = Clients(cast("Any", self.s3), cast("Any", self.sagemaker))
        return launch_training.launch({"corpus": "wiki", **event}, environment, clients)

    def job(self, answer: dict[str, Any]) -> dict[str, Any]:
        return self.sagemaker.jobs[answer["jobName"]]


def test_an_instance_type_without_a_price_in_the_region_is_warned_about_and_left_to_sagemaker() -> None:
    image = "104374241257.dkr.ecr.eu-south-2.amazonaws.com/blazingtext:1"
    elsewhere = dataclasses.replace(ENVIRONMENT, image=image)

    doubted = Account().launch(elsewhere, mode="skipgram", instance={"type": "ml.g4dn.xlarge"})
    sure = Account().launch(ENVIRONMENT, mode="skipgram", instance={"type": "ml.g4dn.xlarge"})

    (warning,) = doubted["warnings"]
    assert warning.startswith("SageMaker may not train on ml.g4dn.xlarge in eu-south-2")
    assert doubted["created"] is True
    assert sure["warnings"] == []


def test_a_corpus_is_all_a_request_needs() -> None:
    account = Account()

    answer = account.launch()

    assert answer["created"] is True
    assert answer["status"] == "InProgress"
    assert answer["artifact"] == f"s3://own-bucket/runs/{answer['jobName']}/output/model.tar.gz"
    assert answer["warnings"] == []
    job = account.job(answer)
    assert job["HyperParameters"]["mode"] == "batch_skipgram"
    assert all(isinstance(value, str) for value in job["HyperParameters"].values())
    assert [each["DataSource"]["S3DataSource"]["S3Uri"] for each in job["InputDataConfig"]] == ["s3://own-bucket/corpora/wiki/train/"]
    assert "MetricDefinitions" not in job["AlgorithmSpecification"]
    assert job["EnableManagedSpotTraining"] is False
    json.dumps(answer)


def test_the_job_name_is_one_sagemaker_accepts() -> None:
    answer = Account().launch()

    shape = service_model("sagemaker").shape_for("TrainingJobName")
    assert re.fullmatch(shape.metadata["pattern"], answer["jobName"])
    assert len(answer["jobName"]) <= shape.metadata["max"]


def test_a_job_carries_the_tags_that_make_it_findable() -> None:
    account = Account()

    answer = account.launch(tags={"team": "search"})

    tags = account.sagemaker.tags[answer["jobArn"]]
    assert len(tags.pop("blazingtext:corpus-hash")) == 64
    assert tags.pop("blazingtext:request").startswith(answer["jobName"].rpartition("-")[2])
    assert tags == {"blazingtext:project": "blazingtext", "blazingtext:stage": "dev", "blazingtext:corpus": "wiki", "team": "search"}


def test_the_same_request_finds_the_same_job() -> None:
    account = Account()
    first = account.launch(hyperparameters={"epochs": 3})
    account.job(first)["TrainingJobStatus"] = "Completed"

    second = account.launch(mode="batch_skipgram", hyperparameters={"epochs": "3"})

    assert second["jobName"] == first["jobName"]
    assert (second["created"], second["status"]) == (False, "Completed")
    assert len(account.sagemaker.jobs) == 1


@pytest.mark.parametrize(
    "event",
    [
        {"hyperparameters": {"epochs": 6}},
        {"mode": "skipgram"},
        {"instance": {"type": "ml.c5.2xlarge"}},
        {"instance": {"count": 2}},
        {"instance": {"volumeGb": 31}},
        {"limits": {"maxRuntimeSeconds": 60}},
        {"spot": True},
        {"corpus": "reviews"},
    ],
)
def test_another_request_is_another_job(event: dict[str, Any]) -> None:
    account = Account()

    assert account.launch(**event)["jobName"] != account.launch()["jobName"]


def test_other_data_is_another_job() -> None:
    account = Account()
    first = account.launch()
    account.s3.objects["corpora/wiki/train/text"] += b"one more line\n"

    assert account.launch()["jobName"] != first["jobName"]


def test_a_failed_job_is_tried_again_only_when_asked() -> None:
    account = Account()
    first = account.launch()
    account.job(first)["TrainingJobStatus"] = "Failed"

    repeated, retried = account.launch(), account.launch(retry=True)

    assert (repeated["jobName"], repeated["status"], repeated["created"]) == (first["jobName"], "Failed", False)
    assert (retried["jobName"], retried["created"]) == (f"{first['jobName']}-2", True)
    assert account.launch()["jobName"] == retried["jobName"]
    account.job(retried)["TrainingJobStatus"] = "Stopped"
    assert account.launch(retry=True)["jobName"] == f"{first['jobName']}-3"


def test_a_running_or_completed_job_is_not_tried_again() -> None:
    account = Account()
    first = account.launch()

    assert account.launch(retry=True)["created"] is False
    account.job(first)["TrainingJobStatus"] = "Completed"
    assert account.launch(retry=True)["created"] is False


def test_two_equal_requests_at_once_start_one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    first = account.launch()
    truth = account.sagemaker.describe_training_job
    blind = iter([True])

    def late(**request: Any) -> dict[str, Any]:
        if next(blind, False):
            raise client_error("ValidationException", "Requested resource not found.")
        return truth(**request)

    monkeypatch.setattr(account.sagemaker, "describe_training_job", late)
    second = account.launch()

    assert (second["jobName"], second["created"]) == (first["jobName"], False)


def test_a_supervised_job_gets_its_validation_channel() -> None:
    account = Account()

    answer = account.launch(corpus="reviews", mode="supervised", hyperparameters={"early_stopping": True, "epochs": 10})

    assert [each["ChannelName"] for each in account.job(answer)["InputDataConfig"]] == ["train", "validation"]


def test_early_stopping_without_a_validation_part_is_refused() -> None:
    account = Account(plain=REVIEWS)

    with pytest.raises(HyperparameterError, match="early_stopping needs a validation channel"):
        account.launch(corpus="plain", mode="supervised", hyperparameters={"early_stopping": True})


def test_a_spot_job_waits_at_most_an_hour() -> None:
    account = Account()

    answer = account.launch(spot=True, limits={"maxRuntimeSeconds": 600})

    assert account.job(answer)["EnableManagedSpotTraining"] is True
    assert account.job(answer)["StoppingCondition"] == {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 3600}


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"spot": True, "limits": {"maxRuntimeSeconds": 3601}}, "a spot job may run 3600 seconds at most"),
        ({"spot": True, "limits": {"maxRuntimeSeconds": 600, "maxWaitSeconds": 599}}, "599 is less than maxRuntimeSeconds"),
        ({"spot": True, "limits": {"maxWaitSeconds": 3601}}, "whole number from 1 to 3600"),
        ({"limits": {"maxWaitSeconds": 3600}}, "only supported when EnableManagedSpotTraining"),
        ({"limits": {"maxRuntimeSeconds": 0}}, "whole number from 1 to 432000"),
        ({"limits": {"maxRuntimeSeconds": 432_001}}, "whole number from 1 to 432000"),
        ({"limits": {"runtime": 5}}, '"limits.runtime" is unknown'),
        ({"limits": 5}, "limits: 5 is not an object"),
        ({"instance": {"count": True}}, "instance.count: True"),
        ({"instance": {"count": 21}}, "from 1 to 20"),
        ({"instance": {"type": "c5.xlarge"}}, "'c5.xlarge' is not a SageMaker instance type"),
        ({"instance": {"volumeGB": 3}}, 'Did you mean "instance.volumeGb"'),
        ({"hyperparameter": {}}, 'Did you mean "hyperparameters"'),
        ({"spot": "yes"}, "spot: 'yes' is neither true nor false"),
        ({"mode": 5}, "mode: 5 is not text"),
        ({"tags": {"aws:x": "1"}}, "its prefix is reserved"),
        ({"tags": {"BlazingText:stage": "prod"}}, "its prefix is reserved"),
        ({"tags": {"a": 1}}, "its value 1 is not text"),
        ({"tags": {"": "1"}}, "too long or empty"),
        ({"tags": {"a": "x" * 257}}, "too long or empty"),
        ({"tags": {"a": "what?"}}, "a forbidden character"),
        ({"tags": {str(each): "1" for each in range(43)}}, "43 are too many. AWS allows 50 on a job, and 8 are ours. Give at most 42."),
        ({"corpus": "Wiki!"}, '"Wiki!" is not a corpus name'),
        ({"corpus": ""}, "no corpus is named"),
        ({"corpus": "s3://other/corpora/wiki/"}, "is not one of this stage's corpora"),
        ({"corpus": "s3://own-bucket/runs/wiki/"}, "is not one of this stage's corpora"),
        ({"corpus": "s3://own-bucket/corpora/wiki/validation/"}, "is not one of this stage's corpora"),
        ({"corpus": "s3://"}, "is not an S3 URI"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(event: dict[str, Any], words: str) -> None:
    account = Account()

    with pytest.raises(RequestError, match=re.escape(words)):
        account.launch(**event)

    assert account.sagemaker.jobs == {}


@pytest.mark.parametrize("corpus", ["s3://own-bucket/corpora/wiki", "s3://own-bucket/corpora/wiki/", "s3://own-bucket/corpora/wiki/train/"])
def test_a_corpus_may_be_named_by_its_s3_uri(corpus: str) -> None:
    account = Account()

    assert account.launch(corpus=corpus)["jobName"] == account.launch()["jobName"]


def test_every_problem_is_told_at_once() -> None:
    account = Account()
    event: dict[str, Any] = {
        "corpus": "missing",
        "speed": "fast",
        "hyperparameters": {"epoch": 3, "vector_dim": 4096},
        "limits": {"maxWaitSeconds": 5},
        "tags": {"aws:a": "b"},
    }

    with pytest.raises(RequestError) as refusal:
        account.launch(**event)

    lines = str(refusal.value).splitlines()
    assert len(lines) == 6
    for word in ("speed", "epochs", "vector_dim", "maxWaitSeconds", "aws:a", 'no corpus "missing"'):
        assert sum(word in line for line in lines) == 1, word


def test_problems_of_one_kind_keep_their_kind() -> None:
    with pytest.raises(HyperparameterError, match=r"(?s)epochs.*window_size"):
        Account().launch(hyperparameters={"epochs": 0, "window_size": 0})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b"\x1f\x8b\x08" + SENTENCES, "gzip archive"),
        (b"PK\x03\x04" + SENTENCES, "zip archive"),
        (b"BZh91AY&SY" + SENTENCES, "bzip2 archive"),
        (b"\xfd7zXZ\x00" + SENTENCES, "xz archive"),
        (b"\xff\xfet\x00h\x00", "UTF-16"),
        (b"words \x00 words", "binary"),
    ],
)
def test_what_is_no_text_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(CorpusError, match=words):
        Account(odd=body).launch(corpus="odd")


def test_a_missing_corpus_is_refused_with_the_command_that_helps() -> None:
    with pytest.raises(CorpusError, match=r"no corpus \"nowhere\".*blazingtext upload"):
        Account().launch(corpus="nowhere")


def test_the_command_that_helps_names_the_stage() -> None:
    with pytest.raises(CorpusError, match=r"blazingtext upload <file> --corpus nowhere --stage prod\."):
        Account().launch(dataclasses.replace(ENVIRONMENT, stage="prod"), corpus="nowhere")
    with pytest.raises(RequestError, match=r"\(blazingtext upload --stage prod does\)"):
        Account().launch(dataclasses.replace(ENVIRONMENT, stage="prod"), corpus="s3://elsewhere/corpora/wiki/train/")


def test_supervised_data_without_labels_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"corpora/wiki/train/text line 1 has no __label__ word"):
        Account().launch(mode="supervised")


def test_the_line_that_lacks_a_label_is_named() -> None:
    body = b"__label__a x\n\n__label__b y\nno label here\n__label__a z\n"

    with pytest.raises(CorpusError, match=r"line 4 has no __label__ word \(1 of 4 lines"):
        Account(odd=body).launch(corpus="odd", mode="supervised")


def test_a_label_may_stand_anywhere_in_its_line() -> None:
    assert Account(late=b"a fine film __label__good\na dull __label__bad film\n").launch(corpus="late", mode="supervised")["created"]


def test_a_line_cut_by_the_sample_is_not_judged() -> None:
    cut = b"__label__a x\n__label__b y\n" + b"word " * 20_000 + b"__label__a\n"

    assert Account(cut=cut).launch(corpus="cut", mode="supervised")["created"]


@pytest.mark.parametrize(
    ("body", "event", "words"),
    [
        (REVIEWS, {}, "holds __label__ words"),
        (b"__label__a x\n" * 9000, {"mode": "supervised"}, "one label only"),
        (b"a few words\n", {}, "The corpus is tiny"),
        (b"caf\xe9 noir\n" * 9000, {}, "is not UTF-8 (byte 4)"),
        (b"\xef\xbb\xbfwords\n" * 20_000, {}, "byte order mark"),
        (SENTENCES, {"instance": {"volumeGb": 1}}, "Volume size <= 1 GB"),
        (SENTENCES, {"hyperparameters": {"batch_size": 12}}, "2*window_size + 1 which is 11"),
        (SENTENCES, {"hyperparameters": {"vector_dim": 1500}}, "big vector dimension"),
    ],
)
def test_what_is_legal_but_probably_wrong_is_a_warning(body: bytes, event: dict[str, Any], words: str) -> None:
    answer = Account(odd=body).launch(corpus="odd", **event)

    assert answer["created"]
    assert any(words in warning for warning in answer["warnings"]), answer["warnings"]


def test_several_files_are_a_warning() -> None:
    account = Account()
    account.s3.objects["corpora/wiki/train/more"] = SENTENCES

    assert any("train holds 2 files" in warning for warning in account.launch()["warnings"])


def test_only_a_bounded_number_of_files_is_read() -> None:
    account = Account()
    account.s3.objects.update({f"corpora/many/train/{number:03}": SENTENCES for number in range(50)})

    account.launch(corpus="many")

    assert len(account.s3.reads) == 10


def test_a_corpus_larger_than_the_volume_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    pages = [{"Contents": [{"Key": "corpora/big/train/text", "ETag": "e", "Size": 40 * 2**30}]}]
    monkeypatch.setattr(account.s3, "_list_objects_v2", lambda **_: iter(pages))
    monkeypatch.setattr(account.s3, "get_object", lambda **_: {"Body": io.BytesIO(SENTENCES)})

    with pytest.raises(CorpusError, match=r"does not fit on the volume.*at least 81"):
        account.launch(corpus="big")


def upload(key: str, bucket: str = ENVIRONMENT.bucket) -> dict[str, Any]:
    return {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "region": "us-east-1",
        "detail": {"version": "0", "bucket": {"name": bucket}, "object": {"key": key, "size": 5, "etag": "e"}, "reason": "PutObject"},
    }


def test_an_upload_starts_a_training_with_the_stacks_settings() -> None:
    account = Account()
    environment = LaunchEnvironment(**{**vars(ENVIRONMENT), "hyperparameters": {"mode": "cbow", "epochs": 2, "word_ngrams": 3}})
    clients = Clients(cast("Any", account.s3), cast("Any", account.sagemaker))

    account.s3.objects["corpora/wiki/complete.json"] = b"{}"

    answer = launch_training.launch(upload("corpora/wiki/complete.json"), environment, clients)

    hyperparameters = account.job(answer)["HyperParameters"]
    assert (hyperparameters["mode"], hyperparameters["epochs"]) == ("cbow", "2")
    assert "word_ngrams" not in hyperparameters


@pytest.mark.parametrize("manifest", [b"", b" ", b"{}", corpus_manifest.document([NamedFile("corpora/wiki/train/text", len(SENTENCES))])])
def test_a_complete_corpus_is_trained_on_once_however_often_that_is_told(manifest: bytes) -> None:
    account = Account()
    account.s3.objects = {"corpora/wiki/train/text": SENTENCES, "corpora/wiki/train/": b"", "corpora/wiki/complete.json": manifest}
    clients = Clients(cast("Any", account.s3), cast("Any", account.sagemaker))

    first = launch_training.launch(upload("corpora/wiki/complete.json"), ENVIRONMENT, clients)
    again = launch_training.launch(upload("corpora/wiki/complete.json"), ENVIRONMENT, clients)

    assert (first["created"], again["created"]) == (True, False)
    assert list(account.sagemaker.jobs) == [first["jobName"]]


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (
            corpus_manifest.document([NamedFile("corpora/wiki/train/text", 5)]),
            (
                "^corpora/wiki/train/text has 176000 bytes. corpora/wiki/complete.json says 5 bytes, so the corpus is not complete. "
                "Upload it again: blazingtext upload.$"
            ),
        ),
        (
            corpus_manifest.document([NamedFile("corpora/wiki/train/text", len(SENTENCES)), NamedFile("corpora/wiki/train/more", 5)]),
            (
                "^corpora/wiki/train/more is not there. corpora/wiki/complete.json says 5 bytes, so the corpus is not complete. "
                "Upload it again: blazingtext upload.$"
            ),
        ),
        (
            b"not JSON",
            "^s3://own-bucket/corpora/wiki/complete.json is not a manifest. It must be empty, .* Write it again: blazingtext upload.$",
        ),
        (b"{}" + b" " * 4_000_000, "has 4,000,002 bytes.*leave the manifest empty"),
        (b"[1]", "is not a manifest"),
        (b"[" * 100_000, "is not a manifest"),
        (b'{"files": [{"key": "x", "size": Infinity}]}', "is not a manifest"),
        (b'{"files": [{"key": "x"}]}', "is not a manifest"),
    ],
)
def test_a_corpus_that_is_not_what_its_manifest_says_is_not_trained_on(manifest: bytes, said: str) -> None:
    account = Account()
    account.s3.objects = {"corpora/wiki/train/text": SENTENCES, "corpora/wiki/complete.json": manifest}

    with pytest.raises(CorpusError, match=said):
        launch_training.launch(
            upload("corpora/wiki/complete.json"), ENVIRONMENT, Clients(cast("Any", account.s3), cast("Any", account.sagemaker))
        )

    assert account.sagemaker.jobs == {}


@pytest.mark.parametrize(
    "event",
    [
        upload("corpora/wiki/complete.json", "other"),
        upload("corpora/wiki/train/complete.json"),
        upload("corpora/wiki/train/text"),
        upload("corpora/wiki/train/"),
        upload("runs/x/complete.json"),
    ],
)
def test_an_upload_elsewhere_starts_nothing(event: dict[str, Any]) -> None:
    account = Account()
    clients = Clients(cast("Any", account.s3), cast("Any", account.sagemaker))

    with pytest.raises(RequestError, match="starts no training"):
        launch_training.launch(event, ENVIRONMENT, clients)

    assert account.sagemaker.jobs == {}


@pytest.mark.parametrize(
    ("code", "message", "family", "words"),
    [
        ("AccessDeniedException", "User x is not authorized to perform: iam:PassRole on y", AccessDeniedError, "Allow iam:PassRole"),
        ("AccessDeniedException", "not authorized to perform: sagemaker:CreateTrainingJob", AccessDeniedError, "Grant the action"),
        ("ResourceLimitExceeded", "The account-level service limit 'ml.c5.xlarge' is 0 Instances", QuotaError, "Service Quotas"),
        ("ValidationException", "No S3 objects found under S3 URL", RequestError, "AWS refused"),
        ("ThrottlingException", "Rate exceeded", NotReady, "in a minute"),
    ],
)
def test_what_aws_refuses_is_told_in_our_words_with_its_own(code: str, message: str, family: type[Exception], words: str) -> None:
    account = Account()
    account.sagemaker.refusal = client_error(code, message)

    with pytest.raises(family) as refusal:
        account.launch()

    assert message in str(refusal.value)
    assert "request-1" in str(refusal.value)
    assert words in str(refusal.value)


def test_the_handler_reads_its_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    for name, value in ENVIRONMENT.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("blazingtext_lifecycle.aws_clients.connect", lambda service, *_: getattr(account, service))

    answer = launch_training.handler({"corpus": "wiki"}, FakeContext())

    assert answer["jobName"].startswith(naming.job_prefix("dev"))


@pytest.mark.parametrize("event", [None, 1, 10**5000, "wiki", [{"corpus": "wiki"}], True], ids=lambda event: type(event).__name__)
def test_an_event_that_is_no_object_is_refused_in_our_words(event: object) -> None:
    clients = Clients(cast("Any", FakeS3(ENVIRONMENT.bucket)), cast("Any", FakeSageMaker()))

    with pytest.raises(RequestError, match="not a JSON object") as refusal:
        launch_training.launch(event, ENVIRONMENT, clients)
    assert len(str(refusal.value)) < 500


@pytest.mark.parametrize(
    "event",
    [
        {"hyperparameters": {"epochs": "9" * 45_000}},
        {"hyperparameters": {"learning_rate": "9" * 45_000}},
        {"hyperparameters": {"epochs": 10**5000}},
        {"instance": {"count": 10**5000}},
        {"limits": {"maxRuntimeSeconds": -(10**5000)}},
        {"corpus": "w" * 100_000},
        {"corpus": "s3://" + "w" * 100_000},
        {"mode": "m" * 100_000},
        {"x" * 100_000: 1},
        {"hyperparameters": {"x" * 100_000: 1}},
        {f"key{number}": 1 for number in range(10_000)},
        {"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": [], "bucket": 1}},
    ],
    ids=lambda event: next(iter(event))[:20],
)
def test_a_refusal_is_short_whatever_was_sent(event: dict[str, Any]) -> None:
    account = Account()

    with pytest.raises((RequestError, HyperparameterError)) as refusal:
        account.launch(**event)
    assert len(str(refusal.value)) < 8000
    assert not account.sagemaker.jobs


def test_a_learning_rate_that_only_makes_infinities_is_refused() -> None:
    with pytest.raises(HyperparameterError, match="'learning_rate' should be <= 100"):
        Account().launch(hyperparameters={"learning_rate": 1e30})
    assert Account().launch(hyperparameters={"learning_rate": 100})["created"]


NAMES = st.sampled_from([*requests.EVENT_KEYS, *requests.INSTANCE_KEYS, *requests.LIMIT_KEYS, *hyperparameters.TABLE, "source", "detail"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["wiki", "aws.s3", "supervised", "ml.c5.xlarge"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(), inner, max_size=6),
)


@given(JSON)
def test_any_event_starts_a_job_or_is_refused_in_our_words(event: object) -> None:
    clients = Clients(cast("Any", Account().s3), cast("Any", FakeSageMaker()))

    try:
        answer = launch_training.launch(event, ENVIRONMENT, clients)
    except UserError:
        return
    assert answer["created"]


@given(
    st.sampled_from(sorted(MODES)), st.dictionaries(st.sampled_from(list(hyperparameters.TABLE)), st.floats() | st.integers() | st.text())
)
def test_any_hyperparameters_are_complete_text_or_refused(mode: str, values: dict[str, object]) -> None:
    try:
        complete, _ = hyperparameters.complete(mode, values, "ml.c5.xlarge", 1)
    except HyperparameterError:
        return
    assert all(len(value) <= 2500 for value in complete.values())
    assert "nan" not in complete.values()


STRICT = dataclasses.replace(ENVIRONMENT, limits=Limits(("ml.c5.*",), 2, 7200, 0.5))


def test_what_no_setting_allows_is_refused_before_anything_is_created_every_limit_at_once() -> None:
    account = Account()

    with pytest.raises(RequestError) as refusal:
        account.launch(STRICT, instance={"type": "ml.m5.24xlarge", "count": 4}, limits={"maxRuntimeSeconds": 86_400})

    said = str(refusal.value)
    settings = ("allowedInstanceTypes", "maximumTrainingInstances", "maximumTrainingSeconds", "maximumTrainingCost")
    assert [name for name in settings if f"setting {name} is" in said] == list(settings)
    assert account.sagemaker.jobs == {}


def test_a_dry_run_checks_everything_says_what_it_would_cost_and_starts_nothing() -> None:
    account = Account()

    dry = account.launch(STRICT, dryRun=True, instance={"count": 2})
    with pytest.raises(RequestError, match="maximumTrainingInstances is 2"):
        account.launch(STRICT, dryRun=True, instance={"count": 3})
    real = account.launch(STRICT, instance={"count": 2})

    assert (dry["jobName"], dry["status"], dry["jobArn"], dry["created"]) == (real["jobName"], "", "", False)
    assert dry["cost"] == real["cost"]
    assert dry["cost"] == {
        "instanceType": "ml.c5.xlarge",
        "instanceCount": 2,
        "maxRuntimeSeconds": 3600,
        "hourlyDollars": pytest.approx(0.408),
        "maximumDollars": pytest.approx(0.408),
        "pricesOf": "2026-04-21",
    }
    assert list(account.sagemaker.jobs) == [real["jobName"]]


def test_a_dry_run_finds_the_job_that_the_request_has_already_and_names_the_attempt_that_a_retry_would_make() -> None:
    account = Account()
    real = account.launch()
    account.job(real)["TrainingJobStatus"] = "Failed"

    found = account.launch(dryRun=True)
    again = account.launch(dryRun=True, retry=True)

    assert (found["jobName"], found["status"]) == (real["jobName"], "Failed")
    assert (again["jobName"], again["status"]) == (naming.attempt_name(real["jobName"], 2), "")
    assert len(account.sagemaker.jobs) == 1


def test_a_price_that_is_not_known_is_no_figure() -> None:
    cost = Account().launch(instance={"type": "ml.c4.xlarge"})["cost"]

    assert (cost["hourlyDollars"], cost["maximumDollars"], cost["pricesOf"]) == (None, None, "")


def test_a_request_without_promotion_marks_its_job_and_is_the_same_job_otherwise() -> None:
    account = Account()

    held = account.launch(promote=False)
    again = account.launch()

    assert account.sagemaker.tags[held["jobArn"]]["blazingtext:promotion"] == "trained with --no-promote"
    assert (again["jobName"], again["created"]) == (held["jobName"], False)


def test_the_log_says_what_was_started_and_what_was_found(caplog: pytest.LogCaptureFixture) -> None:
    account = Account()
    with caplog.at_level("INFO"):
        name = account.launch()["jobName"]
        account.launch()
        checked = account.launch(dryRun=True, mode="cbow")["jobName"]

    assert caplog.messages == [f"started {name} (InProgress)", f"found {name} (InProgress)", f"found {checked} (not started)"]
