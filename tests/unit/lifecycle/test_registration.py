"""Finished runs become versions in the model registry, and approved versions go live: the promoter where a person approves models."""

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest

from blazingtext_lifecycle import live_model, naming, registration
from blazingtext_lifecycle.environments import AutoPromote
from blazingtext_lifecycle.model_registry import LONGEST_COMMENT, ApprovalStatus, Version
from blazingtext_lifecycle.promotion import Decision, Outcome, TrainedJob
from tests.unit.aws_requests import service_model, validate
from tests.unit.lifecycle.aws_fakes import STARTED, client_error
from tests.unit.lifecycle.registry_fakes import GROUP, FakeRegistry
from tests.unit.lifecycle.test_promote_model import ENVIRONMENT, GATED, JOB, Account

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"
MANUAL = dataclasses.replace(ENVIRONMENT, model_package_group=GROUP)
SECOND = f"{JOB}-2"


class Reviewed(Account):
    """A stage whose models a person approves."""

    def __init__(self) -> None:
        super().__init__()
        self.sagemaker: FakeRegistry = FakeRegistry()
        self.sagemaker.endpoint = self.endpoint

    def finish(self, name: str = JOB, environment: Any = MANUAL, **more: Any) -> bool:
        self.train(name, **{"AlgorithmSpecification": {"TrainingImage": IMAGE}, **more})
        return self.deliver(name, environment=environment)

    def arn(self, number: int) -> str:
        return next(arn for arn, each in self.sagemaker.versions.items() if each["ModelPackageVersion"] == number)

    def version(self, number: int = 1) -> dict[str, Any]:
        return self.sagemaker.versions[self.arn(number)]

    def approve(self, number: int, status: str = "Approved", environment: Any = MANUAL) -> bool:
        arn = self.arn(number)
        self.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)
        return self.tell(arn, environment)

    def tell(self, arn: str, environment: Any = MANUAL) -> bool:
        """Delivers the event of a version, in the shape of AWS's page."""
        detail = {
            "ModelPackageGroupName": GROUP,
            "ModelPackageVersion": 1,
            "ModelPackageArn": arn,
            "CreationTime": "2021-02-24T17:00:14Z",
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": "Approved",
            "UpdatedModelPackageFields": ["ModelApprovalStatus"],
        }
        event = {"source": "aws.sagemaker", "detail-type": "SageMaker Model Package State Change", "resources": [arn], "detail": detail}
        return self.deliver_body(json.dumps(event), environment)


def test_a_finished_run_becomes_a_version_that_waits_and_does_not_go_live() -> None:
    account = Reviewed()

    assert account.finish()

    assert account.cloudformation.updates == []
    assert account.version()["ModelApprovalStatus"] == "PendingManualApproval"
    assert account.subjects == ["BlazingText dev: a model waits for approval"]
    assert account.sns.published[0]["Message"] == (
        f"{JOB} waits for approval (train:mean_rho 0.7000). It is version 1 of {GROUP}, PendingManualApproval. "
        "Approve it: blazingtext models approve 1"
    )


def test_the_advice_names_another_stage() -> None:
    version = Version(3, "", GROUP, "PendingManualApproval", "", "", "", STARTED, {})

    said = registration.announcement(Decision(Outcome.REGISTER, "It waits."), version, "prod")

    assert said.endswith("Approve it: blazingtext models approve 3 --stage prod")


def test_a_version_tells_where_it_comes_from() -> None:
    account = Reviewed()
    tags = {**naming.tags("dev"), "blazingtext:corpus": "wiki", "blazingtext:corpus-hash": "c" * 64, "blazingtext:request": "r" * 64}
    account.finish(tags={**tags, "git-revision": "0a1b2c3"}, HyperParameters={"mode": "batch_skipgram", "epochs": "5"})

    version = account.version()

    artifact = f"s3://own-bucket/runs/{JOB}/output/model.tar.gz"
    assert version["ModelPackageDescription"] == JOB
    assert version["InferenceSpecification"] == {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": artifact}],
        "SupportedContentTypes": ["application/json", "application/jsonlines"],
        "SupportedResponseMIMETypes": ["application/json", "application/jsonlines"],
    }
    assert version["MetadataProperties"] == {
        "GeneratedBy": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{JOB}",
        "CommitId": "0a1b2c3",
    }
    assert version["CustomerMetadataProperties"] == {
        "job": JOB,
        "mode": "batch_skipgram",
        "corpus": "wiki",
        "corpus-hash": "c" * 64,
        "request": "r" * 64,
        "git-revision": "0a1b2c3",
        "metric/train:mean_rho": "0.7",
        "hyperparameter/epochs": "5",
        "hyperparameter/mode": "batch_skipgram",
    }
    assert "SecurityConfig" not in version


def test_what_is_not_known_of_a_run_is_left_out() -> None:
    account = Reviewed()
    account.finish(FinalMetricDataList=[])

    assert account.version()["MetadataProperties"] == {"GeneratedBy": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{JOB}"}
    assert account.version()["CustomerMetadataProperties"] == {
        "job": JOB, "mode": "batch_skipgram", "hyperparameter/mode": "batch_skipgram",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "metrics", "document"),
    [
        ("batch_skipgram", {"train:mean_rho": 0.7}, {"word_vector_metrics": {"mean_rho": {"value": 0.7}}}),
        (
            "supervised",
            {"validation:accuracy": 0.9, "train:accuracy": 0.95},
            {"multiclass_classification_metrics": {"accuracy": {"value": 0.9}, "train:accuracy": {"value": 0.95}}},
        ),
    ],
)
def test_the_metrics_of_a_version_lie_next_to_its_artifact(mode: str, metrics: dict[str, float], document: dict[str, Any]) -> None:
    account = Reviewed()
    measured = [{"MetricName": name, "Value": value, "Timestamp": STARTED} for name, value in metrics.items()]
    account.finish(HyperParameters={"mode": mode}, FinalMetricDataList=measured)

    statistics = account.version()["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics == {"ContentType": "application/json", "S3Uri": f"s3://own-bucket/runs/{JOB}/output/metrics.json"}
    assert json.loads(account.s3.objects[f"runs/{JOB}/output/metrics.json"]) == document


def test_with_a_key_of_the_companys_the_version_is_encrypted_with_it() -> None:
    account = Reviewed()
    key = "arn:aws:kms:us-east-1:123456789012:key/1"

    account.finish(environment=dataclasses.replace(MANUAL, key_arn=key))

    assert account.version()["SecurityConfig"] == {"KmsKeyId": key}


def test_the_properties_are_cut_to_what_sagemaker_takes() -> None:
    many = {f"h{number:02}": "#" * 300 for number in range(60)}
    tags = {"blazingtext:corpus": "", "git-revision": "ä 1"}
    job = TrainedJob(JOB, "Completed", "", "", STARTED, "cbow", {}, tags, "s3://b/k", True, hyperparameters=many)

    asked = registration.request(job, MANUAL, "")

    validate("sagemaker", "CreateModelPackage", {"ModelPackageGroupName": GROUP, **asked})
    properties = asked["CustomerMetadataProperties"]
    assert len(properties) == 50
    assert properties["hyperparameter/h00"] == "_" * 256
    assert properties["git-revision"] == "ä 1"
    assert "corpus" not in properties


def test_a_repeated_event_registers_nothing_twice_and_is_no_news() -> None:
    account = Reviewed()
    account.finish()

    assert account.deliver(environment=MANUAL)

    assert len(account.sagemaker.versions) == 1
    assert len(account.sns.published) == 1


def test_two_events_at_once_get_one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Reviewed()
    account.finish()
    monkeypatch.setattr(account.sagemaker, "_list_model_packages", lambda **_: iter([{"ModelPackageSummaryList": []}]))

    assert account.deliver(environment=MANUAL)

    assert len(account.sagemaker.versions) == 1


def test_a_version_that_only_says_that_it_is_of_a_run_is_not_taken_for_it() -> None:
    account = Reviewed()
    forged = {"Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://elsewhere/runs/x/output/model.tar.gz"}]}
    account.sagemaker.create_model_package(
        ModelPackageGroupName=GROUP, ClientToken="other", ModelPackageDescription=JOB, InferenceSpecification=forged
    )

    account.finish()

    assert len(account.sagemaker.versions) == 2


def test_what_the_gate_refuses_is_registered_as_rejected_with_the_reason() -> None:
    account = Reviewed()

    assert account.finish(environment=dataclasses.replace(GATED, model_package_group=GROUP, minimum_mean_rho=0.8))

    refusal = "train:mean_rho 0.7 is below 0.8: minimum of the setting minimumMeanRho"
    assert account.version()["ModelApprovalStatus"] == "Rejected"
    assert account.version()["CustomerMetadataProperties"]["not-promoted"] == refusal
    (arn,) = account.sagemaker.tags
    assert account.sagemaker.tags[arn]["blazingtext:promotion"] == refusal
    assert account.subjects == ["BlazingText dev: a model was not promoted"]
    assert "Train on more or better text" in account.sns.published[0]["Message"]
    assert account.sns.published[0]["Message"].endswith(f"It is version 1 of {GROUP}, Rejected.")


@pytest.mark.parametrize(("policy", "status"), [(AutoPromote.BETTER, "Rejected"), (AutoPromote.ALWAYS, "PendingManualApproval")])
def test_the_policy_decides_which_runs_a_person_is_asked_about(policy: AutoPromote, status: str) -> None:
    account = Reviewed()
    account.finish()
    account.approve(1)
    account.cloudformation.finish()

    account.finish(SECOND, environment=dataclasses.replace(MANUAL, auto_promote=policy), minutes=5)

    assert account.version(2)["ModelApprovalStatus"] == status


def test_a_run_of_another_kind_than_the_live_model_is_registered_as_rejected() -> None:
    account = Reviewed()
    account.finish()
    account.approve(1)
    account.cloudformation.finish()

    account.finish(SECOND, HyperParameters={"mode": "supervised"}, minutes=5)

    assert account.version(2)["ModelApprovalStatus"] == "Rejected"
    assert "do not replace word vectors" in account.version(2)["CustomerMetadataProperties"]["not-promoted"]


def test_a_run_that_was_to_be_held_back_waits_as_all_others_do() -> None:
    account = Reviewed()

    account.finish(tags={**naming.tags("dev"), naming.PROMOTION_TAG: naming.HELD_BACK})

    assert account.version()["ModelApprovalStatus"] == "PendingManualApproval"


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "ROLLBACK_COMPLETE"])
def test_a_run_is_registered_whatever_state_the_serving_stack_is_in(status: str) -> None:
    account = Reviewed()
    account.cloudformation.status = status

    assert account.finish()

    assert len(account.sagemaker.versions) == 1


def test_while_the_stack_is_busy_it_is_not_known_what_is_live() -> None:
    account = Reviewed()
    account.cloudformation.status = "UPDATE_IN_PROGRESS"

    assert not account.finish()

    assert account.sagemaker.versions == {}
    assert account.sqs.hidden == [10]


@pytest.mark.parametrize(
    "more",
    [{"status": "Failed"}, {"tags": naming.tags("prod")}, {"TuningJobArn": "arn:of/tuning"}],
)
def test_what_is_no_finished_run_of_the_stages_is_not_registered(more: dict[str, Any]) -> None:
    account = Reviewed()

    assert account.finish(**more)

    assert account.sagemaker.versions == {}


TUNED: dict[str, Any] = {"TuningJobArn": "arn:of/tuning"}


def test_a_run_of_a_tuning_job_is_registered_when_it_is_asked_for_by_name() -> None:
    account = Reviewed()
    account.finish(**TUNED)

    assert account.deliver_body(json.dumps(registration.request_event(JOB, "one")), MANUAL)

    assert account.version()["ModelApprovalStatus"] == "PendingManualApproval"
    assert account.cloudformation.updates == []


def test_asking_for_a_registration_promotes_nothing_where_nobody_approves() -> None:
    account = Reviewed()
    account.train(**TUNED)

    assert account.deliver_body(json.dumps(registration.request_event(JOB, "one")), ENVIRONMENT)

    assert account.cloudformation.updates == []
    assert account.sagemaker.versions == {}


def test_a_deleted_version_is_registered_anew_for_each_request_and_once_for_the_same() -> None:
    account = Reviewed()
    account.finish()
    tokens = []
    for request in ("one", "one", "two"):
        account.sagemaker.versions.clear()
        account.deliver_body(json.dumps(registration.request_event(JOB, request)), MANUAL)
        tokens.append(len(account.sagemaker.tokens))

    assert tokens == [2, 2, 3]


@pytest.mark.parametrize("event", [{}, {"source": "aws.sagemaker", "detail": {"RequestId": "one"}}, {"source": "blazingtext", "detail": 5}])
def test_only_our_own_message_is_a_request(event: dict[str, Any]) -> None:
    assert registration.requested(event) == ""


def test_an_approval_puts_a_version_into_service() -> None:
    account = Reviewed()
    account.finish()

    assert account.approve(1)

    assert account.live == f"s3://own-bucket/runs/{JOB}/output/model.tar.gz"
    assert account.cloudformation.parameters["PromotedThrough"] == "2026-11-22T20:00:00.000Z"
    assert account.subjects[-1] == "BlazingText dev: the promotion of a model has begun"


def test_an_approval_that_comes_twice_updates_once() -> None:
    account = Reviewed()
    account.finish()
    account.approve(1)
    account.cloudformation.finish()
    told = len(account.sns.published)

    assert account.tell(account.arn(1))

    assert (len(account.cloudformation.updates), len(account.sns.published)) == (1, told)


@pytest.mark.parametrize("status", ["Rejected", "PendingManualApproval"])
def test_the_event_is_not_believed_but_the_version(status: str) -> None:
    account = Reviewed()
    account.finish()

    assert account.approve(1, status)

    assert account.cloudformation.updates == []
    assert account.sqs.sent == []


def test_an_older_version_that_is_approved_later_stays_out_and_the_way_to_serve_it_is_said() -> None:
    account = Reviewed()
    account.finish()
    account.finish(SECOND, minutes=5)
    account.approve(2)
    account.cloudformation.finish()

    assert account.approve(1)

    assert account.live == f"s3://own-bucket/runs/{SECOND}/output/model.tar.gz"
    assert account.subjects[-1] == "BlazingText dev: a model was not promoted"
    assert account.sns.published[-1]["Message"].endswith("To serve it: blazingtext rollback --to 1")


def test_a_late_approval_does_not_undo_a_rollback() -> None:
    account = Reviewed()
    for number, name in enumerate((JOB, SECOND), 1):
        account.finish(name, minutes=number)
        account.approve(number)
        account.cloudformation.finish()
    stack = live_model.describe(account.cloudformation, "dev")  # type: ignore[arg-type] # a fake
    account.cloudformation.parameters.update(live_model.rollback(stack))

    assert account.tell(account.arn(2))

    assert account.live == f"s3://own-bucket/runs/{JOB}/output/model.tar.gz"


def test_an_approval_waits_for_a_busy_stack() -> None:
    account = Reviewed()
    account.finish()
    account.cloudformation.status = "UPDATE_IN_PROGRESS"

    assert not account.approve(1)

    assert account.sqs.hidden == [10]


def reason(account: Reviewed) -> str:
    return str(account.sqs.sent[-1]["MessageAttributes"]["Reason"]["StringValue"])


@pytest.mark.parametrize(
    "artifact",
    [
        "s3://elsewhere/runs/{job}/output/model.tar.gz",
        "s3://own-bucket/runs/blazingtext-prod-x/output/model.tar.gz",
        "s3://own-bucket/a.tar.gz",
    ],
)
def test_an_artifact_that_is_no_run_of_the_stages_never_goes_live(artifact: str) -> None:
    account = Reviewed()
    account.finish()
    account.version()["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] = artifact.format(job=JOB)

    assert account.approve(1)

    assert account.cloudformation.updates == []
    assert "is no run's of stage dev" in reason(account)


def test_a_version_of_several_containers_has_no_artifact_that_could_be_served() -> None:
    account = Reviewed()
    account.finish()
    account.version()["InferenceSpecification"]["Containers"] *= 2

    assert account.approve(1)

    assert "Its artifact (none)" in reason(account)


@pytest.mark.parametrize("gone", ["job", "artifact"])
def test_a_version_whose_run_or_artifact_is_gone_never_goes_live(gone: str) -> None:
    account = Reviewed()
    account.finish()
    if gone == "job":
        account.sagemaker.jobs.clear()
    else:
        account.s3.objects.clear()

    assert account.approve(1)

    assert f"{JOB} or its artifact is gone" in reason(account)


def test_an_approved_version_does_not_replace_an_endpoint_that_differs_from_its_stack() -> None:
    account = Reviewed()
    account.finish()
    account.approve(1)
    account.cloudformation.finish()
    account.configuration = "the-former-one"
    account.finish(SECOND, minutes=5)

    assert account.approve(2)

    assert len(account.cloudformation.updates) == 1
    assert "blazingtext verify --repair" in reason(account)


@pytest.mark.parametrize("arn", ["", "arn:aws:sagemaker:us-east-1:123456789012:model-package/other/1"])
def test_an_event_about_no_version_changes_nothing(arn: str) -> None:
    account = Reviewed()

    assert account.tell(arn)

    assert account.cloudformation.updates == account.sqs.sent == []


def test_a_version_of_another_group_changes_nothing() -> None:
    account = Reviewed()
    account.finish()
    account.version()["ModelPackageGroupName"] = "other"

    assert account.approve(1)

    assert account.cloudformation.updates == []


def test_where_models_need_no_approval_an_approval_changes_nothing_and_asks_for_nothing() -> None:
    account = Reviewed()
    account.finish()
    account.sagemaker.descriptions.clear()

    assert account.approve(1, environment=ENVIRONMENT)

    assert account.cloudformation.updates == []
    assert account.sagemaker.descriptions == []


def test_a_registry_that_fails_leaves_the_message_to_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Reviewed()
    account.finish()

    def failing(**_: Any) -> None:
        raise client_error("InternalFailure", "We failed", "DescribeModelPackage")

    monkeypatch.setattr(account.sagemaker, "describe_model_package", failing)

    assert not account.approve(1)


def test_a_registry_that_refuses_is_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Reviewed()

    def forbidden(**_: Any) -> None:
        raise client_error("AccessDeniedException", "no", "CreateModelPackage")

    monkeypatch.setattr(account.sagemaker, "create_model_package", forbidden)

    assert account.finish()

    assert f"register {JOB} in {GROUP}" in reason(account)


def test_a_listing_of_many_pages_is_read_to_the_end() -> None:
    account = Reviewed()
    account.finish()
    first = account.version()
    for number in range(2, 203):
        arn = account.arn(1).replace("/1", f"/{number}")
        later = {"ModelPackageArn": arn, "ModelPackageVersion": number, "CreationTime": STARTED + timedelta(hours=number)}
        account.sagemaker.versions[arn] = {**first, "ModelPackageDescription": "another", **later}

    account.sagemaker.descriptions.clear()

    assert account.deliver(environment=MANUAL)

    assert len(account.sagemaker.versions) == 202
    # Only the one that says that it is of the run is looked at.
    assert account.sagemaker.descriptions == [account.arn(1)]


def test_the_words_for_an_approval_are_sagemakers() -> None:
    assert [*ApprovalStatus] == ["PendingManualApproval", "Approved", "Rejected"]


def test_a_comment_on_an_approval_may_be_as_long_as_sagemaker_takes_it() -> None:
    assert service_model("sagemaker").shape_for("ApprovalDescription").metadata["max"] == LONGEST_COMMENT
