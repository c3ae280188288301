"""The versions of a model package group are deleted with their stack."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

import delete_model_versions
from blazingtext_lifecycle.custom_resources import Answer
from blazingtext_lifecycle.deadline import Deadline
from tests.unit.lifecycle.aws_fakes import CUSTOM_RESOURCE_EVENT, FakeContext, FakeResponseUrl, client_error
from tests.unit.lifecycle.registry_fakes import GROUP, FakeRegistry


class Account:
    """An account with a group and some versions in it."""

    def __init__(self, versions: int = 0) -> None:
        self.sagemaker = FakeRegistry()
        self.remaining_ms = 600_000
        container = {"Containers": [{"Image": "image:1"}]}
        for number in range(versions):
            self.sagemaker.create_model_package(ModelPackageGroupName=GROUP, ClientToken=str(number), InferenceSpecification=container)

    def request(self, type_: str, properties: Mapping[str, str], physical_id: str | None = None) -> Answer:
        event: dict[str, Any] = {"RequestType": type_, "ResourceProperties": {"ServiceToken": "arn", **properties}}
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        return delete_model_versions.answer(event, Deadline(lambda: self.remaining_ms), lambda: cast("Any", self.sagemaker))

    def delete(self, group: str = GROUP) -> Answer:
        return self.request("Delete", {"Group": group}, f"delete-model-versions-{group}")


def test_all_versions_are_deleted_whatever_the_pages(caplog: pytest.LogCaptureFixture) -> None:
    account = Account(versions=250)

    with caplog.at_level("INFO"):
        answer = account.delete()

    assert answer == Answer("SUCCESS", f"delete-model-versions-{GROUP}")
    assert account.sagemaker.versions == {}
    assert caplog.messages[-1] == f"250 versions deleted from {GROUP}"


def test_a_group_that_is_gone_has_no_versions() -> None:
    assert Account().delete("gone").status == "SUCCESS"


def test_a_version_that_goes_away_meanwhile_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(versions=2)
    listed = [dict(each) for each in account.sagemaker.versions.values()]
    monkeypatch.setattr(account.sagemaker, "_list_model_packages", lambda **_: iter([{"ModelPackageSummaryList": listed}]))
    account.sagemaker.versions.popitem()

    assert account.delete().status == "SUCCESS"


def test_a_version_that_cannot_be_deleted_is_a_failure() -> None:
    account = Account(versions=1)
    account.sagemaker.refusal = client_error("AccessDeniedException", "no", "DeleteModelPackage")

    answer = account.delete()

    assert answer.status == "FAILED"
    assert f"model-package/{GROUP}/1" in answer.reason


def test_a_listing_that_is_refused_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()

    def refuse(**_: Any) -> Any:
        raise client_error("AccessDeniedException", "no", "ListModelPackages")

    monkeypatch.setattr(account.sagemaker, "_list_model_packages", refuse)

    assert f"list the versions of {GROUP}" in account.delete().reason


def test_deleting_stops_in_time_to_answer() -> None:
    account = Account(versions=1)
    account.remaining_ms = 0

    answer = account.delete()

    assert answer.status == "FAILED"
    assert "Deleting arn:aws:sagemaker" in answer.reason
    assert len(account.sagemaker.versions) == 1


@pytest.mark.parametrize("type_", ["Create", "Update"])
def test_nothing_is_deleted_but_on_delete(type_: str) -> None:
    account = Account(versions=1)

    assert account.request(type_, {"Group": GROUP}) == Answer("SUCCESS", f"delete-model-versions-{GROUP}")
    assert len(account.sagemaker.versions) == 1


@pytest.mark.parametrize("properties", [{}, {"Group": ""}, {"Other": "x"}])
def test_properties_that_name_no_group_are_refused(properties: dict[str, str]) -> None:
    answer = Account().request("Create", properties)

    assert answer.status == "FAILED"
    assert "They must be Group = the name of the model package group." in answer.reason


def test_the_handler_answers_cloudformation(monkeypatch: pytest.MonkeyPatch, response_url: FakeResponseUrl) -> None:
    account = Account(versions=1)
    monkeypatch.setattr("blazingtext_lifecycle.aws_clients.connect", lambda service, *_: getattr(account, service))
    event = {**CUSTOM_RESOURCE_EVENT, "ResourceProperties": {"ServiceToken": "arn", "Group": GROUP}}
    event |= {"RequestType": "Delete", "PhysicalResourceId": f"delete-model-versions-{GROUP}"}

    delete_model_versions.handler(event, FakeContext())

    assert account.sagemaker.versions == {}
    assert json.loads(response_url.requests[0].data)["Status"] == "SUCCESS"
