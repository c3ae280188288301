import re
from pathlib import Path
from typing import Any, cast

import pytest

from blazingtext.audit import audit
from blazingtext.cloud import Cloud
from blazingtext.leftovers import GLOBAL, REGIONAL
from blazingtext_lifecycle.errors import AccessDeniedError, ConfigurationError
from tests.unit.blazingtext.cloud_fakes import EMPTY_ACCOUNT, account, cloud, denying, described_stacks

TAGS = [{"Key": "blazingtext:project", "Value": "blazingtext"}, {"Key": "blazingtext:stage", "Value": "dev"}]


def left(**answers: Any) -> list[tuple[str, str]]:
    return [(each.kind, each.name) for each in audit(cloud(**account(**answers))).left]


def test_an_empty_account_has_nothing_left_and_every_kind_was_asked_for() -> None:
    clients = account()

    found = audit(cloud(**clients))

    assert (found.left, found.bootstrap) == ((), ())
    asked = {(service, name) for service, client in clients.items() for name, _ in client.calls}
    # Contents of buckets, tags and streams are asked for only when there is a bucket, a model, a log group.
    assert {(service, name) for service, names in EMPTY_ACCOUNT.items() for name in names} - asked == {
        ("s3", "list_object_versions"),
        ("sagemaker", "list_tags"),
        ("logs", "describe_log_streams"),
    }


@pytest.mark.parametrize(
    ("place", "answer", "found"),
    [
        (
            "lambda__list_functions",
            {"Functions": [{"FunctionName": "blazingtext-dev-training-Launch"}]},
            ("function", "blazingtext-dev-training-Launch"),
        ),
        ("iam__list_roles", {"Roles": [{"RoleName": "blazingtext-dev-training-Role"}]}, ("role", "blazingtext-dev-training-Role")),
        ("sqs__list_queues", {"QueueUrls": ["https://sqs/1/blazingtext-dev-q"]}, ("queue", "blazingtext-dev-q")),
        ("sns__list_topics", {"Topics": [{"TopicArn": "arn:aws:sns:us-east-1:1:blazingtext-dev-t"}]}, ("topic", "blazingtext-dev-t")),
        ("events__list_rules", {"Rules": [{"Name": "blazingtext-dev-rule"}]}, ("rule", "blazingtext-dev-rule")),
        ("cloudwatch__describe_alarms", {"MetricAlarms": [{"AlarmName": "blazingtext-dev-alarm"}]}, ("alarm", "blazingtext-dev-alarm")),
        (
            "sagemaker__list_endpoints",
            {"Endpoints": [{"EndpointName": "blazingtext-dev", "EndpointStatus": "InService"}]},
            ("endpoint", "blazingtext-dev"),
        ),
        (
            "sagemaker__list_training_jobs",
            {"TrainingJobSummaries": [{"TrainingJobName": "blazingtext-dev-wiki-1", "TrainingJobStatus": "Completed"}]},
            ("training job", "blazingtext-dev-wiki-1"),
        ),
        (
            "logs__describe_log_groups",
            {"logGroups": [{"logGroupName": "/aws/lambda/blazingtext-dev-x", "storedBytes": 5}]},
            ("log group", "/aws/lambda/blazingtext-dev-x"),
        ),
        (
            "logs__describe_log_groups",
            {"logGroups": [{"logGroupName": "/aws/sagemaker/Endpoints/blazingtext-dev"}]},
            ("log group", "/aws/sagemaker/Endpoints/blazingtext-dev"),
        ),
        (
            "resourcegroupstaggingapi__get_resources",
            {"ResourceTagMappingList": [{"ResourceARN": "arn:aws:kms:us-east-1:1:key/abc"}]},
            ("tagged resource", "arn:aws:kms:us-east-1:1:key/abc"),
        ),
    ],
)
def test_what_exists_is_found_where_it_lives(place: str, answer: Any, found: tuple[str, str]) -> None:
    assert left(**{place: answer}) == [found]


def test_a_bucket_is_reported_with_what_bills_in_it() -> None:
    versions = {"Versions": [{"Size": 1_000_000}, {"Size": 500_000}], "DeleteMarkers": [{}]}

    (found,) = audit(
        cloud(**account(s3__list_buckets={"Buckets": [{"Name": "blazingtext-dev-storage-x"}]}, s3__list_object_versions=versions))
    ).left

    assert (found.kind, found.bills, found.detail) == ("bucket", True, "3 object versions, 1.5 MB")


def test_a_model_named_by_cloudformation_is_known_by_its_exact_tags() -> None:
    models = {"Models": [{"ModelName": f"Model-{each}", "ModelArn": f"arn:{each}"} for each in ("ours", "theirs", "bare")]}
    tags = {"arn:ours": TAGS, "arn:theirs": [TAGS[0], {"Key": "blazingtext:stage", "Value": "devel"}], "arn:bare": []}

    assert left(sagemaker__list_models=models, sagemaker__list_tags=lambda ResourceArn: {"Tags": tags[ResourceArn]}) == [  # noqa: N803 - AWS's names
        ("model", "Model-ours")
    ]


@pytest.mark.parametrize("name", ["blazingtext-devel-x", "blazingtext-prod-x", "my-blazingtext-dev-x", "blazingtext", "BLAZINGTEXT-DEV-x"])
def test_another_stages_things_are_not_ours(name: str) -> None:
    assert not left(
        lambda__list_functions={"Functions": [{"FunctionName": name}]},
        sns__list_topics={"Topics": [{"TopicArn": f"arn:aws:sns:us-east-1:1:{name}"}]},
        sagemaker__list_endpoints={"Endpoints": [{"EndpointName": name, "EndpointStatus": "InService"}]},
        sagemaker__list_training_jobs={"TrainingJobSummaries": [{"TrainingJobName": name, "TrainingJobStatus": "InProgress"}]},
        logs__describe_log_groups={"logGroups": [{"logGroupName": f"/aws/lambda/{name}"}]},
    )


def test_log_lines_of_jobs_that_are_gone_are_found_in_the_accounts_common_group() -> None:
    groups = {"logGroups": [{"logGroupName": "/aws/sagemaker/TrainingJobs"}]}
    streams = {"logStreams": [{"logStreamName": "blazingtext-dev-wiki-1/algo-1"}]}

    assert left(logs__describe_log_groups=groups, logs__describe_log_streams=streams) == [
        ("log stream", "/aws/sagemaker/TrainingJobs:blazingtext-dev-wiki-1/algo-1")
    ]


def test_a_stack_is_known_by_name_or_by_tags_and_the_bootstrap_is_set_apart() -> None:
    described: list[dict[str, Any]] = [
        {"StackName": "blazingtext-dev-training", "StackStatus": "DELETE_FAILED"},
        {"StackName": "renamed", "StackStatus": "CREATE_COMPLETE", "Tags": TAGS},
        {"StackName": "CDKToolkit-blazingtext", "StackStatus": "CREATE_COMPLETE"},
        {"StackName": "somebody-elses", "StackStatus": "CREATE_COMPLETE"},
    ]

    found = audit(cloud(**account(cloudformation__describe_stacks=described_stacks(*described))))

    assert [each.name for each in found.left] == ["blazingtext-dev-training", "renamed"]
    assert [each.name for each in found.bootstrap] == ["CDKToolkit-blazingtext"]


def test_an_audit_that_may_not_look_everywhere_says_nothing_at_all() -> None:
    with pytest.raises(AccessDeniedError, match="look for roles"):
        left(iam__list_roles=denying())


def in_regions(**regions: dict[str, Any]) -> tuple[Cloud, Any]:
    """A stage with nothing in its own region, and the answers of other ones (eu_west_1)."""
    found = cloud(**account(**regions.pop("us_east_1", {})))
    session = cast("Any", found.session)
    session.elsewhere = {region.replace("_", "-"): account(**answers) for region, answers in regions.items()}
    return found, session


TAGGED = {
    "resourcegroupstaggingapi__get_resources": {"ResourceTagMappingList": [{"ResourceARN": "arn:aws:sns:eu-west-1:1:blazingtext-dev-t"}]}
}
TOPIC = {"sns__list_topics": {"Topics": [{"TopicArn": "arn:aws:sns:eu-west-1:1:blazingtext-dev-t"}]}}


def test_what_the_stage_left_in_another_region_is_found_by_its_tags_and_its_region_is_named() -> None:
    where, _ = in_regions(eu_west_1={**TAGGED, **TOPIC})

    found = audit(where)

    assert [(each.kind, each.name, each.region) for each in found.left] == [("topic", "blazingtext-dev-t", "eu-west-1")]
    assert found.regions == ("us-east-1", "eu-west-1")


def test_a_bucket_in_another_region_is_a_trace_of_the_stage_there() -> None:
    buckets = {"s3__list_buckets": {"Buckets": [{"Name": "blazingtext-dev-storage-x", "BucketRegion": "eu-west-2"}]}}
    where, _ = in_regions(us_east_1=buckets, eu_west_2=TOPIC)

    found = audit(where)

    assert [(each.kind, each.region) for each in found.left] == [("bucket", "eu-west-2"), ("topic", "eu-west-2")]


def test_what_only_the_tag_index_still_lists_is_not_left() -> None:
    where, _ = in_regions(eu_west_1=TAGGED)

    assert not audit(where).left


def test_regions_that_were_asked_for_are_looked_at_and_no_others() -> None:
    where, session = in_regions(us_east_1=TOPIC, eu_west_1={**TAGGED, **TOPIC}, eu_west_2={**TAGGED, **TOPIC})

    found = audit(where, regions=["eu-west-2", "eu-west-2"])

    assert (found.regions, [each.region for each in found.left]) == (("eu-west-2",), ["eu-west-2"])
    assert not session.elsewhere["eu-west-1"]["sns"].calls
    with pytest.raises(ConfigurationError, match="no BlazingText in the region mars-1"):
        audit(where, regions=["mars-1"])


def test_regions_that_cannot_be_looked_at_are_named() -> None:
    closed = {"resourcegroupstaggingapi__get_resources": denying("UnrecognizedClientException")}
    where, _ = in_regions(af_south_1=closed)

    found = audit(where)

    assert found.unseen == ("af-south-1",)


def test_no_region_of_another_partition_is_asked() -> None:
    where, session = in_regions()

    audit(where)

    assert len(session.elsewhere) == 28
    assert not [region for region in session.elsewhere if region.startswith(("cn-", "us-gov-", "us-iso"))]


def test_lists_that_are_not_paged_unless_a_size_is_given_are_given_one() -> None:
    clients = account()

    audit(cloud(**clients))

    assert clients["sqs"].calls[0][1]["PaginationConfig"] == {"PageSize": 1000}
    assert clients["s3"].calls[0][1]["PaginationConfig"] == {"PageSize": 1000}


# What CloudFormation creates, and the kind under which the audit looks for it.
KINDS = {
    "AWS::CloudWatch::Alarm": "alarms",
    "AWS::Events::Rule": "rules",
    "AWS::IAM::Role": "roles",
    "AWS::Lambda::Function": "functions",
    "AWS::Logs::LogGroup": "log groups",
    "AWS::S3::Bucket": "buckets",
    "AWS::SNS::Topic": "topics",
    "AWS::SQS::Queue": "queues",
    "AWS::SageMaker::Endpoint": "endpoints",
    "AWS::SageMaker::EndpointConfig": "endpoint configs",
    "AWS::SageMaker::Model": "models",
    "AWS::StepFunctions::StateMachine": "state machines",
}
# What jobs leave outside the stacks, and the stacks themselves.
OUTSIDE_THE_STACKS = {"stacks", "training jobs", "log streams", "tagged resources"}
# Parts of another resource: they are gone when it is.
PART_OF_ANOTHER = re.compile(r"Policy|Permission|Subscription|EventSourceMapping|EventInvokeConfig|CustomResource|Custom::|CDK::Metadata")


def test_the_audit_looks_for_every_kind_that_the_stacks_create_and_for_no_other() -> None:
    snapshot = Path(__file__).parents[2] / "template/snapshots/defaults.json"
    types = set(re.findall(r'^ +"Type": "((?:AWS|Custom)::[\w:]+)",?$', snapshot.read_text(encoding="utf-8"), re.MULTILINE))
    created = {each for each in types if not PART_OF_ANOTHER.search(each)}

    assert created == set(KINDS)
    assert {*GLOBAL, *REGIONAL} == {*KINDS.values(), *OUTSIDE_THE_STACKS}
