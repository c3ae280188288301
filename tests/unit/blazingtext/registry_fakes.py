"""A stage whose models a person approves, in memory."""

from datetime import timedelta
from typing import Any

from blazingtext_lifecycle import naming
from tests.unit.blazingtext.cloud_fakes import NOON, FakeJobs, FakeStacks, artifact
from tests.unit.lifecycle.aws_fakes import client_error

GROUP = "blazingtext-dev-models-0a1b2c3d"


class FakeVersions(FakeJobs):
    """Training jobs and an endpoint, and versions by number."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: dict[int, dict[str, Any]] = {}
        self.updates: list[dict[str, Any]] = []
        self.looked_at: list[int] = []

    def register(self, job: str, approval: str = "PendingManualApproval", **more: Any) -> int:
        """A finished run and its version."""
        number = len(self.versions) + 1
        self.add(job, CreationTime=NOON + timedelta(hours=number), tags=naming.tags("dev"))
        self.versions[number] = {
            "ModelPackageGroupName": GROUP,
            "ModelPackageVersion": number,
            "ModelPackageArn": f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{GROUP}/{number}",
            "ModelPackageDescription": job,
            "ModelApprovalStatus": approval,
            "CreationTime": NOON + timedelta(hours=number),
            "InferenceSpecification": {"Containers": [{"Image": "image:1", "ModelDataUrl": artifact(job)}]},
            "CustomerMetadataProperties": {"job": job, "metric/train:mean_rho": "0.7164"},
            **more,
        }
        return number

    def list_model_packages(self, *, ModelPackageGroupName: str, SortBy: str, SortOrder: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert (ModelPackageGroupName, SortBy, SortOrder) == (GROUP, "CreationTime", "Descending")
        shown = ("ModelPackageVersion", "ModelPackageArn", "ModelApprovalStatus", "ModelPackageDescription", "CreationTime")
        found = [{name: each[name] for name in shown} for each in self.versions.values()]
        return {"ModelPackageSummaryList": found[::-1]}

    def describe_model_package(self, *, ModelPackageName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        number = int(ModelPackageName.rpartition("/")[2])
        self.looked_at.append(number)
        if number not in self.versions:
            raise client_error("ValidationException", f"ModelPackage {ModelPackageName} does not exist.", "DescribeModelPackage")
        return self.versions[number]

    def update_model_package(self, *, ModelPackageArn: str, **changes: Any) -> None:  # noqa: N803 - AWS's names
        self.updates.append(changes)
        self.versions[int(ModelPackageArn.rpartition("/")[2])].update(changes)


def stacks(**serving: str) -> FakeStacks:
    """The stage's stacks, whose training stack has a registry."""
    found = FakeStacks(**serving)
    found.model_package_group = GROUP
    return found
