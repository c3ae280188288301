"""SageMaker with a model registry, in memory."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.unit.aws_requests import validate
from tests.unit.lifecycle.aws_fakes import REGION_AND_ACCOUNT, STARTED, client_error
from tests.unit.lifecycle.tuning_fakes import FakeTuning

GROUP = "blazingtext-dev-models-0a1b2c3d"


class FakeRegistry(FakeTuning):
    """Training jobs, and the versions of one group, by ARN."""

    def __init__(self, group: str = GROUP) -> None:
        super().__init__()
        self.group = group
        self.versions: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}
        self.descriptions: list[str] = []
        self.groups_deleted: list[str] = []

    def create_model_package(self, **request: Any) -> dict[str, str]:
        validate("sagemaker", "CreateModelPackage", request)
        assert request["ModelPackageGroupName"] == self.group
        assert "Tags" not in request, "a version has the tags of its group"
        if request["ClientToken"] in self.tokens:
            return {"ModelPackageArn": self.tokens[request["ClientToken"]]}
        number = len(self.versions) + 1
        arn = f"arn:aws:sagemaker:{REGION_AND_ACCOUNT}:model-package/{self.group}/{number}"
        made = {"ModelPackageArn": arn, "ModelPackageVersion": number, "CreationTime": STARTED + timedelta(minutes=number)}
        self.versions[arn] = {**request, **made}
        self.tokens[request["ClientToken"]] = arn
        return {"ModelPackageArn": arn}

    def describe_model_package(self, **request: Any) -> dict[str, Any]:
        validate("sagemaker", "DescribeModelPackage", request)
        self.descriptions.append(request["ModelPackageName"])
        if request["ModelPackageName"] not in self.versions:
            raise client_error("ValidationException", f"ModelPackage {request['ModelPackageName']} does not exist.", "DescribeModelPackage")
        return self.versions[request["ModelPackageName"]]

    def update_model_package(self, **request: Any) -> None:
        validate("sagemaker", "UpdateModelPackage", request)
        self.versions[request.pop("ModelPackageArn")].update(request)

    def delete_model_package(self, **request: Any) -> None:
        validate("sagemaker", "DeleteModelPackage", request)
        if self.refusal:
            raise self.refusal
        if request["ModelPackageName"] not in self.versions:
            raise client_error("ValidationException", f"ModelPackage {request['ModelPackageName']} does not exist.", "DeleteModelPackage")
        del self.versions[request["ModelPackageName"]]

    def _list_model_packages(self, **wish: Any) -> Iterator[dict[str, Any]]:
        size = wish["PaginationConfig"]["PageSize"]
        assert size <= 100
        if wish["ModelPackageGroupName"] != self.group:
            raise client_error("ValidationException", f"ModelPackageGroup {wish['ModelPackageGroupName']} does not exist.")
        found = sorted(self.versions.values(), key=lambda each: each["CreationTime"], reverse=wish.get("SortOrder") == "Descending")
        shown = ("ModelPackageArn", "ModelPackageVersion", "ModelApprovalStatus", "ModelPackageDescription", "CreationTime")
        summaries = [{name: each[name] for name in shown if name in each} for each in found]
        for start in range(0, max(len(summaries), 1), size):
            yield {"ModelPackageSummaryList": summaries[start : start + size]}
