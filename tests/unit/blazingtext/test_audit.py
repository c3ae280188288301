import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from blazingtext.audit import audit
from blazingtext.cloud import Cloud
from blazingtext.leftovers import GLOBAL, REGIONAL, Leftover
from blazingtext_lifecycle.errors import AccessDeniedError, ConfigurationError
from tests.unit.blazingtext.cloud_fakes import LISTINGS, account, cloud, denying

TAGS = [{"Key": "blazingtext:project", "Value": "blazingtext"}, {"Key": "blazingtext:stage", "Value": "dev"}]
OTHER_TAGS = [TAGS[0], {"Key": "blazingtext:stage", "Value": "devel"}]
NAMES = ("blazingtext-devel-x", "blazingtext-prod-x", "my-blazingtext-dev-x", "blazingtext", "BLAZINGTEXT-DEV-x")


def left(**planted: Any) -> list[Leftover]:
    """What is left, without the commands that remove it; see `test_removal`."""
    found = audit(cloud(**account(**planted)))
    assert all(each.remove for each in found.left if each.kind != "tagged resource")
    return [replace(each, remove="") for each in found.left]


def test_an_empty_account_has_nothing_left_and_every_kind_was_asked_for() -> None:
    clients = account()

    found = audit(cloud(**clients))

    assert (found.left, found.bootstrap) == ((), ())
    assert (found.stage, found.region, found.looked_at) == ("dev", "us-east-1", (*REGIONAL, *GLOBAL))
    asked = {(service, name) for service, client in clients.items() for name, _ in client.calls}
    # Contents of buckets, tags, versions and streams are asked for only when there is a bucket, a model, a group.
    assert set(LISTINGS) - asked == {
        ("s3", "list_object_versions"),
        ("sagemaker", "list_tags"),
        ("sagemaker", "list_model_packages"),
        ("logs", "describe_log_streams"),
    }


def arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:us-east-1:123456789012:{name}"


def job(name: str, status: str) -> dict[str, str]:
    return {"TrainingJobName": name, "TrainingJobStatus": status}


# By the kind that the audit names: what stands in the account, somebody else's first and so alone on the first page, and what is found.
PLANTED: dict[str, tuple[dict[str, list[Any]], Leftover]] = {
    "stacks": (
        {
            "cloudformation__describe_stacks": [
                {"StackName": "blazingtext-devel-x", "StackStatus": "CREATE_COMPLETE", "Tags": OTHER_TAGS},
                {"StackName": "blazingtext-dev-training", "StackStatus": "DELETE_FAILED"},
            ]
        },
        Leftover("stack", "blazingtext-dev-training", detail="DELETE_FAILED"),
    ),
    "endpoints": (
        {
            "sagemaker__list_endpoints": [
                {"EndpointName": "my-blazingtext-dev", "EndpointStatus": "InService"},
                {"EndpointName": "blazingtext-dev", "EndpointStatus": "Failed"},
            ]
        },
        Leftover("endpoint", "blazingtext-dev", bills=True, detail="Failed"),
    ),
    "endpoint configs": (
        {
            "sagemaker__list_endpoint_configs": [
                {"EndpointConfigName": f"Config-{each}", "EndpointConfigArn": f"arn:{each}"} for each in ("theirs", "ours")
            ],
            "sagemaker__list_tags": [{**tag, "of": "arn:theirs"} for tag in OTHER_TAGS] + [{**tag, "of": "arn:ours"} for tag in TAGS],
        },
        Leftover("endpoint config", "Config-ours"),
    ),
    "models": (
        {
            "sagemaker__list_models": [{"ModelName": f"Model-{each}", "ModelArn": f"arn:{each}"} for each in ("bare", "theirs", "ours")],
            "sagemaker__list_tags": [{**tag, "of": "arn:theirs"} for tag in OTHER_TAGS] + [{**tag, "of": "arn:ours"} for tag in TAGS],
        },
        Leftover("model", "Model-ours"),
    ),
    "model package groups": (
        {
            "sagemaker__list_model_package_groups": [
                {"ModelPackageGroupName": each} for each in ("my-blazingtext-dev-models-1", "blazingtext-dev-models-1")
            ],
            "sagemaker__list_model_packages": [
                {"of": f"{each}blazingtext-dev-models-1", "ModelPackageArn": "arn"} for each in ("my-", "", "")
            ],
        },
        Leftover("model package group", "blazingtext-dev-models-1", detail="2 versions"),
    ),
    "tuning jobs": (
        {
            "sagemaker__list_hyper_parameter_tuning_jobs": [
                {"HyperParameterTuningJobName": name, "HyperParameterTuningJobStatus": status}
                for name, status in (("x-blazingtext-dev-wiki-1", "Completed"), ("blazingtext-dev-wiki-1", "InProgress"))
            ]
        },
        Leftover("tuning job", "blazingtext-dev-wiki-1", bills=True, detail="InProgress"),
    ),
    "processing jobs": (
        {
            "sagemaker__list_processing_jobs": [
                {"ProcessingJobName": name, "ProcessingJobStatus": status}
                for name, status in (("x-blazingtext-dev-wiki-1", "Completed"), ("blazingtext-dev-wiki-1", "InProgress"))
            ]
        },
        Leftover("processing job", "blazingtext-dev-wiki-1", bills=True, detail="InProgress"),
    ),
    "transform jobs": (
        {
            "sagemaker__list_transform_jobs": [
                {"TransformJobName": name, "TransformJobStatus": status}
                for name, status in (
                    ("x-blazingtext-dev-wiki-1", "InProgress"),
                    ("blazingtext-dev-wiki-1", "Completed"),
                    ("blazingtext-dev-wiki-2", "Stopping"),
                )
            ]
        },
        Leftover("transform job", "blazingtext-dev-wiki-2", bills=True, detail="Stopping"),
    ),
    "training jobs": (
        {"sagemaker__list_training_jobs": [job("x-blazingtext-dev-wiki-1", "InProgress"), job("blazingtext-dev-wiki-1", "Completed")]},
        Leftover("training job", "blazingtext-dev-wiki-1", detail="Completed"),
    ),
    "buckets": (
        {
            "s3__list_buckets": [
                {"Name": "blazingtext-devel-storage-x"},
                {"Name": "blazingtext-dev-storage-x", "BucketRegion": "us-east-1"},
            ],
            "s3__list_object_versions": [
                {"of": "blazingtext-dev-storage-x", "Size": 1_000_000},
                {"of": "blazingtext-dev-storage-x", "Size": 500_000},
                {"of": "blazingtext-devel-storage-x", "Size": 7_000_000},
            ],
        },
        Leftover("bucket", "blazingtext-dev-storage-x", bills=True, detail="2 object versions, 1.5 MB", region="us-east-1"),
    ),
    "functions": (
        {"lambda__list_functions": [{"FunctionName": "blazingtext-devel-x"}, {"FunctionName": "blazingtext-dev-training-Launch"}]},
        Leftover("function", "blazingtext-dev-training-Launch"),
    ),
    "state machines": (
        {"stepfunctions__list_state_machines": [{"name": "blazingtext-devel-x"}, {"name": "blazingtext-dev-serving-update"}]},
        Leftover("state machine", "blazingtext-dev-serving-update"),
    ),
    "queues": (
        {"sqs__list_queues": ["https://sqs/1/blazingtext-devel-q", "https://sqs/1/blazingtext-dev-p", "https://sqs/1/blazingtext-dev-q"]},
        Leftover("queue", "blazingtext-dev-q"),
    ),
    "topics": (
        {"sns__list_topics": [{"TopicArn": arn("sns", "blazingtext-devel-t")}, {"TopicArn": arn("sns", "blazingtext-dev-t")}]},
        Leftover("topic", "blazingtext-dev-t"),
    ),
    "rules": (
        {"events__list_rules": [{"Name": "blazingtext-devel-r"}, {"Name": "blazingtext-dev-q"}, {"Name": "blazingtext-dev-r"}]},
        Leftover("rule", "blazingtext-dev-r"),
    ),
    "schedule groups": (
        {"scheduler__list_schedule_groups": [{"Name": "blazingtext-dev-schedules"}, {"Name": "blazingtext-devel-schedules"}]},
        Leftover("schedule group", "blazingtext-dev-schedules"),
    ),
    "managed policies": (
        {
            "iam__list_policies": [
                {"PolicyName": "blazingtext-devel-p", "Arn": "arn:theirs"},
                {"PolicyName": "blazingtext-dev-p", "Arn": "arn:aws:iam::aws:policy/blazingtext-dev-p", "Scope": "AWS"},
                {"PolicyName": "blazingtext-dev-p", "Arn": "arn:ours", "AttachmentCount": 2},
            ]
        },
        Leftover("managed policy", "arn:ours", detail="attached 2 times"),
    ),
    "dashboards": (
        {"cloudwatch__list_dashboards": [{"DashboardName": "blazingtext-devel"}, {"DashboardName": "blazingtext-dev"}]},
        Leftover("dashboard", "blazingtext-dev", bills=True),
    ),
    "budgets": (
        {"budgets__describe_budgets": [{"BudgetName": "blazingtext-devel-b"}, {"BudgetName": "blazingtext-dev-b"}]},
        Leftover("budget", "blazingtext-dev-b"),
    ),
    "alarms": (
        {
            "cloudwatch__describe_alarms": [
                {"AlarmName": "blazingtext-dev-a"},
                {"AlarmName": "blazingtext-dev-b"},
                {"AlarmName": "TargetTracking-endpoint/blazingtext-devel/variant/AllTraffic-AlarmHigh-1"},
                {"AlarmName": "TargetTracking-endpoint/blazingtext-dev/variant/AllTraffic-AlarmLow-1"},
            ]
        },
        Leftover("alarm", "TargetTracking-endpoint/blazingtext-dev/variant/AllTraffic-AlarmLow-1", bills=True),
    ),
    "log groups": (
        {
            "logs__describe_log_groups": [
                {"logGroupName": "/aws/lambda/blazingtext-devel-x", "storedBytes": 3},
                {"logGroupName": "/aws/lambda/blazingtext-dev-x", "storedBytes": 5},
            ]
        },
        Leftover("log group", "/aws/lambda/blazingtext-dev-x", bills=True, detail="5 bytes"),
    ),
    "log streams": (
        {
            "logs__describe_log_groups": [
                {"logGroupName": "/aws/sagemaker/TrainingJobs-old"},
                {"logGroupName": "/aws/sagemaker/TrainingJobs"},
            ],
            "logs__describe_log_streams": [
                {"of": "/aws/sagemaker/TrainingJobs", "logStreamName": f"{name}/algo-1"}
                for name in ("blazingtext-devel-1", "blazingtext-dev-wiki-0", "blazingtext-dev-wiki-1")
            ],
        },
        Leftover("log stream", "/aws/sagemaker/TrainingJobs:blazingtext-dev-wiki-1/algo-1", bills=True),
    ),
    "roles": (
        {"iam__list_roles": [{"RoleName": "blazingtext-devel-x"}, {"RoleName": "blazingtext-dev-training-Role"}]},
        Leftover("role", "blazingtext-dev-training-Role"),
    ),
    "tagged resources": (
        {
            "resourcegroupstaggingapi__get_resources": [
                {"ResourceARN": arn("ssm", "parameter/theirs"), "Tags": OTHER_TAGS},
                {"ResourceARN": arn("lambda", "function:blazingtext-dev-gone"), "Tags": TAGS},
                {"ResourceARN": arn("sagemaker", "model/gone"), "Tags": TAGS},
                {"ResourceARN": arn("ssm", "parameter/abc"), "Tags": TAGS},
            ]
        },
        Leftover("tagged resource", arn("ssm", "parameter/abc")),
    ),
}


def test_one_version_is_one() -> None:
    group = {"ModelPackageGroupName": "blazingtext-dev-models-1"}
    version = {"of": "blazingtext-dev-models-1", "ModelPackageArn": "arn"}

    (found,) = left(sagemaker__list_model_package_groups=[group], sagemaker__list_model_packages=[version])

    assert found.detail == "1 version"


@pytest.mark.parametrize("kind", [*REGIONAL, *GLOBAL])
def test_what_is_left_of_every_kind_is_found_on_the_last_page(kind: str) -> None:
    planted, leftover = PLANTED[kind]

    found = left(**planted)

    # What belongs to the whole account has the region that S3 names, or none.
    assert found[-1] == replace(leftover, region="us-east-1" if kind in REGIONAL else leftover.region)
    # What stands before it is another page, and somebody else's or one more of the stage's.
    assert {each.kind for each in found} == {leftover.kind}
    assert all(each.name.partition("TrainingJobs:")[2].startswith("blazingtext-dev-") or "dev" in each.name for each in found[:-1])


class Keys:
    """KMS, in which every key has one state, or nobody may look."""

    def __init__(self, state: str) -> None:
        self.state = state

    def describe_key(self, **_: str) -> dict[str, Any]:
        if not self.state:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "DescribeKey")
        return {"KeyMetadata": {"KeyState": self.state}}


@pytest.mark.parametrize(("state", "bills"), [("Enabled", True), ("Disabled", True), ("", True), ("PendingDeletion", False)])
def test_a_key_is_left_until_its_deletion_is_scheduled(state: str, bills: bool) -> None:
    planted = {"resourcegroupstaggingapi__get_resources": [{"ResourceARN": arn("kms", "key/abc"), "Tags": TAGS}]}

    found = audit(cloud(**{**account(**planted), "kms": Keys(state)})).left

    expected = Leftover("tagged resource", arn("kms", "key/abc"), bills=True, detail=state, region="us-east-1")
    assert [replace(each, remove="") for each in found] == [expected] * bills


def test_what_bills_is_said() -> None:
    jobs = [job(f"blazingtext-dev-{status}", status) for status in ("InProgress", "Stopping", "Completed", "Stopped", "Failed")]
    groups = [{"logGroupName": "/aws/sagemaker/Endpoints/blazingtext-dev"}]

    assert [each.bills for each in left(sagemaker__list_training_jobs=jobs)] == [True, True, False, False, False]
    assert left(logs__describe_log_groups=groups) == [
        Leftover("log group", "/aws/sagemaker/Endpoints/blazingtext-dev", detail="0 bytes", region="us-east-1")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_another_stages_things_are_not_ours(name: str) -> None:
    assert not left(
        cloudformation__describe_stacks=[{"StackName": name, "StackStatus": "CREATE_COMPLETE"}],
        lambda__list_functions=[{"FunctionName": name}],
        sns__list_topics=[{"TopicArn": arn("sns", name)}],
        sqs__list_queues=[f"https://sqs/1/{name}"],
        s3__list_buckets=[{"Name": name}],
        iam__list_roles=[{"RoleName": name}],
        stepfunctions__list_state_machines=[{"name": name}],
        events__list_rules=[{"Name": name}],
        cloudwatch__describe_alarms=[{"AlarmName": name}],
        sagemaker__list_endpoints=[{"EndpointName": name, "EndpointStatus": "InService"}],
        sagemaker__list_training_jobs=[job(name, "InProgress")],
        logs__describe_log_groups=[{"logGroupName": f"/aws/lambda/{name}"}],
    )


def test_a_renamed_stack_is_known_by_its_tags_and_the_bootstrap_is_set_apart() -> None:
    described: list[dict[str, Any]] = [
        {"StackName": "renamed", "StackStatus": "CREATE_COMPLETE", "Tags": TAGS},
        {"StackName": "CDKToolkit-blazingtext", "StackStatus": "CREATE_COMPLETE"},
        {"StackName": "somebody-elses", "StackStatus": "CREATE_COMPLETE"},
    ]
    buckets = [{"Name": f"cdk-{qualifier}-assets-123456789012-us-east-1"} for qualifier in ("hnb659fds", "blzgtxt")]

    found = audit(cloud(**account(cloudformation__describe_stacks=described, s3__list_buckets=buckets)))

    remove = "aws cloudformation delete-stack --stack-name renamed --region us-east-1"
    assert found.left == (Leftover("stack", "renamed", detail="CREATE_COMPLETE", region="us-east-1", remove=remove),)
    assert found.bootstrap == (
        Leftover("stack", "CDKToolkit-blazingtext", detail="CREATE_COMPLETE", region="us-east-1"),
        Leftover("bucket", "cdk-blzgtxt-assets-123456789012-us-east-1", bills=True, detail="0 object versions, 0.0 MB"),
    )


def test_an_audit_that_may_not_look_everywhere_says_nothing_at_all() -> None:
    with pytest.raises(AccessDeniedError, match="look for roles"):
        left(iam__list_roles=denying())


def in_regions(**regions: dict[str, Any]) -> tuple[Cloud, Any]:
    """A stage with nothing in its own region, and the answers of other ones (eu_west_1)."""
    found = cloud(**account(**regions.pop("us_east_1", {})))
    session = cast("Any", found.session)
    session.elsewhere = {region.replace("_", "-"): account(**answers) for region, answers in regions.items()}
    return found, session


TAGGED = {"resourcegroupstaggingapi__get_resources": [{"ResourceARN": "arn:aws:sns:eu-west-1:1:blazingtext-dev-t", "Tags": TAGS}]}
TOPIC = {"sns__list_topics": [{"TopicArn": "arn:aws:sns:eu-west-1:1:blazingtext-dev-t"}]}


def test_what_the_stage_left_in_another_region_is_found_by_its_tags_and_its_region_is_named() -> None:
    where, _ = in_regions(eu_west_1={**TAGGED, **TOPIC})

    found = audit(where)

    assert [(each.kind, each.name, each.region) for each in found.left] == [("topic", "blazingtext-dev-t", "eu-west-1")]
    assert found.regions == ("us-east-1", "eu-west-1")


def test_a_bucket_in_another_region_is_a_trace_of_the_stage_there() -> None:
    buckets = {"s3__list_buckets": [{"Name": "blazingtext-dev-storage-x", "BucketRegion": "eu-west-2"}]}
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
    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://tagging.ap-east-1.amazonaws.com")

    where, _ = in_regions(
        af_south_1={"resourcegroupstaggingapi__get_resources": denying("UnrecognizedClientException")},
        ap_east_1={"resourcegroupstaggingapi__get_resources": unreachable},
    )

    found = audit(where)

    assert found.unseen == ("af-south-1", "ap-east-1")


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
    "AWS::Scheduler::ScheduleGroup": "schedule groups",
    "AWS::IAM::ManagedPolicy": "managed policies",
    "AWS::CloudWatch::Dashboard": "dashboards",
    "AWS::Budgets::Budget": "budgets",
    "AWS::IAM::Role": "roles",
    "AWS::KMS::Key": "tagged resources",
    "AWS::Lambda::Function": "functions",
    "AWS::Logs::LogGroup": "log groups",
    "AWS::S3::Bucket": "buckets",
    "AWS::SNS::Topic": "topics",
    "AWS::SQS::Queue": "queues",
    "AWS::SageMaker::Endpoint": "endpoints",
    "AWS::SageMaker::EndpointConfig": "endpoint configs",
    "AWS::SageMaker::Model": "models",
    "AWS::SageMaker::ModelPackageGroup": "model package groups",
    "AWS::StepFunctions::StateMachine": "state machines",
}
# What jobs leave outside the stacks, and the stacks themselves.
OUTSIDE_THE_STACKS = {"stacks", "training jobs", "transform jobs", "processing jobs", "tuning jobs", "log streams", "tagged resources"}
# Parts of another resource: they are gone when it is.
PART_OF_ANOTHER = re.compile(
    r"(?<!Managed)Policy|Scheduler::Schedule$|ScalableTarget|Permission|Subscription|EventSourceMapping|EventInvokeConfig|CustomResource|Custom::|CDK::"
)


def test_the_audit_looks_for_every_kind_that_the_stacks_create_and_for_no_other() -> None:
    snapshots = (Path(__file__).parents[2] / "template/snapshots").glob("*")
    text = "\n".join(snapshot.read_text(encoding="utf-8") for snapshot in snapshots if snapshot.stem != "github")
    types = set(re.findall(r'^[+ ] *"Type": "((?:AWS|Custom)::[\w:]+)",?$', text, re.MULTILINE))
    created = {each for each in types if not PART_OF_ANOTHER.search(each)}

    assert created == set(KINDS)
    assert {*GLOBAL, *REGIONAL} == {*KINDS.values(), *OUTSIDE_THE_STACKS}
