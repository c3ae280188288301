"""A transform request is checked completely, and becomes one transform job however often it is sent; its model goes with it."""

import dataclasses
from typing import Any, cast

import pytest

import launch_transform
from blazingtext_lifecycle import transform_models
from blazingtext_lifecycle.deadline import Deadline
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.errors import AccessDeniedError, NotReady, UserError
from blazingtext_lifecycle.job_protection import JobProtection
from blazingtext_lifecycle.launching import Clients
from blazingtext_lifecycle.limits import Limits
from blazingtext_lifecycle.transform_data import SAMPLE_BYTES
from tests.unit.lifecycle.aws_fakes import FakeContext, FakeS3, client_error
from tests.unit.lifecycle.test_launch_training import ENVIRONMENT
from tests.unit.lifecycle.transform_fakes import FakeTransforms

RUN = "blazingtext-dev-wiki-skipgram-0123456789"
WORDS = b'{"source": "king"}\n{"source": "queen", "k": 2}\n'
TAGS = {"blazingtext:project": "blazingtext", "blazingtext:stage": "dev"}


class Account:
    """A bucket with data and the model of a run, and SageMaker."""

    def __init__(self, **files: bytes) -> None:
        data = {f"transforms/words/input/{name}": body for name, body in (files or {"part": WORDS}).items()}
        artifact = f"runs/{RUN}/output/model.tar.gz"
        self.s3 = FakeS3(ENVIRONMENT.bucket, {"transforms/words/input/": b"", **data, artifact: b"model"})
        self.sagemaker = FakeTransforms()

    @property
    def clients(self) -> Clients:
        return Clients(cast("Any", self.s3), cast("Any", self.sagemaker))

    def launch(self, environment: LaunchEnvironment = ENVIRONMENT, **event: Any) -> dict[str, Any]:
        return launch_transform.launch({"data": "words", "run": RUN, **event}, environment, self.clients)

    def job(self, answer: dict[str, Any]) -> dict[str, Any]:
        return self.sagemaker.transforms[answer["jobName"]]

    def refusal(self, environment: LaunchEnvironment = ENVIRONMENT, **event: Any) -> str:
        with pytest.raises(UserError) as caught:
            self.launch(environment, **event)
        assert not self.sagemaker.transforms
        assert not self.sagemaker.models
        return str(caught.value)


def test_data_and_run_are_all_a_request_needs() -> None:
    account = Account()

    answer = account.launch()

    name = answer["jobName"]
    job = account.job(answer)
    assert name.startswith("blazingtext-dev-words-transform-")
    assert {key: job[key] for key in job if key not in ("TransformJobArn", "TransformJobStatus", "CreationTime", "Tags")} == {
        "TransformJobName": name,
        "ModelName": name,
        "MaxConcurrentTransforms": 1,
        "MaxPayloadInMB": 1,
        "BatchStrategy": "MultiRecord",
        "ModelClientConfig": {"InvocationsTimeoutInSeconds": 300, "InvocationsMaxRetries": 1},
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://own-bucket/transforms/words/input/"}},
            "ContentType": "application/jsonlines",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://own-bucket/transforms/words/{name}",
            "Accept": "application/jsonlines",
            "AssembleWith": "Line",
        },
        "TransformResources": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
    }
    model = account.sagemaker.models[name]
    assert model["ExecutionRoleArn"] == ENVIRONMENT.role_arn
    assert model["PrimaryContainer"] == {"Image": ENVIRONMENT.image, "ModelDataUrl": f"s3://own-bucket/runs/{RUN}/output/model.tar.gz"}


def test_the_answer_tells_where_the_results_will_be_and_what_the_job_may_cost() -> None:
    account = Account()

    answer = account.launch(instance={"type": "ml.m5.large"})

    name = answer["jobName"]
    assert answer == {
        "jobName": name,
        "jobArn": f"arn:aws:sagemaker:us-east-1:123456789012:transform-job/{name}",
        "status": "InProgress",
        "created": True,
        "output": f"s3://own-bucket/transforms/words/{name}/",
        "warnings": [],
        "cost": {
            "instanceType": "ml.m5.large",
            "instanceCount": 1,
            "maxRuntimeSeconds": 1500,
            "hourlyDollars": 0.115,
            "maximumDollars": pytest.approx(0.115 * 1500 / 3600),
            "pricesOf": "2026-04-21",
        },
    }


def test_the_same_request_over_the_same_data_gets_the_same_job() -> None:
    account = Account()
    first = account.launch()

    again = account.launch(tags={"team": "search"})

    assert (again["jobName"], again["created"]) == (first["jobName"], False)
    others = [account.launch(instance={"count": 2}), account.launch(instance={"type": "ml.m5.large"}), Account(part=WORDS * 2).launch()]
    assert len({first["jobName"], *(each["jobName"] for each in others)}) == 4


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_retry_is_another_attempt_with_a_model_of_its_own(status: str) -> None:
    account = Account()
    first = account.launch()
    account.job(first)["TransformJobStatus"] = status

    assert account.launch()["jobName"] == first["jobName"]
    second = account.launch(retry=True)

    assert second["jobName"] == f"{first['jobName']}-2"
    assert account.job(second)["ModelName"] == second["jobName"]
    assert second["output"].endswith(f"/{second['jobName']}/")


def test_a_dry_run_makes_neither_job_nor_model() -> None:
    account = Account()

    answer = account.launch(dryRun=True)

    assert (answer["status"], answer["created"]) == ("", False)
    assert not account.sagemaker.transforms
    assert not account.sagemaker.models


def test_a_job_and_its_model_carry_the_stages_tags_and_those_of_the_request() -> None:
    account = Account()
    environment = dataclasses.replace(ENVIRONMENT, protection=JobProtection(tags={"cost-center": "42"}))

    answer = account.launch(environment, tags={"team": "search", "cost-center": "7"})

    job = account.job(answer)
    assert job["Tags"] == account.sagemaker.models[answer["jobName"]]["Tags"]
    tags = {tag["Key"]: tag["Value"] for tag in job["Tags"]}
    assert tags.pop("blazingtext:request")
    assert tags == {**TAGS, "blazingtext:run": RUN, "team": "search", "cost-center": "42"}


def test_a_companys_protection_holds_for_model_and_job() -> None:
    vpc = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    protection = JobProtection(key_arn="arn:aws:kms:us-east-1:123456789012:key/1", vpc=vpc, network_isolation=True)
    account = Account()

    answer = account.launch(dataclasses.replace(ENVIRONMENT, protection=protection))

    job, model = account.job(answer), account.sagemaker.models[answer["jobName"]]
    assert job["TransformOutput"]["KmsKeyId"] == job["TransformResources"]["VolumeKmsKeyId"] == protection.key_arn
    assert (model["VpcConfig"], model["EnableNetworkIsolation"]) == (vpc, True)


def test_disks_that_encrypt_themselves_get_no_key() -> None:
    account = Account()
    environment = dataclasses.replace(ENVIRONMENT, protection=JobProtection(key_arn="arn:aws:kms:us-east-1:123456789012:key/1"))

    answer = account.launch(environment, instance={"type": "ml.g4dn.xlarge"})

    assert "VolumeKmsKeyId" not in account.job(answer)["TransformResources"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"data": None}, "data: None is not the name of data"),
        ({"data": "No Name"}, "data: 'No Name' is not the name of data"),
        ({"data": "other"}, 'There is no data "other". Nothing is under s3://own-bucket/transforms/other/input/'),
        ({"run": 7}, "run: 7 is no training job of stage dev"),
        ({"run": "blazingtext-prod-x"}, "run: 'blazingtext-prod-x' is no training job of stage dev"),
        ({"run": "blazingtext-dev-none"}, "run: blazingtext-dev-none has no model"),
        ({"instance": {"type": "c5"}}, "instance.type: 'c5' is not a SageMaker instance type"),
        ({"instance": {"count": 0}}, "instance.count: 0 is not allowed"),
        ({"instance": {"volumeGb": 5}}, '"instance.volumeGb" is unknown'),
        ({"tags": {"aws:x": "y"}}, 'tags: "aws:x"'),
        ({"retry": "yes"}, "retry: 'yes' is neither true nor false"),
        ({"dryRun": 1}, "dryRun: 1 is neither true nor false"),
        ({"colour": "blue"}, '"colour" is unknown'),
    ],
)
def test_what_is_wrong_is_named(event: dict[str, Any], words: str) -> None:
    assert words in Account().refusal(**event)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    said = Account(part=b"king\n").refusal(run="x", instance={"type": "c5"}, colour="blue")

    assert all(words in said for words in ("run:", "instance.type:", '"colour"', "is not JSON"))


@pytest.mark.parametrize("event", [None, [], "words", 7])
def test_an_event_that_is_no_object_is_refused(event: Any) -> None:
    with pytest.raises(UserError, match="not a JSON object"):
        launch_transform.launch(event, ENVIRONMENT, Account().clients)


@pytest.mark.parametrize(
    ("limits", "event", "words"),
    [
        (
            Limits(allowed_instance_types=("ml.m5.*",)),
            {},
            "instance.type: ml.c5.xlarge is not allowed. The stage's setting allowedInstanceTypes",
        ),
        (Limits(maximum_training_instances=1), {"instance": {"count": 2}}, "instance.count: 2 is not allowed"),
        (Limits(maximum_training_seconds=1499), {}, "a transform job of it may take 1500 seconds"),
        (
            Limits(maximum_training_cost=0.08),
            {},
            "maximumTrainingCost: the transform job may cost $0.085 (1 x ml.c5.xlarge for 1500 seconds",
        ),
        (Limits(maximum_training_cost=1), {"instance": {"type": "ml.m4.xlarge"}}, "No price of that type in us-east-1 is known"),
    ],
)
def test_the_stages_limits_hold(limits: Limits, event: dict[str, Any], words: str) -> None:
    assert words in Account().refusal(dataclasses.replace(ENVIRONMENT, limits=limits), **event)


def test_what_is_just_allowed_is_started() -> None:
    limits = Limits(("ml.c5.*",), 2, 1500, 0.17)
    account = Account()

    assert account.launch(dataclasses.replace(ENVIRONMENT, limits=limits), instance={"count": 2})["created"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"king\n", "line 1 is not JSON"),
        (b'{"source": "king"}\n\n{"instances": ["queen"]}\n', 'line 3 has no text "source"'),
        (b'["king"]\n', 'line 1 has no text "source"'),
        (b'{"source": 7}\n', 'line 1 has no text "source"'),
        (b'{"source": "king", "k": 0}\n', 'line 1 has a "k" that is no whole number from 1: 0'),
        (b'{"source": "king", "k": true}\n', "line 1 has a"),
        (b"[" * 60_000 + b"\n", "line 1 is not JSON"),
    ],
)
def test_data_that_blazingtext_cannot_read_is_refused_before_it_costs_anything(body: bytes, words: str) -> None:
    assert words in Account(part=body).refusal()


@pytest.mark.parametrize("body", [b'{"source": "' + b"x" * SAMPLE_BYTES + b'"}\n', WORDS * 2000, b'{"source": "king"}', b"\n" + WORDS])
def test_a_line_that_the_sample_cuts_is_not_judged(body: bytes) -> None:
    assert Account(part=body).launch()["created"]


def test_instances_without_a_file_are_told_of() -> None:
    account = Account(one=WORDS, two=WORDS, none=b"")

    assert account.launch(instance={"count": 2})["warnings"] == []
    assert account.launch(instance={"count": 3})["warnings"][0].startswith(
        "1 of 3 instances would have nothing to do: the data has 2 files"
    )


def test_more_data_may_take_longer() -> None:
    def seconds(size: int) -> int:
        return int(Account(part=WORDS, more=WORDS.ljust(size, b"\n")).launch()["cost"]["maxRuntimeSeconds"])

    assert seconds(1 << 19) - seconds(1 << 18) == 600
    assert seconds(10 << 20) == 900 + (1 + 21) * 600


def test_an_empty_file_takes_no_time() -> None:
    assert Account(part=WORDS, none=b"").launch()["cost"]["maxRuntimeSeconds"] == 1500


def test_another_run_is_another_job() -> None:
    account = Account()
    account.s3.objects[f"runs/{RUN}-2/output/model.tar.gz"] = b"model"

    assert account.launch(run=f"{RUN}-2")["jobName"] != account.launch()["jobName"]


def test_a_model_that_cannot_be_removed_is_told() -> None:
    account = Account()

    def refuse(**_: Any) -> None:
        raise client_error("AccessDeniedException", "not authorized to perform: sagemaker:DeleteModel")

    account.sagemaker.delete_model = refuse  # type: ignore[method-assign]
    with pytest.raises(AccessDeniedError, match="delete the model of the transform job"):
        launch_transform.finish("blazingtext-dev-a", account.clients)


def test_a_model_that_cannot_be_made_is_told_and_no_job_starts() -> None:
    account = Account()
    account.sagemaker.model_refusal = client_error("AccessDeniedException", "not authorized to perform: sagemaker:CreateModel")

    with pytest.raises(AccessDeniedError, match="make the model of the transform job"):
        account.launch()
    assert not account.sagemaker.transforms


def test_a_job_that_cannot_be_started_leaves_no_model() -> None:
    account = Account()
    account.sagemaker.refusal = client_error("ThrottlingException", "Rate exceeded")

    with pytest.raises(NotReady):
        account.launch()
    assert not account.sagemaker.models


def test_a_model_that_a_launch_left_is_taken() -> None:
    account = Account()
    name = account.launch(dryRun=True)["jobName"]
    account.sagemaker.add_model(name, TAGS)

    assert account.launch()["created"]


def test_a_bucket_that_cannot_be_read_is_told() -> None:
    account = Account()

    def refuse(**_: Any) -> None:
        raise client_error("403", "Forbidden", "HeadObject")

    account.s3.head_object = refuse  # type: ignore[method-assign,assignment]
    with pytest.raises(AccessDeniedError, match="look for the model of"):
        account.launch()


def ended(name: str, status: str = "Completed", kind: str = "SageMaker Transform Job State Change") -> dict[str, Any]:
    return {"detail-type": kind, "detail": {"TransformJobName": name, "TransformJobStatus": status}}


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_the_end_of_a_job_removes_its_model_and_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: str
) -> None:
    account = Account()
    first, second = account.launch()["jobName"], account.launch(instance={"count": 2})["jobName"]
    for name, value in ENVIRONMENT.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Clients, "connect", lambda _: account.clients)

    answer = launch_transform.handler(ended(first, status), FakeContext())

    assert answer == {"removedModel": first}
    assert list(account.sagemaker.models) == [second]
    with caplog.at_level("INFO"):
        assert launch_transform.handler(ended(first, status), FakeContext()) == {"removedModel": first}
    assert f"{first} has ended, and its model is removed" in caplog.messages
    assert f"the model {first} is gone already" in caplog.messages


def test_a_request_reaches_the_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    for name, value in ENVIRONMENT.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Clients, "connect", lambda _: account.clients)

    assert launch_transform.handler({"data": "words", "run": RUN}, FakeContext())["created"]


@pytest.mark.parametrize(
    "event",
    [
        ended("blazingtext-dev-x", "InProgress"),
        ended("blazingtext-dev-x", "Stopping"),
        ended("blazingtext-prod-x"),
        ended("blazingtext-dev-x", kind="SageMaker Training Job State Change"),
        {"detail-type": "SageMaker Transform Job State Change"},
        {"data": "words"},
        None,
    ],
)
def test_other_events_tell_no_end(event: Any) -> None:
    assert launch_transform.ended_job(event, "dev") == ""


def test_only_the_models_of_the_stages_transform_jobs_are_removed_all_at_once() -> None:
    sagemaker = FakeTransforms()
    for name, tags in {
        "blazingtext-dev-a": TAGS,
        "blazingtext-dev-b": TAGS,
        "blazingtext-dev-c": {},
        "my-blazingtext-dev-d": TAGS,
        "blazingtext-dev-e": {**TAGS, "blazingtext:stage": "prod"},
    }.items():
        sagemaker.add_model(name, tags)

    removed = transform_models.remove_all(cast("Any", sagemaker), "dev", Deadline(lambda: 60_000))

    assert removed == sagemaker.removed_models == ["blazingtext-dev-a", "blazingtext-dev-b"]


def test_models_are_not_removed_when_the_time_is_over() -> None:
    sagemaker = FakeTransforms()
    sagemaker.add_model("blazingtext-dev-a", TAGS)

    with pytest.raises(NotReady, match="Deleting the model blazingtext-dev-a"):
        transform_models.remove_all(cast("Any", sagemaker), "dev", Deadline(lambda: 0))


def test_a_model_that_goes_while_it_is_looked_at_is_no_error() -> None:
    sagemaker = FakeTransforms()
    sagemaker.add_model("blazingtext-dev-a", TAGS)

    def gone(**_: Any) -> Any:
        raise client_error("ValidationException", "Could not find resource", "ListTags")

    sagemaker._list_tags = gone  # type: ignore[method-assign]
    assert transform_models.remove_all(cast("Any", sagemaker), "dev", Deadline(lambda: 60_000)) == []


def test_the_log_says_what_was_started_and_what_was_found(caplog: pytest.LogCaptureFixture) -> None:
    account = Account()
    with caplog.at_level("INFO"):
        name = account.launch()["jobName"]
        account.launch()
        checked = account.launch(dryRun=True, instance={"count": 2})["jobName"]

    assert caplog.messages == [f"started {name} (InProgress)", f"found {name} (InProgress)", f"found {checked} (not started)"]
