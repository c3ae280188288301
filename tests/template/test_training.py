import json

import pytest

from blazingtext_lifecycle import deliveries, live_model
from blazingtext_lifecycle.environments import LaunchEnvironment, PromoteEnvironment
from blazingtext_lifecycle.job_protection import JobProtection
from blazingtext_lifecycle.naming import Output
from tests.template.deployment import resource_schema
from tests.template.matrix import Synthesis, prefix

# What CloudFormation would put in for references; the environment refuses empty values.
RESOLVED = "resolved"


def environment(synthesis: Synthesis, handler: str) -> dict[str, str]:
    variables = synthesis.one("AWS::Lambda::Function", Handler=handler)["Environment"]["Variables"]
    return {name: value if isinstance(value, str) else RESOLVED for name, value in variables.items()}


def test_the_launcher_reads_the_settings_from_its_environment(each: Synthesis) -> None:
    settings = each.settings

    assert LaunchEnvironment.read(environment(each, "launch_training.handler")) == LaunchEnvironment(
        stage=settings.stage,
        bucket=RESOLVED,
        role_arn=RESOLVED,
        image=RESOLVED,
        instance_type=settings.training_instance_type,
        instance_count=settings.training_instance_count,
        volume_gb=settings.training_volume_gb,
        max_runtime_seconds=settings.training_max_runtime_seconds,
        spot=settings.training_spot,
        hyperparameters=settings.hyperparameters,
        limits=settings.limits,
        protection=JobProtection(
            key_arn=RESOLVED if settings.kms_key == "make" else settings.kms_key,
            vpc={"Subnets": [*settings.vpc_subnets], "SecurityGroupIds": [*settings.vpc_security_groups]} if settings.vpc_subnets else {},
            network_isolation=settings.training_network_isolation,
            traffic_encryption=settings.training_traffic_encryption,
            tags=settings.tags,
        ),
    )


def test_the_promoter_reads_the_settings_from_its_environment(each: Synthesis) -> None:
    assert PromoteEnvironment.read(environment(each, "promote_model.handler")) == PromoteEnvironment(
        stage=each.settings.stage,
        bucket=RESOLVED,
        topic_arn=RESOLVED,
        queue_url=RESOLVED,
        dead_letter_queue_url=RESOLVED,
        serving_update_arn=RESOLVED,
        minimum_mean_rho=each.settings.minimum_mean_rho,
        minimum_accuracy=each.settings.minimum_accuracy,
        auto_promote=each.settings.auto_promote,
        model_package_group=RESOLVED if each.settings.approval == "manual" else "",
        key_arn=RESOLVED if each.settings.approval == "manual" and each.settings.kms_key else "",
    )


def test_the_ends_of_this_stages_jobs_reach_the_queue(each: Synthesis) -> None:
    rule = each.one("AWS::Events::Rule", Description="A training job of this stage ended")

    assert rule["EventPattern"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Training Job State Change"],
        "detail": {"TrainingJobName": [{"prefix": prefix(each)}], "TrainingJobStatus": ["Completed", "Failed", "Stopped"]},
    }
    assert rule["Targets"][0]["Arn"]["Fn::GetAtt"][0].startswith("PromotionQueue")
    assert rule["Targets"][0]["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0].startswith("DeadLettersQueue")


def test_the_ends_of_updates_of_the_serving_stack_reach_the_queue_so_that_the_endpoint_is_compared_with_it(each: Synthesis) -> None:
    rule = each.one("AWS::Events::Rule", Description="An update of this stage's serving stack ended")

    detail = rule["EventPattern"]["detail"]
    assert rule["EventPattern"]["detail-type"] == ["CloudFormation Stack Status Change"]
    assert detail["status-details"] == {"status": ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]}
    assert detail["stack-id"][0]["wildcard"]["Fn::Join"][1][-1].endswith(f":stack/blazingtext-{each.settings.stage}-serving/*")
    assert rule["Targets"][0]["Arn"]["Fn::GetAtt"][0].startswith("PromotionQueue")


def test_an_endpoint_that_sagemaker_rolls_back_is_announced_since_cloudformation_may_not_notice(each: Synthesis) -> None:
    rule = each.one("AWS::Events::Rule", Description="SageMaker rolls an update of this stage's endpoint back")
    (target,) = rule["Targets"]

    assert rule["State"] == "ENABLED"
    assert rule["EventPattern"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Endpoint Deployment State Change", "SageMaker Endpoint State Change"],
        "detail": {
            "EndpointName": [f"blazingtext-{each.settings.stage}"],
            "EndpointStatus": ["ROLLING_BACK", "UPDATE_ROLLBACK_FAILED"],
        },
    }
    assert target["Arn"]["Ref"].startswith("NotificationsTopic")
    assert f"blazingtext verify --stage {each.settings.stage}" in json.loads(target["Input"])


def test_the_promoter_takes_one_message_at_a_time_and_names_those_that_failed(defaults: Synthesis) -> None:
    mapping = defaults.one("AWS::Lambda::EventSourceMapping")

    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_message_stays_hidden_longer_than_the_promoter_may_work_and_is_never_lost(each: Synthesis) -> None:
    (queue,) = [queue for queue in each.properties("AWS::SQS::Queue") if "RedrivePolicy" in queue]
    (dead_letters,) = [queue for queue in each.properties("AWS::SQS::Queue") if "RedrivePolicy" not in queue]
    promoter = each.one("AWS::Lambda::Function", Handler="promote_model.handler")

    assert queue["VisibilityTimeout"] >= 6 * promoter["Timeout"]
    assert dead_letters["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_the_queue_waits_longer_than_an_endpoint_may_take_to_be_updated_and_to_go_back(each: Synthesis) -> None:
    (queue,) = [queue for queue in each.properties("AWS::SQS::Queue") if "RedrivePolicy" in queue]
    waits = [deliveries.delay_seconds(delivery) for delivery in range(1, queue["RedrivePolicy"]["maxReceiveCount"])]

    # A failed update is rolled back, which may take as long again.
    assert 2 * live_model.LONGEST_UPDATE_SECONDS < sum(waits) < queue.get("MessageRetentionPeriod", 4 * 24 * 3600)


def test_the_longest_update_is_that_of_awss_resource_schema() -> None:
    minutes = resource_schema("AWS::SageMaker::Endpoint")["handlers"]["update"]["timeoutInMinutes"]

    assert minutes * 60 == live_model.LONGEST_UPDATE_SECONDS


@pytest.mark.parametrize(
    ("metric", "statistic", "seconds"),
    [("ApproximateAgeOfOldestMessage", "Maximum", 300), ("ApproximateNumberOfMessagesNotVisible", "Minimum", 3600)],
)
def test_an_event_that_waits_raises_an_alarm_that_people_hear(each: Synthesis, metric: str, statistic: str, seconds: int) -> None:
    alarm = each.one("AWS::CloudWatch::Alarm", MetricName=metric)

    assert (alarm["Statistic"], alarm["Period"] * alarm["EvaluationPeriods"]) == (statistic, seconds)
    assert alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0].startswith("PromotionQueue")
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmActions"]


def test_a_dead_letter_raises_an_alarm_that_people_hear(each: Synthesis) -> None:
    alarm = each.one("AWS::CloudWatch::Alarm", MetricName="ApproximateNumberOfMessagesVisible")

    assert alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0].startswith("DeadLettersQueue")
    assert alarm["Threshold"] == 1
    assert alarm["AlarmActions"][0]["Ref"].startswith("NotificationsTopic")
    assert alarm["TreatMissingData"] == "notBreaching"


def test_promotion_by_hand_leaves_nothing_waiting_that_a_later_switch_would_promote(whole_matrix: dict[str, Synthesis]) -> None:
    manual = whole_matrix["manual-promotion"]

    assert not manual.properties("AWS::Lambda::EventSourceMapping")
    for what in ("A training job of this stage ended", "An update of this stage's serving stack ended"):
        assert manual.one("AWS::Events::Rule", Description=what)["State"] == "DISABLED"


def test_an_upload_starts_a_training_only_when_asked_for(whole_matrix: dict[str, Synthesis]) -> None:
    def rules(name: str) -> list[object]:
        return [
            rule["EventPattern"]
            for rule in whole_matrix[name].properties("AWS::Events::Rule")
            if "aws.s3" in rule["EventPattern"]["source"]
        ]

    (pattern,) = rules("upload-trigger")
    assert isinstance(pattern, dict)
    assert pattern["detail"]["object"]["key"] == [{"wildcard": "corpora/*/complete.json"}]
    assert rules("defaults") == []


def test_an_upload_that_cannot_be_trained_on_lands_in_the_dead_letter_queue_at_once(whole_matrix: dict[str, Synthesis]) -> None:
    invocation = whole_matrix["upload-trigger"].one("AWS::Lambda::EventInvokeConfig")

    assert invocation["MaximumRetryAttempts"] == 0
    assert invocation["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0].startswith("DeadLettersQueue")


def test_only_a_given_address_is_subscribed(whole_matrix: dict[str, Synthesis]) -> None:
    subscription = whole_matrix["email"].one("AWS::SNS::Subscription")

    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "someone@example.org")
    assert not whole_matrix["defaults"].properties("AWS::SNS::Subscription")


def test_jobs_are_stopped_after_the_launchers_are_gone_and_before_their_role_is(each: Synthesis) -> None:
    resources = each.templates["Training"]["Resources"]
    ((stopped_id, stopped),) = each.resources("Custom::StopTrainingJobs")
    handlers = ("launch_training.handler", "launch_transform.handler", "launch_tuning.handler", "launch_processing.handler")
    launchers = [each for each in resources.values() if each.get("Properties", {}).get("Handler") in handlers]

    # CloudFormation deletes what depends on something before that something.
    assert [stopped_id in launcher["DependsOn"] for launcher in launchers] == [True, True, True, True]
    assert {"ExecutionRole", "ExecutionRoleDefaultPolicy"} <= {dependency[:-8] for dependency in stopped["DependsOn"]}
    # What stops them needs its own permissions until it is done.
    assert any(dependency.startswith("JobCleanupFunctionRoleDefaultPolicy") for dependency in stopped["DependsOn"])


@pytest.mark.parametrize(("name", "deleted"), [("deleted-data", "true"), ("defaults", "false")])
def test_the_records_of_jobs_go_with_the_data_or_stay_with_it(name: str, deleted: str, whole_matrix: dict[str, Synthesis]) -> None:
    properties = whole_matrix[name].one("Custom::StopTrainingJobs")

    assert (properties["Stage"], properties["DeleteJobs"]) == ("dev", deleted)


def test_the_stacks_publish_what_clients_look_for(each: Synthesis) -> None:
    published = {name: set(template["Outputs"]) for name, template in each.templates.items()}

    assert Output.BUCKET_NAME in published["Storage"]
    assert {
        Output.LAUNCHER_FUNCTION_NAME,
        Output.PROMOTER_FUNCTION_NAME,
        Output.TRAINING_ROLE_ARN,
        Output.NOTIFICATIONS_TOPIC_ARN,
        Output.PROMOTION_QUEUE_URL,
        Output.DEAD_LETTER_QUEUE_URL,
    } <= published["Training"]
    assert {Output.HOSTING_ROLE_ARN, Output.SERVING_UPDATE_ARN} <= published["Training"]
    assert Output.ENDPOINT_NAME in published["Serving"]


@pytest.mark.parametrize(
    ("status", "advice"), [("UPDATE_ROLLBACK_COMPLETE", "is live again"), ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback")]
)
def test_an_update_of_the_serving_stack_that_is_rolled_back_is_announced(status: str, advice: str, each: Synthesis) -> None:
    rule = each.one("AWS::Events::Rule", Description=f"The serving stack of this stage reached {status}")
    (target,) = rule["Targets"]

    assert rule["State"] == "ENABLED"
    assert rule["EventPattern"]["source"] == ["aws.cloudformation"]
    assert rule["EventPattern"]["detail-type"] == ["CloudFormation Stack Status Change"]
    assert rule["EventPattern"]["detail"]["status-details"] == {"status": [status]}
    (stack,) = rule["EventPattern"]["detail"]["stack-id"]
    assert stack["wildcard"]["Fn::Join"][1][-1].endswith(f":stack/blazingtext-{each.settings.stage}-serving/*")
    assert target["Arn"]["Ref"].startswith("NotificationsTopic")
    # A quote inside would break the JSON text that EventBridge delivers.
    assert advice in json.loads(target["Input"])
    assert "<" not in target["Input"]


def test_the_topic_lets_rules_in_without_a_condition_since_eventbridge_gives_it_nothing_to_compare(each: Synthesis) -> None:
    statements = each.one("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    (events,) = [statement for statement in statements if statement.get("Principal") == {"Service": "events.amazonaws.com"}]
    assert events["Action"] == "sns:Publish"
    assert "Condition" not in events


def test_a_budget_counts_all_of_sagemaker_in_the_account_and_tells_the_topic_before_and_at_its_end(
    whole_matrix: dict[str, Synthesis], defaults: Synthesis
) -> None:
    budget = whole_matrix["budget"].one("AWS::Budgets::Budget")

    assert budget["Budget"] == {
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": 50, "Unit": "USD"},
        "CostFilters": {"Service": ["Amazon SageMaker"]},
    }
    alerts = budget["NotificationsWithSubscribers"]
    thresholds = [(each["Notification"]["NotificationType"], each["Notification"]["Threshold"]) for each in alerts]
    assert thresholds == [("ACTUAL", 80), ("FORECASTED", 100), ("ACTUAL", 100)]
    subscribers = [subscriber for each in alerts for subscriber in each["Subscribers"]]
    assert {each["SubscriptionType"] for each in subscribers} == {"SNS"}
    assert all(each["Address"]["Ref"].startswith("NotificationsTopic") for each in subscribers)
    assert not defaults.properties("AWS::Budgets::Budget")
