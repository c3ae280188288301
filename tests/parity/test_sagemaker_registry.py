"""The model registry and Search. Sources: the API reference of each operation, and "Automating Amazon SageMaker AI with EventBridge"."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.api.errors import AccessDeniedException, ConflictException, ValidationException
from tests.parity.sagemaker_support import IMAGE, ROLE, Sage

PREFIX = "arn:aws:sagemaker:us-east-1:000000000000:"
ARTIFACT = "s3://bucket/runs/first/output/model.tar.gz"
CONTAINER = {"Image": IMAGE, "ModelDataUrl": ARTIFACT, "Environment": {"A": "1"}}
SPECIFICATION = {"Containers": [CONTAINER], "SupportedContentTypes": ["application/json"]}
VARIANT = {"VariantName": "AllTraffic", "ModelName": "first", "InitialInstanceCount": 1, "InstanceType": "ml.m5.xlarge"}


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[Sage]:
    made = Sage.make(tmp_path)
    made.model("first", "one")
    yield made
    made.stop()


def version(sage: Sage, group: str = "Group", **members: Any) -> str:
    arn: str = sage.call("CreateModelPackage", ModelPackageGroupName=group, InferenceSpecification=SPECIFICATION, **members)[
        "ModelPackageArn"
    ]
    return arn


def test_packages_of_a_group_are_numbered_and_wait_for_approval(sage: Sage) -> None:
    group = sage.call("CreateModelPackageGroup", ModelPackageGroupName="Group", ModelPackageGroupDescription="words")[
        "ModelPackageGroupArn"
    ]

    arns = [version(sage), version(sage, group, CustomerMetadataProperties={"corpus": "text8"})]

    assert arns == [f"{PREFIX}model-package/group/1", f"{PREFIX}model-package/group/2"]
    seen = sage.call("DescribeModelPackage", ModelPackageName=arns[1])
    assert (seen["ModelPackageGroupName"], seen["ModelPackageVersion"], seen["ModelPackageStatus"]) == ("Group", 2, "Completed")
    assert seen["ModelApprovalStatus"] == "PendingManualApproval"
    assert seen["CustomerMetadataProperties"] == {"corpus": "text8"}
    assert sage.call("DescribeModelPackage", ModelPackageName="Group/1")["ModelPackageVersion"] == 1
    described = sage.call("DescribeModelPackageGroup", ModelPackageGroupName=group)
    assert (described["ModelPackageGroupDescription"], described["ModelPackageGroupStatus"]) == ("words", "Completed")


def test_a_number_is_not_given_twice_after_a_version_was_deleted(sage: Sage) -> None:
    sage.call("CreateModelPackageGroup", ModelPackageGroupName="Group")
    sage.call("DeleteModelPackage", ModelPackageName=version(sage))

    assert version(sage).endswith("group/2")


def test_an_approval_is_an_event_and_lets_a_model_be_made_of_the_package(sage: Sage) -> None:
    sage.call("CreateModelPackageGroup", ModelPackageGroupName="Group")
    arn = version(sage)
    container = {"ModelPackageName": arn}
    with pytest.raises(ValidationException, match="PendingManualApproval: only an Approved one"):
        sage.call("CreateModel", ModelName="of-package", ExecutionRoleArn=ROLE, PrimaryContainer=container)

    sage.call("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="good")
    sage.call("CreateModel", ModelName="of-package", ExecutionRoleArn=ROLE, PrimaryContainer=container)

    states = [detail["ModelApprovalStatus"] for kind, _, detail in sage.cloud.events if kind == "SageMaker Model Package State Change"]
    assert states == ["PendingManualApproval", "Approved"]
    shown = sage.call("DescribeModel", ModelName="of-package")["PrimaryContainer"]
    assert shown == {"ModelPackageName": arn, "Image": IMAGE, "ModelDataUrl": ARTIFACT, "Environment": {"A": "1"}}


def test_a_package_of_no_group_makes_a_model_without_an_approval(sage: Sage) -> None:
    arn = sage.call("CreateModelPackage", ModelPackageName="alone", InferenceSpecification=SPECIFICATION)["ModelPackageArn"]

    sage.call("CreateModel", ModelName="of-package", ExecutionRoleArn=ROLE, PrimaryContainer={"ModelPackageName": arn})

    assert sage.call("DescribeModel", ModelName="of-package")["PrimaryContainer"]["ModelDataUrl"] == ARTIFACT


def test_a_model_of_a_package_answers(sage: Sage) -> None:
    sage.call("CreateModelPackageGroup", ModelPackageGroupName="Group")
    arn = version(sage, ModelApprovalStatus="Approved")
    sage.call("CreateModel", ModelName="m", ExecutionRoleArn=ROLE, Containers=[{"ModelPackageName": arn}])
    sage.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[VARIANT | {"ModelName": "m"}])
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")

    assert sage.stable()["EndpointStatus"] == "InService"
    assert sage.invoke()[2]["reply"] == "one"


def test_a_model_of_one_container_may_be_given_as_a_list_and_of_several_is_refused(sage: Sage) -> None:
    sage.call("CreateModel", ModelName="m", ExecutionRoleArn=ROLE, Containers=[CONTAINER])

    shown = sage.call("DescribeModel", ModelName="m")
    assert (shown["Containers"], "PrimaryContainer" in shown) == ([CONTAINER], False)
    with pytest.raises(ValidationException, match="can not both be given"):
        sage.call("CreateModel", ModelName="n", ExecutionRoleArn=ROLE, Containers=[CONTAINER], PrimaryContainer=CONTAINER)
    with pytest.raises(ValidationException, match="does not emulate CreateModel's Containers"):
        sage.call("CreateModel", ModelName="n", ExecutionRoleArn=ROLE, Containers=[CONTAINER, CONTAINER])


def test_notes_are_added_and_taken_away(sage: Sage) -> None:
    sage.call("CreateModelPackageGroup", ModelPackageGroupName="Group")
    arn = version(sage, CustomerMetadataProperties={"a": "1", "b": "2"})

    sage.call("UpdateModelPackage", ModelPackageArn=arn, CustomerMetadataProperties={"c": "3"}, CustomerMetadataPropertiesToRemove=["a"])

    assert sage.call("DescribeModelPackage", ModelPackageName=arn)["CustomerMetadataProperties"] == {"b": "2", "c": "3"}


def test_packages_are_listed_by_group_type_and_approval(sage: Sage) -> None:
    for group in ("Group", "Other"):
        sage.call("CreateModelPackageGroup", ModelPackageGroupName=group)
    version(sage)
    version(sage, ModelApprovalStatus="Approved")
    version(sage, "Other")
    sage.call("CreateModelPackage", ModelPackageName="alone", InferenceSpecification=SPECIFICATION)

    def listed(**members: Any) -> list[str]:
        found = sage.call("ListModelPackages", SortBy="Name", SortOrder="Ascending", **members)["ModelPackageSummaryList"]
        return [each["ModelPackageArn"].rsplit("model-package/", 1)[1] for each in found]

    assert listed() == ["alone"]
    assert listed(ModelPackageType="Both") == ["group/1", "group/2", "other/1", "alone"]
    assert listed(ModelPackageGroupName="Group") == ["group/1", "group/2"]
    assert listed(ModelPackageGroupName="Group", ModelApprovalStatus="Approved") == ["group/2"]
    page = sage.call("ListModelPackages", ModelPackageType="Versioned", MaxResults=2)
    assert len(sage.call("ListModelPackages", ModelPackageType="Versioned", NextToken=page["NextToken"])["ModelPackageSummaryList"]) == 1
    groups = sage.call("ListModelPackageGroups")["ModelPackageGroupSummaryList"]
    assert [each["ModelPackageGroupName"] for each in groups] == ["Other", "Group"]


def test_a_group_with_packages_is_not_deleted(sage: Sage) -> None:
    sage.call("CreateModelPackageGroup", ModelPackageGroupName="Group")
    arn = version(sage)

    with pytest.raises(ConflictException):
        sage.call("DeleteModelPackageGroup", ModelPackageGroupName="Group")
    sage.call("DeleteModelPackage", ModelPackageName=arn)
    sage.call("DeleteModelPackageGroup", ModelPackageGroupName="Group")

    with pytest.raises(ValidationException, match="does not exist"):
        sage.call("DescribeModelPackageGroup", ModelPackageGroupName="Group")


def test_what_is_taken_missing_or_too_much_is_refused(sage: Sage) -> None:
    sage.call("CreateModelPackageGroup", ModelPackageGroupName="Group")

    with pytest.raises(ValidationException, match="already exists"):
        sage.call("CreateModelPackageGroup", ModelPackageGroupName="group")
    with pytest.raises(ValidationException, match="Exactly one of"):
        version(sage, ModelPackageName="both")
    with pytest.raises(ValidationException, match="model-package-group/none does not exist"):
        version(sage, "none")
    with pytest.raises(ValidationException, match="model-package/none/1 does not exist"):
        sage.call("DescribeModelPackage", ModelPackageName="none/1")


def test_tags_in_the_registry_need_the_permission_and_are_the_resources_own(sage: Sage) -> None:
    tags = [{"Key": "stage", "Value": "dev"}]
    arn = sage.call("CreateModelPackageGroup", ModelPackageGroupName="Group", Tags=tags)["ModelPackageGroupArn"]
    assert sage.call("ListTags", ResourceArn=arn)["Tags"] == tags

    sage.cloud.forbidden.add("sagemaker:AddTags")

    with pytest.raises(AccessDeniedException):
        sage.call("CreateModelPackageGroup", ModelPackageGroupName="Other", Tags=tags)
    with pytest.raises(AccessDeniedException):
        version(sage, Tags=tags)


def test_a_request_that_comes_twice_makes_one_package(sage: Sage) -> None:
    sage.call("CreateModelPackageGroup", ModelPackageGroupName="Group")
    first = version(sage, ClientToken="one")

    assert version(sage, ClientToken="one") == first
    assert version(sage, ClientToken="two") != first
    assert version(sage) not in (first, version(sage))


def text(seconds: float) -> str:
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_event_of_an_approval_is_that_of_awss_page(sage: Sage) -> None:
    sage.call("CreateModelPackageGroup", ModelPackageGroupName="Group")
    metrics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://bucket/metrics.json"}}}
    arn = version(sage, MetadataProperties={"GeneratedBy": "arn:job"}, ModelMetrics=metrics)

    sage.call("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved", ClientToken="one")

    kind, about, detail = sage.cloud.events[-1]
    seen = sage.call("DescribeModelPackage", ModelPackageName=arn)
    assert (kind, about) == ("SageMaker Model Package State Change", arn)
    assert detail == {
        "ModelPackageGroupName": "Group",
        "ModelPackageVersion": 1,
        "ModelPackageArn": arn,
        "CreationTime": text(seen["CreationTime"]),
        "InferenceSpecification": SPECIFICATION,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "ModelApprovalStatus": "Approved",
        "MetadataProperties": {"GeneratedBy": "arn:job"},
        "ModelMetrics": metrics,
        "UpdatedModelPackageFields": ["ModelApprovalStatus"],
        "LastModifiedTime": text(seen["LastModifiedTime"]),
    }
    assert "UpdatedModelPackageFields" not in sage.cloud.events[0][2]


def test_iam_is_asked_about_the_group_and_the_package(sage: Sage) -> None:
    arns = sage.service.resource_arns

    assert arns("CreateModelPackage", {"ModelPackageGroupName": "Group"}) == [f"{PREFIX}model-package-group/group"]
    assert arns("DescribeModelPackage", {"ModelPackageName": f"{PREFIX}model-package/group/1"}) == [f"{PREFIX}model-package/group/1"]


def search(sage: Sage, resource: str, *filters: tuple[str, str, str], **members: Any) -> list[Any]:
    named = [{"Name": name, "Operator": operator, "Value": value} for name, operator, value in filters]
    expression = {"Filters": [{name: value for name, value in each.items() if value} for each in named]}
    found = sage.call("Search", Resource=resource, SearchExpression=expression if filters else {}, **members)
    return [next(iter(each.values())) for each in found["Results"]]


def test_search_finds_jobs_by_status_name_tag_and_number(sage: Sage) -> None:
    for name in ("one", "two"):
        sage.train(name)
    sage.train("bad", "customer-error")

    def names(*filters: tuple[str, str, str], **members: Any) -> list[str]:
        return [each["TrainingJobName"] for each in search(sage, "TrainingJob", *filters, **members)]

    assert names() == ["bad", "two", "one"]
    assert names(("TrainingJobStatus", "Equals", "Completed"), SortBy="CreationTime", SortOrder="Ascending") == ["one", "two"]
    assert names(("TrainingJobStatus", "NotEquals", "Completed")) == ["bad"]
    assert names(("TrainingJobName", "Contains", "o"), ("TrainingJobName", "NotEquals", "two")) == ["one"]
    assert names(("TrainingJobName", "In", "one,bad")) == ["bad", "one"]
    assert len(names(("Tags.blazingtext:stage", "Equals", "dev"))) == 3
    assert names(("Tags.blazingtext:stage", "Equals", "prod")) == []
    assert len(names(("ResourceConfig.InstanceCount", "GreaterThanOrEqualTo", "1"))) == 3
    assert names(("ResourceConfig.InstanceCount", "GreaterThan", "1")) == []
    assert len(names(("CreationTime", "LessThan", "2100-01-01T00:00:00Z"))) == 3
    assert names(("FailureReason", "Exists", "")) == ["bad"]
    assert names(("FailureReason", "NotExists", ""), SortBy="TrainingJobName") == ["two", "one"]


def test_search_joins_filters_and_expressions_and_gives_pages(sage: Sage) -> None:
    for name in ("one", "two"):
        sage.train(name)
    either = {
        "Operator": "Or",
        "SubExpressions": [{"Filters": [{"Name": "TrainingJobName", "Operator": "Equals", "Value": name}]} for name in ("one", "two")],
    }

    first = sage.call("Search", Resource="TrainingJob", SearchExpression=either, MaxResults=1)
    second = sage.call("Search", Resource="TrainingJob", SearchExpression=either, MaxResults=1, NextToken=first["NextToken"])

    assert first["TotalHits"] == {"Value": 2, "Relation": "EqualTo"}
    assert [each["Results"][0]["TrainingJob"]["TrainingJobName"] for each in (first, second)] == ["two", "one"]
    assert "NextToken" not in second
    with pytest.raises(ValidationException, match="pagination token"):
        sage.call("Search", Resource="TrainingJob", NextToken="é")


def test_search_knows_every_kind_there_is_and_finds_nothing_of_others(sage: Sage) -> None:
    sage.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[VARIANT])
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    sage.stable()
    sage.call("CreateModelPackageGroup", ModelPackageGroupName="Group")
    version(sage)

    (group,) = search(sage, "ModelPackageGroup", ("ModelPackageGroupName", "Equals", "Group"))
    assert group["ModelPackageGroupName"] == "Group"
    assert [each["ModelPackageVersion"] for each in search(sage, "ModelPackage", ("ModelPackageGroupName", "Equals", "Group"))] == [1]
    assert [each["EndpointName"] for each in search(sage, "Endpoint")] == ["e"]
    assert [each["Model"]["ModelName"] for each in search(sage, "Model")] == ["first"]
    assert search(sage, "Experiment") == []


@pytest.mark.parametrize(("operation", "member"), [("ListTrials", "TrialSummaries"), ("ListPipelines", "PipelineSummaries")])
def test_what_cannot_be_made_is_an_empty_list(sage: Sage, operation: str, member: str) -> None:
    assert sage.call(operation) == {member: []}
