"""What an account's other services answer: those that are not there, logs in pages, tags across services (sources in the modules)."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.emulator.service_catalog import services
from tests.parity.iam_support import Roles, code_of
from tests.parity.support import Stacks, allow

# --- services that are not there --------------------------------------------------------------------------------------


@pytest.mark.patch(name="other_services")
@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        ("ce", "get_cost_categories", {"TimePeriod": {"Start": "2026-01-01", "End": "2026-02-01"}}, "UnknownOperationException"),
        ("pricing", "describe_services", {}, "UnknownOperationException"),
        ("service-quotas", "list_services", {}, "UnknownOperationException"),
        ("accessanalyzer", "list_analyzers", {}, "UnknownOperationException"),
        ("compute-optimizer", "get_enrollment_status", {}, "UnknownOperationException"),
        ("redshift", "describe_clusters", {}, "InvalidAction"),
    ],
)
def test_a_service_that_is_not_there_says_so(account: Sandbox, service: str, operation: str, arguments: dict[str, Any], code: str) -> None:
    client = account.boto3(service, config=Config(retries={"total_max_attempts": 1}))

    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**arguments)

    error = refused.value.response["Error"]
    name = client.meta.method_to_api_mapping[operation]
    path = client.meta.service_model.operation_model(name).http["requestUri"]
    assert error["Code"] == code
    assert error["Message"].startswith("The sandbox does not emulate ")
    assert services()[client.meta.service_model.signing_name].title in error["Message"]
    assert name in error["Message"] or path in error["Message"]


def test_credentials_are_asked_for_there_too(account: Sandbox) -> None:
    client = account.boto3("ce", aws_secret_access_key="another", config=Config(retries={"total_max_attempts": 1}))

    with pytest.raises(ClientError, match="signature"):
        client.list_cost_allocation_tags()


# --- logs -------------------------------------------------------------------------------------------------------------

GROUP = "/own/pages"
AT = 1_790_000_000_000


@pytest.fixture
def logs(account: Sandbox) -> Iterator[Any]:
    client = account.boto3("logs")
    client.create_log_group(logGroupName=GROUP)
    yield client
    client.delete_log_group(logGroupName=GROUP)


def write(logs: Any, stream: str, *times: int) -> None:
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    events = [{"timestamp": AT + at, "message": f"{stream} {at}"} for at in times]
    logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def messages(logs: Any, **options: Any) -> list[str]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP, **options)
    return [event["message"] for page in pages for event in page["events"]]


@pytest.mark.patch(name="log_event_pages")
def test_only_the_streams_of_a_prefix_are_read(logs: Any) -> None:
    write(logs, "job-1/algo-1", 1)
    write(logs, "job-1/algo-2", 2)
    write(logs, "job-10/algo-1", 3)

    assert messages(logs, logStreamNamePrefix="job-1/") == ["job-1/algo-1 1", "job-1/algo-2 2"]
    assert messages(logs, logStreamNames=["job-10/algo-1"]) == ["job-10/algo-1 3"]
    assert messages(logs, logStreamNamePrefix="nobody") == []
    both = {"logStreamNamePrefix": "job", "logStreamNames": ["job-1/algo-1"]}
    assert code_of(logs.filter_log_events, logGroupName=GROUP, **both) == "InvalidParameterException"


@pytest.mark.patch(name="log_event_pages")
def test_pages_hold_every_event_once_in_order_though_others_come_in_between(logs: Any) -> None:
    write(logs, "a", 1, 1, 1, 2, 3)
    write(logs, "b", 1, 2, 2, 4)

    found: list[str] = []
    token: dict[str, str] = {}
    for number in range(10):
        page = logs.filter_log_events(logGroupName=GROUP, limit=2, **token)
        found += [event["message"] for event in page["events"]]
        if number == 1:
            write(logs, "late", 0, 5)
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}

    assert sorted(found[:4]) == ["a 1", "a 1", "a 1", "b 1"]
    assert sorted(found[4:7]) == ["a 2", "b 2", "b 2"]
    assert found[7:] == ["a 3", "b 4", "late 5"]
    assert code_of(logs.filter_log_events, logGroupName=GROUP, nextToken="somewhere") == "InvalidParameterException"


@pytest.mark.patch(name="log_event_pages")
def test_a_page_ends_at_a_megabyte_and_a_filter_looks_through_all_pages(logs: Any) -> None:
    logs.create_log_stream(logGroupName=GROUP, logStreamName="long")
    for number in range(6):
        line = {"timestamp": AT + number, "message": f"line {number} {'x' * 250_000}"}
        logs.put_log_events(logGroupName=GROUP, logStreamName="long", logEvents=[line])

    first = logs.filter_log_events(logGroupName=GROUP)

    assert (len(first["events"]), "nextToken" in first) == (4, True)
    assert len({event["eventId"] for event in first["events"]}) == 4
    assert len(messages(logs)) == 6
    assert [text.split()[1] for text in messages(logs, filterPattern='"line 5"', limit=1)] == ["5"]


@pytest.mark.patch(name="log_group_names")
def test_a_stack_does_not_take_over_a_log_group_that_exists(logs: Any, stacks: Stacks) -> None:
    write(logs, "kept", 1)
    template = {"Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP, "RetentionInDays": 7}}}}

    status = stacks.deploy("second-group", template)

    assert status == "ROLLBACK_COMPLETE"
    assert "already exists" in stacks.reasons("second-group")
    assert "AlreadyExists" in stacks.reasons("second-group")
    assert messages(logs) == ["kept 1"]


@pytest.mark.patch(name="log_group_names")
def test_a_group_renamed_to_one_that_exists_stays_as_it_was(logs: Any, stacks: Stacks) -> None:
    def template(name: str) -> dict[str, Any]:
        return {"Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}}}

    write(logs, "kept", 1)
    stacks.deploy("renamed-group", template("/own/first"))

    status = stacks.update("renamed-group", TemplateBody=json.dumps(template(GROUP)))

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert messages(logs) == ["kept 1"]
    assert [group["logGroupName"] for group in logs.describe_log_groups(logGroupNamePrefix="/own/")["logGroups"]] == ["/own/first", GROUP]


@pytest.mark.patch(name="log_group_names")
def test_a_group_without_a_name_is_called_after_its_stack_for_as_long_as_it_lives(logs: Any, stacks: Stacks) -> None:
    def template(days: int) -> dict[str, Any]:
        group = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": days}}
        return {"Resources": {"Group": group}, "Outputs": {"Name": {"Value": {"Ref": "Group"}}}}

    stacks.deploy("unnamed-group", template(7))
    name = stacks.outputs("unnamed-group")["Name"]

    assert stacks.update("unnamed-group", TemplateBody=json.dumps(template(14))) == "UPDATE_COMPLETE"

    assert name.startswith("unnamed-group-Group-")
    (group,) = logs.describe_log_groups(logGroupNamePrefix="unnamed-group")["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"]) == (name, 14)


# --- tags -------------------------------------------------------------------------------------------------------------

IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"


@pytest.fixture
def model(account: Sandbox, roles: Roles) -> Iterator[str]:
    """A model with tags; gives its ARN."""
    sagemaker, s3, name = account.boto3("sagemaker"), account.boto3("s3"), "tagged-model"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="model.tar.gz", Body=gzip.compress(b""))
    role = roles.make("hosting-of-tagged", allow("s3:GetObject"), service="sagemaker.amazonaws.com")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{name}/model.tar.gz"}
    tags = [{"Key": "stage", "Value": "dev"}]
    yield sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container, Tags=tags)["ModelArn"]
    sagemaker.delete_model(ModelName=name)
    s3.delete_object(Bucket=name, Key="model.tar.gz")
    s3.delete_bucket(Bucket=name)


def found(tagging: Any, **options: Any) -> list[str]:
    return [each["ResourceARN"] for each in tagging.get_resources(**options)["ResourceTagMappingList"]]


def test_sagemaker_s_resources_are_found_by_tag_and_type(account: Sandbox, model: str) -> None:
    tagging = account.boto3("resourcegroupstaggingapi")

    assert found(tagging, TagFilters=[{"Key": "stage", "Values": ["dev"]}], ResourceTypeFilters=["sagemaker"]) == [model]
    assert found(tagging, ResourceTypeFilters=["sagemaker:model"]) == [model]
    assert found(tagging, ResourceTypeFilters=["sagemaker:endpoint"]) == []
    assert found(tagging, TagFilters=[{"Key": "stage", "Values": ["prod"]}], ResourceTypeFilters=["sagemaker"]) == []


def test_tags_changed_across_services_are_sagemaker_s_own(account: Sandbox, model: str) -> None:
    tagging, sagemaker = account.boto3("resourcegroupstaggingapi"), account.boto3("sagemaker")

    done = tagging.tag_resources(ResourceARNList=[model, f"{model}-2"], Tags={"owner": "ann"})

    assert list(done["FailedResourcesMap"]) == [f"{model}-2"]
    assert sagemaker.list_tags(ResourceArn=model)["Tags"] == [{"Key": "stage", "Value": "dev"}, {"Key": "owner", "Value": "ann"}]
    tagging.untag_resources(ResourceARNList=[model], TagKeys=["stage"])
    assert sagemaker.list_tags(ResourceArn=model)["Tags"] == [{"Key": "owner", "Value": "ann"}]


def test_the_tagging_api_gives_no_right_that_the_service_does_not(account: Sandbox, model: str, roles: Roles) -> None:
    arn = roles.make("tagger", allow("tag:*"))

    done = roles.client("resourcegroupstaggingapi", arn).tag_resources(ResourceARNList=[model], Tags={"owner": "eve"})

    assert "not authorized to perform: sagemaker:AddTags" in done["FailedResourcesMap"][model]["ErrorMessage"]
    assert account.boto3("sagemaker").list_tags(ResourceArn=model)["Tags"] == [{"Key": "stage", "Value": "dev"}]


# --- Service Quotas ---------------------------------------------------------------------------------------------------


def test_service_quotas_lists_the_limits_that_sagemaker_holds_requests_to(account: Sandbox) -> None:
    quotas = account.boto3("service-quotas")
    pages = list(quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker"))
    listed = {quota["QuotaName"]: quota for page in pages for quota in page["Quotas"]}

    endpoint = listed["ml.m4.xlarge for endpoint usage"]
    one = quotas.get_service_quota(ServiceCode="sagemaker", QuotaCode=endpoint["QuotaCode"])["Quota"]

    assert len(pages) > 1
    assert len({quota["QuotaCode"] for quota in listed.values()}) == len(listed)
    assert one == endpoint
    assert (endpoint["Value"], listed["ml.c5.xlarge for spot training job usage"]["Value"]) == (4, 4)


def test_service_quotas_refuses_what_is_not_there(account: Sandbox, roles: Roles) -> None:
    quotas = account.boto3("service-quotas")
    stranger = roles.client("service-quotas", roles.make("without-quotas"))

    assert code_of(quotas.list_service_quotas, ServiceCode="mars") == "NoSuchResourceException"
    assert code_of(quotas.get_service_quota, ServiceCode="sagemaker", QuotaCode="L-0") == "NoSuchResourceException"
    assert code_of(quotas.list_service_quotas, ServiceCode="sagemaker", NextToken="x") == "InvalidPaginationTokenException"
    assert code_of(stranger.list_service_quotas, ServiceCode="sagemaker").startswith("AccessDenied")
