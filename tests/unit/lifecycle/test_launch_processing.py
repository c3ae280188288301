"""A processing request is checked completely, and becomes one processing job however often it is sent, as long as its corpus is there."""

import dataclasses
import json
from importlib import resources
from typing import Any, cast

import pytest

import launch_processing
from blazingtext_lifecycle import aws_clients, images, naming, processing_sources, spark_images
from blazingtext_lifecycle.deadline import Deadline
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.errors import AccessDeniedError, ConfigurationError, CorpusError, RequestError, UserError
from blazingtext_lifecycle.job_protection import JobProtection
from blazingtext_lifecycle.launching import Clients
from blazingtext_lifecycle.limits import Limits
from tests.unit.blazingtext.spark_fakes import FakeBuckets
from tests.unit.lifecycle.aws_fakes import FakeContext, client_error
from tests.unit.lifecycle.processing_fakes import FakeProcessing
from tests.unit.lifecycle.test_launch_training import ENVIRONMENT

CODE = "c0de" * 16
SOURCES = ["s3://raw/wiki/"]
MADE = "corpora/wiki/train/wiki.txt"


class Account:
    """A bucket with raw text, the stage's with the code, and SageMaker."""

    def __init__(self) -> None:
        self.s3 = FakeBuckets()
        self.sagemaker = FakeProcessing()
        self.s3.objects["raw", "wiki/a.txt"] = b"raw text"
        for file in ("blazingtext.zip", "prepare_corpus.py"):
            self.s3.objects["own-bucket", f"processing/code/{CODE}/{file}"] = b"code"

    @property
    def clients(self) -> Clients:
        return Clients(cast("Any", self.s3), cast("Any", self.sagemaker))

    def launch(self, environment: LaunchEnvironment = ENVIRONMENT, **event: Any) -> dict[str, Any]:
        return launch_processing.launch({"corpus": "wiki", "sources": SOURCES, "code": CODE, **event}, environment, self.clients)

    def job(self, answer: dict[str, Any]) -> dict[str, Any]:
        return self.sagemaker.processings[answer["jobName"]]

    def complete(self, answer: dict[str, Any]) -> None:
        """What the job does."""
        self.job(answer)["ProcessingJobStatus"] = "Completed"
        arguments = self.job(answer)["AppSpecification"]["ContainerArguments"]
        self.s3.objects["own-bucket", MADE] = b"text\n"
        self.s3.metadata["own-bucket", MADE] = {"blazingtext-request": arguments[arguments.index("--request") + 1]}

    def refusal(self, environment: LaunchEnvironment = ENVIRONMENT, **event: Any) -> str:
        with pytest.raises(UserError) as caught:
            self.launch(environment, **event)
        assert not self.sagemaker.processings
        return str(caught.value)


def test_corpus_sources_and_code_are_all_a_request_needs() -> None:
    account = Account()

    answer = account.launch()

    job, name = account.job(answer), answer["jobName"]
    digest = {tag["Key"]: tag["Value"] for tag in job["Tags"]}[naming.REQUEST_TAG]
    listing = processing_sources.digest(processing_sources.listed(cast("Any", account.s3), SOURCES))
    assert name == f"blazingtext-dev-wiki-prepare-{digest[:10]}"
    assert {key: job[key] for key in job if key not in ("ProcessingJobArn", "ProcessingJobStatus", "CreationTime", "Tags")} == {
        "ProcessingJobName": name,
        "RoleArn": ENVIRONMENT.role_arn,
        "AppSpecification": {
            "ImageUri": "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py312-v1.0",
            "ContainerEntrypoint": [
                "smspark-submit",
                "--py-files",
                "/opt/ml/processing/input/code/blazingtext.zip",
                "/opt/ml/processing/input/code/prepare_corpus.py",
            ],
            "ContainerArguments": [
                *("--job", name, "--bucket", "own-bucket", "--region", "us-east-1", "--corpus", "wiki", "--request", digest),
                *("--listing", listing, "--scratch", "/opt/ml/processing/scratch", *SOURCES),
            ],
        },
        "ProcessingInputs": [
            {
                "InputName": "code",
                "S3Input": {
                    "S3Uri": f"s3://own-bucket/processing/code/{CODE}/",
                    "LocalPath": "/opt/ml/processing/input/code",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }


def test_the_answer_tells_what_is_made_and_what_the_job_may_cost() -> None:
    account = Account()

    answer = account.launch(instance={"type": "ml.m5.xlarge", "count": 4}, limits={"maxRuntimeSeconds": 7200})

    assert answer == {
        "jobName": answer["jobName"],
        "jobArn": f"arn:aws:sagemaker:us-east-1:123456789012:processing-job/{answer['jobName']}",
        "status": "InProgress",
        "created": True,
        "output": f"s3://own-bucket/{MADE}",
        "warnings": [],
        "cost": {
            "instanceType": "ml.m5.xlarge",
            "instanceCount": 4,
            "maxRuntimeSeconds": 7200,
            "hourlyDollars": pytest.approx(0.92),
            "maximumDollars": pytest.approx(1.84),
            "pricesOf": "2026-04-21",
        },
    }


def test_the_same_request_over_the_same_data_gets_the_same_job_on_however_many_instances() -> None:
    account = Account()
    first = account.launch()

    again = account.launch(instance={"count": 2}, tags={"team": "search"}, limits={"maxRuntimeSeconds": 60})

    assert (again["jobName"], again["created"]) == (first["jobName"], False)
    other = Account()
    other.s3.objects["raw", "wiki/a.txt"] = b"other text"
    others = [other.launch(), account.launch(options={"lower": "false"}), account.launch(corpus="other")]
    assert len({first["jobName"], *(each["jobName"] for each in others)}) == 4


def test_a_job_that_completed_is_found_while_its_corpus_is_there_and_another_attempt_made_when_it_is_gone() -> None:
    account = Account()
    first = account.launch()
    account.complete(first)

    assert (account.launch()["jobName"], account.launch()["created"]) == (first["jobName"], False)
    del account.s3.objects["own-bucket", MADE]
    second = account.launch()

    assert (second["jobName"], second["created"]) == (f"{first['jobName']}-2", True)
    assert account.job(second)["AppSpecification"]["ContainerArguments"][:2] == ["--job", second["jobName"]]


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_retry_is_another_attempt(status: str) -> None:
    account = Account()
    first = account.launch()
    account.job(first)["ProcessingJobStatus"] = status

    assert account.launch()["jobName"] == first["jobName"]
    assert account.launch(retry=True)["jobName"] == f"{first['jobName']}-2"


def test_another_corpus_of_the_name_is_replaced_only_on_request() -> None:
    account = Account()
    account.s3.objects["own-bucket", MADE] = b"of an upload\n"

    assert "there is a corpus wiki already" in account.refusal()
    answer = account.launch(replace=True)

    assert "--replace" in account.job(answer)["AppSpecification"]["ContainerArguments"]
    account.complete(answer)
    assert account.launch(replace=True)["jobName"] == f"{answer['jobName']}-2"
    account.s3.objects["own-bucket", "corpora/wiki/validation/more.txt"] = b"more\n"
    with pytest.raises(RequestError, match="there is a corpus wiki already"):
        account.launch()


def test_a_dry_run_starts_nothing() -> None:
    account = Account()

    answer = account.launch(dryRun=True)

    assert (answer["status"], answer["created"]) == ("", False)
    assert not account.sagemaker.processings


def test_options_are_arguments_of_the_code() -> None:
    account = Account()

    answer = account.launch(options={"numbers": '"spell"', "keep-case": "true"})

    arguments = account.job(answer)["AppSpecification"]["ContainerArguments"]
    assert arguments[-5:] == ["--set", "keep-case=true", "--set", 'numbers="spell"', *SOURCES]


def test_the_most_sources_and_options_are_as_many_arguments_as_a_container_takes() -> None:
    account = Account()
    sources = [f"s3://raw/wiki/{number}.txt" for number in range(50)]
    account.s3.objects |= {("raw", f"wiki/{number}.txt"): b"raw text" for number in range(50)}
    options = {f"option-{chr(97 + number)}": "true" for number in range(17)}

    answer = account.launch(sources=sources, options=options, replace=True)

    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html
    arguments = account.job(answer)["AppSpecification"]["ContainerArguments"]
    assert len(arguments) == 99
    assert "options: 18 is not allowed" in Account().refusal(options={**options, "one-more": "true"})
    assert "is no list of 1 to 50 S3 URIs" in Account().refusal(sources=[*sources, "s3://raw/wiki/"])


def test_what_a_company_asks_of_jobs_holds_for_these() -> None:
    vpc = {"Subnets": ["subnet-0a1b2c3d"], "SecurityGroupIds": ["sg-0a1b2c3d"]}
    protection = JobProtection(key_arn="arn:aws:kms:::key/k", vpc=vpc, traffic_encryption=True, tags={"cost-center": "42"})
    account = Account()

    job = account.job(account.launch(dataclasses.replace(ENVIRONMENT, protection=protection), tags={"cost-center": "7", "team": "a"}))

    assert job["NetworkConfig"] == {"VpcConfig": vpc, "EnableInterContainerTrafficEncryption": True}
    assert job["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == "arn:aws:kms:::key/k"
    tags = {tag["Key"]: tag["Value"] for tag in job["Tags"]}
    assert tags == {
        "blazingtext:project": "blazingtext",
        "blazingtext:stage": "dev",
        "blazingtext:corpus": "wiki",
        "blazingtext:request": tags["blazingtext:request"],
        "cost-center": "42",
        "team": "a",
    }


def test_a_stage_whose_containers_have_no_network_prepares_nothing() -> None:
    isolated = dataclasses.replace(ENVIRONMENT, protection=JobProtection(network_isolation=True))

    with pytest.raises(ConfigurationError, match="trainingNetworkIsolation"):
        Account().launch(isolated)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(allowed_instance_types=("ml.m5.*",)), "instance.type: ml.c5.xlarge is not allowed"),
        (Limits(maximum_training_instances=1), "instance.count: 2 is not allowed"),
        (Limits(maximum_training_seconds=60), "limits.maxRuntimeSeconds: 3600 seconds is not allowed"),
        (Limits(maximum_training_cost=0.1), "maximumTrainingCost: the job may cost $0.408"),
    ],
    ids=["type", "count", "runtime", "cost"],
)
def test_a_job_that_breaks_a_limit_is_refused(limits: Limits, words: str) -> None:
    assert words in Account().refusal(dataclasses.replace(ENVIRONMENT, limits=limits), instance={"count": 2})


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"corpus": "Wiki!"}, 'corpus: "Wiki!" is not a corpus name'),
        ({"corpus": 5}, "corpus: 5 is not text"),
        ({"sources": []}, "sources: [] is no list of 1 to 50 S3 URIs"),
        ({"sources": "s3://raw/"}, "sources: 's3://raw/' is no list"),
        ({"sources": ["raw/wiki"]}, "sources: 'raw/wiki' is no S3 URI"),
        ({"sources": [f"s3://raw/{'x' * 256}"]}, "is no S3 URI of up to 256 characters"),
        ({"code": "abc"}, "code: 'abc' is no SHA-256"),
        ({"code": "ab" * 32}, "blazingtext.zip is not there"),
        ({"options": {"Speed": "1"}}, "options: Speed is not allowed"),
        ({"options": {"speed": 1}}, "options.speed: 1 is no text"),
        ({"options": {"column": "x" * 300}}, "options.column:"),
        ({"instance": {"type": "c5"}}, "instance.type: 'c5' is not a SageMaker instance type"),
        ({"instance": {"count": 0}}, "instance.count: 0 is not allowed"),
        ({"limits": {"maxWaitSeconds": 1}}, '"limits.maxWaitSeconds" is unknown'),
        ({"tags": {"aws:x": "1"}}, "aws:x"),
        ({"force": True}, '"force" is unknown'),
        ({"replace": "yes"}, "replace: 'yes' is neither true nor false"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_before_anything_starts(event: dict[str, Any], words: str) -> None:
    assert words in Account().refusal(**event)


@pytest.mark.parametrize("event", [None, 5, [], "wiki"])
def test_an_event_that_is_no_object_is_refused(event: object) -> None:
    with pytest.raises(UserError, match="not a JSON object"):
        launch_processing.launch(event, ENVIRONMENT, Account().clients)


def test_every_problem_is_told_at_once() -> None:
    told = Account().refusal(corpus="Wiki!", sources=[], code="")

    assert all(f"{name}: " in told for name in ("corpus", "sources", "code"))


def test_a_packed_object_that_may_not_fit_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    big = processing_sources.SourceObject("raw", "wiki/big.gz", '"e"', 40_000_000_000, named=True)
    monkeypatch.setattr(processing_sources, "listed", lambda *_: (big,))

    (warning,) = account.launch()["warnings"]

    assert "s3://raw/wiki/big.gz has 40 GB" in warning
    assert not account.launch(instance={"volumeGb": 50})["warnings"]


def test_sources_are_in_the_order_of_a_folder_and_each_once() -> None:
    account = Account()
    for key in (
        "wiki/b/1",
        "wiki/b-1",
        "wiki/b-2",
        "wiki/.hidden",
        "wiki/c.txt",
        "wiki/c.txt.recipe.json",
        "wiki/d.recipe.json",
        "wiki/sub/",
    ):
        account.s3.objects["raw", key] = b"x"

    found = processing_sources.listed(cast("Any", account.s3), ["s3://raw/wiki/b-1", "s3://raw/wiki/", "s3://raw/wiki/c.txt"])

    assert [each.key for each in found] == [
        "wiki/b-1",
        "wiki/a.txt",
        "wiki/b/1",
        "wiki/b-2",
        "wiki/c.txt",
        "wiki/d.recipe.json",
    ]
    assert [each.key for each in found if each.named] == ["wiki/b-1", "wiki/c.txt"]


@pytest.mark.parametrize("uri", ["s3://raw/wiki/none.txt", "s3://raw/wiki", "s3://raw/none/"])
def test_sources_that_are_not_there_are_refused(uri: str) -> None:
    with pytest.raises(CorpusError, match=f"{uri} was not found"):
        Account().launch(sources=[uri])


def test_too_many_objects_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processing_sources, "MAXIMUM_OBJECTS", 2)
    account = Account()
    for number in range(3):
        account.s3.objects["raw", f"wiki/{number}"] = b"x"

    assert "has too many objects: more than 2 in all" in account.refusal()


def test_a_bucket_that_the_role_may_not_list_is_named_with_the_setting_that_allows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()

    def refuse(**_: Any) -> Any:
        raise client_error("AccessDenied", "User: x is not authorized to perform: s3:ListBucket", "ListObjectsV2")

    monkeypatch.setattr(account.s3, "_list_objects_v2", refuse)

    with pytest.raises(AccessDeniedError, match="sourceBuckets names: have raw added there"):
        account.launch()


def sdk() -> dict[str, Any]:
    """The table that the SageMaker SDK itself works with."""
    name = resources.files("sagemaker.core").joinpath("image_uri_config", "spark.json")
    return dict(json.loads(name.read_text(encoding="utf-8"))["processing"]["versions"]["3.5"])


def test_the_images_are_those_of_the_sdk() -> None:
    version = sdk()

    assert version["repository"] == spark_images.REPOSITORY
    assert {region: account for region, account in version["registries"].items() if region in images.ACCOUNTS} == spark_images.ACCOUNTS
    assert spark_images.image_uri("cn-north-1") == (
        "671472414489.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-spark-processing:3.5-cpu-py312-v1.0"
    )


def test_a_region_without_the_image_is_refused() -> None:
    with pytest.raises(ConfigurationError, match='there is no Spark image for "us-iso-east-1"'):
        spark_images.image_uri("us-iso-east-1")


def test_the_log_says_what_was_started_and_what_was_found(caplog: pytest.LogCaptureFixture) -> None:
    account = Account()
    with caplog.at_level("INFO"):
        name = account.launch()["jobName"]
        account.launch()
        checked = account.launch(dryRun=True, corpus="other")["jobName"]

    assert caplog.messages == [f"started {name} (InProgress)", f"found {name} (InProgress)", f"found {checked} (not started)"]


def test_the_handler_answers_with_the_job_and_its_calls_end_before_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    connected: list[tuple[str, object, int, int]] = []

    def connect(service: str, config: object, deadline: Deadline) -> Any:
        connected.append((service, config, deadline.margin_ms, deadline.remaining_ms()))
        return getattr(account, service)

    for name, value in ENVIRONMENT.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(aws_clients, "connect", connect)

    answer = launch_processing.handler({"corpus": "wiki", "sources": SOURCES, "code": CODE}, FakeContext())

    assert list(account.sagemaker.processings) == [answer["jobName"]]
    assert connected == [("s3", aws_clients.PROMPT, 3_000, 600_000), ("sagemaker", aws_clients.PROMPT, 3_000, 600_000)]
