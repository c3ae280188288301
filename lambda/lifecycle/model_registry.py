"""The model registry of a stage: a group of model packages, in which every finished run has a version.

A version is described by the name of its run, so a listing alone tells which runs have one. What a version serves is told by its artifact,
as SageMaker has it, and not by that description, which anybody who adds a version chooses.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import naming
from .aws_errors import code_of, is_missing, message_of, translating_aws_errors

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import DescribeModelPackageOutputTypeDef, ModelPackageSummaryTypeDef
else:
    SageMakerClient = Any

# https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html#eventbridge-model-package
EVENT = "SageMaker Model Package State Change"
# The largest page of ListModelPackages.
PAGE = 100
# The longest that UpdateModelPackage takes as an ApprovalDescription.
LONGEST_COMMENT = 1024


class ApprovalStatus(StrEnum):
    """SageMaker's ModelApprovalStatus."""

    PENDING = "PendingManualApproval"
    APPROVED = "Approved"
    REJECTED = "Rejected"


@dataclass(frozen=True)
class Listed:
    """A version as a listing shows it.

    Attributes:
        number: its number in the group, from 1.
        arn: its ARN.
        approval: see `ApprovalStatus`.
        description: the name of its run, if the promoter made it.
        created: when it was registered.
    """

    number: int
    arn: str
    approval: str
    description: str
    created: datetime


@dataclass(frozen=True)
class Version:
    """A version with everything that is known of it.

    Attributes:
        number: its number in the group, from 1.
        arn: its ARN.
        group: the name of its group.
        approval: see `ApprovalStatus`.
        comment: why it was approved or rejected, or ``""``.
        job: the run whose artifact it is; ``""`` for any other artifact.
        artifact: the S3 URI of the artifact.
        created: when it was registered.
        metadata: its CustomerMetadataProperties.
    """

    number: int
    arn: str
    group: str
    approval: str
    comment: str
    job: str
    artifact: str
    created: datetime
    metadata: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Registry:
    """The versions of one group.

    Attributes:
        sagemaker: the client.
        group: the group's name.
    """

    sagemaker: SageMakerClient
    group: str

    def listed(self) -> Iterator[Listed]:
        """The versions, newest first; a page is asked for when the ones before are used up.

        Raises:
            LifecycleError: AWS refused or failed.
        """
        with translating_aws_errors(f"list the versions of {self.group}"):
            pages = self.sagemaker.get_paginator("list_model_packages").paginate(
                ModelPackageGroupName=self.group, SortBy="CreationTime", SortOrder="Descending", PaginationConfig={"PageSize": PAGE}
            )
            for page in pages:
                yield from (_listed(each) for each in page["ModelPackageSummaryList"])

    def of_run(self, job: str) -> Version | None:
        """The newest version of a run; None when it has none.

        Raises:
            LifecycleError: AWS refused or failed.
        """
        for each in self.listed():
            if each.description == job:
                found = self.version(each.arn)
                if found is not None and found.job == job:
                    return found
        return None

    def numbered(self, number: int) -> Version | None:
        """The version of a number; None when there is none.

        Raises:
            LifecycleError: AWS refused or failed.
        """
        arn = next((each.arn for each in self.listed() if each.number == number), "")
        return self.version(arn) if arn else None

    def version(self, arn: str) -> Version | None:
        """The version of an ARN; None when there is none.

        Raises:
            LifecycleError: AWS refused or failed.
        """
        with translating_aws_errors(f"look at the model package {arn}"):
            try:
                return _version(self.sagemaker.describe_model_package(ModelPackageName=arn))
            except ClientError as error:
                if is_gone(error):
                    return None
                raise

    def register(self, request: Mapping[str, Any], reason: str = "") -> Version:
        """A new version; the same run for the same reason gets one and the same, by its ClientToken.

        Args:
            request: what CreateModelPackage is asked for, without the group.
            reason: tells a request by name from the run's end, and from other requests: a version that was deleted may be wanted again.

        Raises:
            LifecycleError: AWS refused or failed.
        """
        name = request["ModelPackageDescription"]
        token = hashlib.sha256(f"{self.group} {name} {reason}".encode()).hexdigest()[:36]
        with translating_aws_errors(f"register {name} in {self.group}"):
            arn = self.sagemaker.create_model_package(ModelPackageGroupName=self.group, ClientToken=token, **request)["ModelPackageArn"]
            return _version(self.sagemaker.describe_model_package(ModelPackageName=arn))

    def decide(self, version: Version, approval: ApprovalStatus, comment: str) -> None:
        """Approves or rejects a version.

        Args:
            version: which.
            approval: what it becomes.
            comment: why; may be empty.

        Raises:
            LifecycleError: AWS refused or failed.
        """
        with translating_aws_errors(f"set version {version.number} of {self.group} to {approval}"):
            self.sagemaker.update_model_package(
                ModelPackageArn=version.arn, ModelApprovalStatus=approval.value, ApprovalDescription=comment[:LONGEST_COMMENT]
            )


def is_gone(error: ClientError) -> bool:
    """Whether SageMaker says that a model package or its group does not exist: its own words are "... does not exist."."""
    return is_missing(error) or (code_of(error) == "ValidationException" and "does not exist" in message_of(error))


def _listed(found: "ModelPackageSummaryTypeDef") -> Listed:
    return Listed(
        found.get("ModelPackageVersion", 0),
        found["ModelPackageArn"],
        found.get("ModelApprovalStatus", ""),
        found.get("ModelPackageDescription", ""),
        found["CreationTime"],
    )


def _version(found: "DescribeModelPackageOutputTypeDef") -> Version:
    containers = found.get("InferenceSpecification", {}).get("Containers", [])
    artifact = containers[0].get("ModelDataUrl", "") if len(containers) == 1 else ""
    return Version(
        number=found.get("ModelPackageVersion", 0),
        arn=found["ModelPackageArn"],
        group=found.get("ModelPackageGroupName", ""),
        approval=found.get("ModelApprovalStatus", ""),
        comment=found.get("ApprovalDescription", ""),
        job=naming.job_of_artifact(artifact),
        artifact=artifact,
        created=found["CreationTime"],
        metadata=found.get("CustomerMetadataProperties", {}),
    )
