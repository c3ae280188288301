"""Settings for a company's account: on everything they are about, and on nothing without them."""

import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from blazingtext_lifecycle import images
from blazingtext_lifecycle.errors import ConfigurationError
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import Stacks, build
from tests.template.matrix import GIVEN_KEY, ROOT, STACKS, Synthesis, synthesise
from tests.template.references import named, written
from tests.template.test_policies import key


def built(**settings: Any) -> Stacks:
    return build(cdk.App(), Settings(**settings))


def resources(stack: cdk.Stack, type_: str) -> list[dict[str, Any]]:
    return [dict(resource) for resource in Template.from_stack(stack).find_resources(type_).values()]


def problems(**context: object) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_context(context)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_every_log_group_queue_and_topic_is_encrypted_with_the_stages_key(each: Synthesis) -> None:
    groups = {group.get("KmsKeyId", "") for group in named(each, "AWS::Logs::LogGroup").values()}
    queues = {queue.get("KmsMasterKeyId", "") for queue in named(each, "AWS::SQS::Queue").values()}
    topics = {topic.get("KmsMasterKeyId", "") for topic in named(each, "AWS::SNS::Topic").values()}

    assert groups == queues == topics == {key(each.settings)}


@pytest.mark.parametrize(("delete_data", "policy"), [(False, "Retain"), (True, "Delete")])
def test_a_made_key_is_kept_as_long_as_the_data_rotates_and_can_be_saved_for_a_month(delete_data: bool, policy: str) -> None:
    (made,) = resources(built(kms_key="make", delete_data=delete_data).storage, "AWS::KMS::Key")

    assert made["DeletionPolicy"] == policy
    assert made["UpdateReplacePolicy"] == "Retain"
    assert made["Properties"]["EnableKeyRotation"] is True
    assert made["Properties"]["PendingWindowInDays"] == 30


def test_an_endpoint_whose_disk_encrypts_itself_gets_no_key() -> None:
    serving = built(kms_key=GIVEN_KEY, endpoint_instance_type="ml.m5d.xlarge").serving

    assert "KmsKeyId" not in resources(serving, "AWS::SageMaker::EndpointConfig")[0]["Properties"]
    assert resources(serving, "AWS::Logs::LogGroup")[0]["Properties"]["KmsKeyId"] == GIVEN_KEY


def test_every_role_has_the_boundary_and_without_the_setting_none(each: Synthesis) -> None:
    boundary = "arn:<AWS::Partition>:iam::<AWS::AccountId>:policy/company-boundary"
    expected = boundary if each.settings.permissions_boundary else ""

    roles = named(each, "AWS::IAM::Role")
    assert len(roles) >= 7
    assert {name: role.get("PermissionsBoundary", "") for name, role in roles.items()} == dict.fromkeys(roles, expected)


def test_a_boundary_may_be_one_of_another_account_or_of_aws() -> None:
    arn = "arn:aws:iam::111122223333:policy/team/boundary"

    for stack in built(permissions_boundary=arn):
        assert {role["Properties"]["PermissionsBoundary"] for role in resources(stack, "AWS::IAM::Role")} <= {arn}


def test_the_stacks_themselves_have_the_owners_tags_which_cloudformation_hands_on(each: Synthesis) -> None:
    manifest = json.loads((each.folder / "manifest.json").read_text(encoding="utf-8"))
    stacks = [manifest["artifacts"][name] for name in STACKS]

    wanted = {**each.settings.tags, "blazingtext:project": "blazingtext", "blazingtext:stage": each.settings.stage}
    assert [stack["properties"]["tags"] for stack in stacks] == [wanted] * 3


def test_accesses_are_logged_where_the_setting_says_below_the_stacks_name(each: Synthesis) -> None:
    bucket = each.settings.access_log_bucket
    expected = {"DestinationBucketName": bucket, "LogFilePrefix": f"blazingtext-{each.settings.stage}-storage/"} if bucket else None

    assert each.one("AWS::S3::Bucket").get("LoggingConfiguration") == expected


def widgets(synthesis: Synthesis) -> list[dict[str, Any]]:
    body = written(synthesis, synthesis.one("AWS::CloudWatch::Dashboard")["DashboardBody"])
    return [widget["properties"] for widget in json.loads(body)["widgets"]]


def test_the_dashboard_shows_quality_load_endpoint_and_delivery_of_this_stage(whole_matrix: dict[str, Synthesis]) -> None:
    shown = whole_matrix["network"]
    found: dict[str, Any] = {widget["title"]: widget.get("metrics", widget.get("query")) for widget in widgets(shown)}

    assert shown.one("AWS::CloudWatch::Dashboard")["DashboardName"] == "blazingtext-dev"
    assert list(found) == [
        "Costs of 30 days, in US dollars (<PagePricesEC35ABEB/<AWS::Region>/dates>)",
        "Quality of runs: WordSim-353",
        "Quality of runs: validation accuracy",
        "Throughput of runs, in million words a second",
        "Load of training instances, in percent of one processor and of memory",
        "Invocations of the endpoint",
        "Errors of the endpoint",
        "Latency of the model, in microseconds",
        "Load of the endpoint's instances, in percent",
        "Errors of the functions",
        "Ends of training jobs that wait, and dead letters",
    ]
    search = found["Quality of runs: WordSim-353"][0][0]["expression"]
    assert search == (
        "SEARCH('{/aws/sagemaker/TrainingJobs,TrainingJobName} MetricName=\"train:mean_rho\" TrainingJobName=(blazingtext AND dev)', "
        "'Maximum', 300)"
    )
    latency = found["Latency of the model, in microseconds"]
    assert [metric[:6] for metric in latency] == [
        ["AWS/SageMaker", "ModelLatency", "EndpointName", "blazingtext-dev", "VariantName", "AllTraffic"]
    ] * 3
    assert [metric[6]["stat"] for metric in latency] == ["p50", "p90", "p99"]
    assert [metric[1] for metric in found["Errors of the endpoint"]] == [
        "Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors"
    ]  # fmt: skip
    assert "blazingtext-dev-" in found["Throughput of runs, in million words a second"]


def shown_metrics(synthesis: Synthesis) -> dict[str, list[tuple[Any, ...]]]:
    """Namespace, name and statistic of the metrics by title of their graph; of a search its namespace, name and statistic."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for widget in widgets(synthesis):
        for *path, options in widget.get("metrics", []):
            if path and widget["title"][:5] != "Costs":
                # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html: "stat".
                found.setdefault(widget["title"], []).append((path[0], path[1], options.get("stat", "Average")))
            elif search := re.match(r"SEARCH\('\{(.+?),.+?\} MetricName=\"(.+?)\" .*', '(\w+)', 300\)", options.get("expression", "")):
                found.setdefault(widget["title"], []).append(search.groups())
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    return synthesise({"dashboard": "true", "shadowPercent": "10"}, tmp_path_factory.mktemp("page"))


def test_graphs_show_counts_as_sums_and_loads_as_averages_of_metrics_that_aws_publishes(page: Synthesis) -> None:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html,
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html and
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    trainings, endpoints = "/aws/sagemaker/TrainingJobs", "/aws/sagemaker/Endpoints"
    errors = [("AWS/SageMaker", f"Invocation{kind}Errors", "Sum") for kind in ("4XX", "5XX")]
    errors.append(("AWS/SageMaker", "InvocationModelErrors", "Sum"))
    latency = [("AWS/SageMaker", "ModelLatency", f"p{part}") for part in (50, 90, 99)]

    assert shown_metrics(page) == {
        "Quality of runs: WordSim-353": [(trainings, "train:mean_rho", "Maximum")],
        "Quality of runs: validation accuracy": [(trainings, "validation:accuracy", "Maximum")],
        "Load of training instances, in percent of one processor and of memory": [
            (trainings, f"{what}Utilization", "Average") for what in ("CPU", "Memory")
        ],
        "Invocations of the endpoint": [("AWS/SageMaker", "Invocations", "Sum")],
        "Errors of the endpoint": errors,
        "Latency of the model, in microseconds": latency,
        "Load of the endpoint's instances, in percent": [(endpoints, f"{what}Utilization", "Average") for what in ("CPU", "Memory")],
        "Copies to the shadow, and its errors": [("AWS/SageMaker", "Invocations", "Sum"), *errors],
        "Latency of the shadow, in microseconds": latency,
        "Errors of the functions": [("AWS/Lambda", "Errors", "Sum")] * 5,
        "Ends of training jobs that wait, and dead letters": [("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum")] * 2,
    }


def test_the_throughput_is_read_from_the_line_that_blazingtext_ends_with(page: Synthesis) -> None:
    (shown,) = (widget for widget in widgets(page) if widget["title"].startswith("Throughput"))
    source, *query = (each.strip() for each in shown["query"].split("|"))
    # https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext-tuning.html
    line = "Average throughput in Million words/sec: 0.87"

    assert source == "SOURCE '/aws/sagemaker/TrainingJobs'"
    selected, parsed, order, display = query
    (text,) = re.findall("@message like '(.+)'", selected)
    (pattern,) = re.findall("parse @message '(.+)' as throughput", parsed)
    assert text in line
    assert line == pattern.replace("*", "0.87")
    assert "@logStream like /^blazingtext-dev-/" in selected
    assert (order, display) == ("sort @timestamp desc", "display @timestamp, @logStream, throughput")


def test_a_shadow_has_its_own_graphs_and_a_part_of_the_costs_where_it_is_allowed(tmp_path: Path) -> None:
    wanted = {"dashboard": "true", "region": "us-east-1", "endpointInstanceType": "ml.m5.xlarge", "shadowPercent": "10"}
    found: dict[str, Any] = {widget["title"]: widget.get("metrics") for widget in widgets(synthesise(wanted, tmp_path))}

    copies = found["Copies to the shadow, and its errors"]
    assert [metric[1] for metric in copies] == ["Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors"]
    for metric in (*copies, *found["Latency of the shadow, in microseconds"]):
        assert metric[2:6] == ["EndpointName", "blazingtext-dev", "VariantName", "Shadow"]
    endpoint, *minutes, _ = found["Costs of 30 days, in US dollars (prices of 2026-04-21)"]
    assert endpoint[0]["expression"] == "(minutes + FILL(shadow, 0)) / 60 * 0.23"
    assert {metric[5]: metric[6]["id"] for metric in minutes} == {"AllTraffic": "minutes", "Shadow": "shadow"}


def test_the_costs_are_minutes_of_instances_at_the_prices_of_the_region(tmp_path: Path) -> None:
    shown = synthesise({"dashboard": "true", "region": "us-east-1", "endpointInstanceType": "ml.m5.xlarge"}, tmp_path)
    widget, *_ = widgets(shown)
    endpoint, minutes, training = widget["metrics"]

    assert widget["title"] == "Costs of 30 days, in US dollars (prices of 2026-04-21)"
    assert (widget["setPeriodToTimeRange"], widget["start"], widget["view"]) == (True, "-P30D", "singleValue")
    assert endpoint[0]["expression"] == "minutes / 60 * 0.23"
    assert minutes[:6] == ["/aws/sagemaker/Endpoints", "CPUUtilization", "EndpointName", "blazingtext-dev", "VariantName", "AllTraffic"]
    assert (minutes[6]["id"], minutes[6]["stat"], minutes[6]["period"]) == ("minutes", "SampleCount", 60)
    search = "SEARCH('{/aws/sagemaker/TrainingJobs,Host} MetricName=\"CPUUtilization\" Host=(blazingtext AND dev)', 'SampleCount', 60)"
    assert training[0]["expression"] == f"SUM({search}) / 60 * 0.204"


def test_without_a_region_the_prices_are_looked_up_at_deployment_and_unknown_ones_are_said_to_be(
    whole_matrix: dict[str, Synthesis],
) -> None:
    (prices,) = (rows for name, rows in whole_matrix["network"].templates["Training"]["Mappings"].items() if "Prices" in name)

    assert prices.keys() == set(images.supported_regions())
    assert prices["us-east-1"] == {"endpoint": "0", "training": "0.204", "dates": "prices of 2026-04-21, ml.m4.xlarge: not known"}
    assert prices["me-south-1"] == {"endpoint": "0", "training": "0", "dates": "ml.m4.xlarge: not known, ml.c5.xlarge: not known"}


def test_there_is_a_dashboard_only_when_it_is_asked_for(each: Synthesis) -> None:
    assert len(each.properties("AWS::CloudWatch::Dashboard")) == each.settings.dashboard


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"vpcSubnets": "subnet-0a1b2c3d"}, "vpcSecurityGroups: it is empty, and vpcSubnets is not."),
        ({"vpcSecurityGroups": ["sg-0a1b2c3d"]}, "vpcSubnets: it is empty, and vpcSecurityGroups is not."),
        ({"kmsKey": GIVEN_KEY, "region": "us-east-1"}, "kmsKey: the key is in eu-west-1 and the stage in us-east-1."),
        ({"kmsKey": "alias/mine"}, 'kmsKey: "alias/mine" cannot be used. It must be empty, make, or the ARN of a KMS key.'),
        ({"vpcSubnets": "subnet-A"}, 'vpcSubnets: "subnet-A" cannot be used.'),
        ({"vpcSubnets": "subnet-aaa,subnet-aaa", "vpcSecurityGroups": "sg-aaa"}, 'vpcSubnets: "subnet-aaa,subnet-aaa" cannot be used.'),
        ({"permissionsBoundary": "a b"}, 'permissionsBoundary: "a b" cannot be used.'),
        ({"tags": '{"aws:team": "x"}'}, '"aws:team": its prefix is reserved.'),
        ({"tags": '{"team": 3}'}, '"team": its value 3 is not text.'),
        ({"tags": json.dumps({str(number): "x" for number in range(21)})}, "a JSON object of up to 20 texts"),
        ({"accessLogBucket": "Logs"}, 'accessLogBucket: "Logs" cannot be used.'),
        (
            {"githubRepository": "company"},
            'githubRepository: "company" cannot be used. It must be empty, or a GitHub repository',
        ),
        ({"githubRepository": "company/*"}, 'githubRepository: "company/*" cannot be used.'),
        ({"githubRepository": "company@12/search"}, 'githubRepository: "company@12/search" cannot be used.'),
        ({"githubRepository": "company@12/..@34"}, 'githubRepository: "company@12/..@34" cannot be used.'),
        ({"githubRepository": "company/.."}, 'githubRepository: "company/.." cannot be used.'),
        ({"githubRepository": "company/search:environment"}, 'githubRepository: "company/search:environment" cannot be used.'),
        ({"dashboard": "perhaps"}, "dashboard:"),
        ({"peoplePolicies": "perhaps"}, "peoplePolicies:"),
        ({"trainingNetworkIsolation": "perhaps"}, "trainingNetworkIsolation:"),
        ({"trainingTrafficEncryption": "perhaps"}, "trainingTrafficEncryption:"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(context: dict[str, object], said: str) -> None:
    (problem,) = problems(**context)

    assert said in problem


@pytest.mark.parametrize("repository", ["company/search", "a-b/c.d_e-f", "company@123456/search@456789"])
def test_a_repository_is_written_as_github_writes_it_in_tokens(repository: str) -> None:
    assert Settings(github_repository=repository).github_repository == repository


def test_lists_may_be_lists_or_text() -> None:
    as_text = Settings.from_context({"vpcSubnets": "subnet-aaa, subnet-bbb", "vpcSecurityGroups": "sg-aaa"})
    as_list = Settings.from_context({"vpcSubnets": ["subnet-aaa", "subnet-bbb"], "vpcSecurityGroups": ["sg-aaa"]})

    assert as_text == as_list
    assert as_text.vpc_subnets == ("subnet-aaa", "subnet-bbb")


def test_a_given_key_of_the_stages_region_is_taken() -> None:
    assert Settings(kms_key=GIVEN_KEY, region="eu-west-1").kms_key == GIVEN_KEY


def test_the_page_shows_the_policy_that_a_given_key_needs(whole_matrix: dict[str, Synthesis]) -> None:
    page = (ROOT / "docs" / "company.md").read_text(encoding="utf-8")
    (shown,) = (part.partition("```")[0] for part in page.split("```json")[1:] if "RulesToQueuesAndTopic" in part)
    made = written(whole_matrix["made-key"], named(whole_matrix["made-key"], "AWS::KMS::Key")["Key"]["KeyPolicy"]["Statement"])
    text = json.dumps(made[1:])
    for parameter, value in {"Partition": "aws", "Region": "eu-west-1", "AccountId": "111122223333", "URLSuffix": "amazonaws.com"}.items():
        text = text.replace(f"<AWS::{parameter}>", value)

    def ordered(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**statement, "Action": sorted(statement["Action"])} for statement in statements]

    assert ordered(json.loads(shown)) == ordered(json.loads(text))
