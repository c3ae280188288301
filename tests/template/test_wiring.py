"""Every reference between two resources, written out: a queue is not its dead-letter queue, and one role is not another."""

import json
from typing import Any

from tests.template.matrix import Synthesis
from tests.template.references import IMAGE, name, named, written
from tests.template.test_policies import key
from tests.template.test_serving import rollout, steps

PEOPLE = ("ReadOnly", "DataScientist", "Operator")
TOPIC, DEAD_LETTERS = "<NotificationsTopic>", {"Arn": "<DeadLettersQueue.Arn>"}
SERVING_STACK = "arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/blazingtext-{stage}-serving/*"

# Function, handler, role and log group, by their names; the seconds they may take.
FUNCTIONS = {
    "LauncherLaunchTrainingFunction": ("launch_training.handler", "LauncherLaunchTrainingRole", "LauncherLaunchTrainingLogs", 60),
    "TunerLaunchTuningFunction": ("launch_tuning.handler", "TunerLaunchTuningRole", "TunerLaunchTuningLogs", 60),
    "TransformerLaunchTransformFunction": (
        "launch_transform.handler",
        "TransformerLaunchTransformRole",
        "TransformerLaunchTransformLogs",
        60,
    ),
    "ProcessorLaunchProcessingFunction": (
        "launch_processing.handler",
        "ProcessorLaunchProcessingRole",
        "ProcessorLaunchProcessingLogs",
        60,
    ),
    "PromotionPromoteModelFunction": ("promote_model.handler", "PromotionPromoteModelRole", "PromotionPromoteModelLogs", 60),
    "RetirementRetireFunction": ("empty_bucket.handler", "RetirementRetireRole", "RetirementRetireLogs", 900),
    "JobCleanupFunction": ("stop_training_jobs.handler", "JobCleanupFunctionRole", "JobCleanupFunctionLogs", 900),
}
# The same where a person approves models.
VERSIONS = {
    "ModelRegistryCleanupFunction": ("delete_model_versions.handler", "ModelRegistryCleanupRole", "ModelRegistryCleanupLogs", 900),
}
# The group's name ends as its stack's id begins.
GROUP = "blazingtext-{stage}-models-<AWS::StackId>//[2]/-[0]"


def is_approved(synthesis: Synthesis) -> bool:
    """Whether a person approves models."""
    return synthesis.settings.approval == "manual"


def depends_on(synthesis: Synthesis) -> dict[str, set[str]]:
    """What each resource waits for beyond its references, by name."""
    return {name(id_): {name(each) for each in resource["DependsOn"]} for id_, resource in synthesis.resources() if "DependsOn" in resource}


def without(properties: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key not in names}


def complete(role: str) -> set[str]:
    """A role and its policy."""
    return {role, f"{role}DefaultPolicy"}


def test_each_function_has_its_own_handler_role_and_log_group(each: Synthesis) -> None:
    found = {
        function: (properties["Handler"], properties["Role"], properties["LoggingConfig"], properties["Timeout"])
        for function, properties in named(each, "AWS::Lambda::Function").items()
    }

    assert found == {
        function: (handler, f"<{role}.Arn>", {"LogGroup": f"<{group}>"}, seconds)
        for function, (handler, role, group, seconds) in (FUNCTIONS | (VERSIONS if is_approved(each) else {})).items()
    }


def test_functions_run_on_one_runtime_with_room_for_boto3(each: Synthesis) -> None:
    found = {(properties["Runtime"], properties["MemorySize"]) for properties in each.properties("AWS::Lambda::Function")}

    assert found == {("python3.14", 256)}


def test_the_launchers_are_told_bucket_role_and_image(each: Synthesis) -> None:
    functions = named(each, "AWS::Lambda::Function")
    variables = functions["LauncherLaunchTrainingFunction"]["Environment"]["Variables"]

    assert functions["TunerLaunchTuningFunction"]["Environment"]["Variables"] == variables
    of_transforms = functions["TransformerLaunchTransformFunction"]["Environment"]["Variables"]
    assert of_transforms == variables | {"TRAINING_ROLE_ARN": "<TransformRole.Arn>"}
    of_processing = functions["ProcessorLaunchProcessingFunction"]["Environment"]["Variables"]
    assert of_processing == variables | {"TRAINING_ROLE_ARN": "<ProcessingRole.Arn>"}
    assert {variable: value for variable, value in variables.items() if "<" in value} == {
        "BUCKET": "<CorporaBucket>",
        "TRAINING_ROLE_ARN": "<ExecutionRole.Arn>",
        "TRAINING_IMAGE": IMAGE,
        **({"KMS_KEY_ARN": "<Key.Arn>"} if each.settings.kms_key == "make" else {}),
    }


def test_the_promoter_is_told_bucket_topic_queues_and_state_machine(each: Synthesis) -> None:
    variables = named(each, "AWS::Lambda::Function")["PromotionPromoteModelFunction"]["Environment"]["Variables"]

    assert {variable: value for variable, value in variables.items() if "<" in value} == {
        "BUCKET": "<CorporaBucket>",
        "TOPIC_ARN": "<NotificationsTopic>",
        "QUEUE_URL": "<PromotionQueue>",
        "DEAD_LETTER_QUEUE_URL": "<DeadLettersQueue>",
        "SERVING_UPDATE_ARN": "<PromotionServingUpdateStateMachine>",
        **({"MODEL_PACKAGE_GROUP": GROUP.format(stage=each.settings.stage)} if is_approved(each) else {}),
        **({"KMS_KEY_ARN": "<Key.Arn>"} if is_approved(each) and each.settings.kms_key == "make" else {}),
    }


def test_what_runs_at_deletion_is_told_all_by_its_resource(each: Synthesis) -> None:
    functions = named(each, "AWS::Lambda::Function")

    assert "Environment" not in functions["RetirementRetireFunction"]
    assert "Environment" not in functions["JobCleanupFunction"]
    assert named(each, "Custom::EmptyBucket") == {
        "RetirementEmptyBucket": {"ServiceToken": "<RetirementRetireFunction.Arn>", "ServiceTimeout": "3000", "Bucket": "<CorporaBucket>"}
    }
    assert named(each, "Custom::StopTrainingJobs") == {
        "JobCleanupStopTrainingJobs": {
            "ServiceToken": "<JobCleanupFunction.Arn>",
            "ServiceTimeout": "3000",
            "Stage": each.settings.stage,
            "DeleteJobs": "true" if each.settings.delete_data else "false",
        }
    }


def test_a_message_that_is_received_too_often_goes_to_the_dead_letter_queue_which_has_none(each: Synthesis) -> None:
    queues = named(each, "AWS::SQS::Queue")

    assert queues["PromotionQueue"]["RedrivePolicy"] == {"deadLetterTargetArn": "<DeadLettersQueue.Arn>", "maxReceiveCount": 480}
    assert "RedrivePolicy" not in queues["DeadLettersQueue"]
    own_key = [queue.get("SqsManagedSseEnabled") for queue in queues.values()]
    assert own_key == ([None, None] if each.settings.kms_key else [True, True])
    assert {queue.get("KmsMasterKeyId", "") for queue in queues.values()} == {key(each.settings)}
    assert len(queues) == 2


def test_each_rule_sends_what_it_matches_to_one_target_and_what_fails_to_the_dead_letter_queue(each: Synthesis) -> None:
    targets = {
        rule: [without(target, "Id", "Input") for target in found["Targets"]] for rule, found in named(each, "AWS::Events::Rule").items()
    }
    uploads = {"LauncherUploads": "<LauncherLaunchTrainingFunction.Arn>"} if each.settings.train_on_upload else {}

    assert targets == {
        rule: [{"Arn": target, "DeadLetterConfig": DEAD_LETTERS}]
        for rule, target in {
            "PromotionFinished": "<PromotionQueue.Arn>",
            "PromotionTuned": "<PromotionQueue.Arn>",
            "PromotionUpdated": "<PromotionQueue.Arn>",
            "TransformerEnded": "<TransformerLaunchTransformFunction.Arn>",
            "RolledBackComplete": TOPIC,
            "RolledBackFailed": TOPIC,
            "RolledBackEndpoint": TOPIC,
            **({"ModelRegistryApproved": "<PromotionQueue.Arn>"} if is_approved(each) else {}),
            **({"ScheduleFailed": TOPIC} if scheduled(each) else {}),
            **uploads,
        }.items()
    }


def scheduled(synthesis: Synthesis) -> bool:
    return bool(synthesis.settings.pause_schedule or synthesis.settings.resume_schedule)


def patterns(synthesis: Synthesis) -> dict[str, dict[str, Any]]:
    return {rule: found["EventPattern"] for rule, found in named(synthesis, "AWS::Events::Rule").items()}


def test_each_rule_about_the_serving_stack_matches_these_events(each: Synthesis) -> None:
    def reached(*statuses: str) -> dict[str, Any]:
        stack = SERVING_STACK.format(stage=each.settings.stage)
        return {
            "source": ["aws.cloudformation"],
            "detail-type": ["CloudFormation Stack Status Change"],
            "detail": {"stack-id": [{"wildcard": stack}], "status-details": {"status": list(statuses)}},
        }

    found = patterns(each)
    assert found["PromotionUpdated"] == reached("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
    assert found["RolledBackComplete"] == reached("UPDATE_ROLLBACK_COMPLETE")
    assert found["RolledBackFailed"] == reached("UPDATE_ROLLBACK_FAILED")
    assert found["RolledBackEndpoint"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Endpoint Deployment State Change", "SageMaker Endpoint State Change"],
        "detail": {
            "EndpointName": [f"blazingtext-{each.settings.stage}"],
            "EndpointStatus": ["ROLLING_BACK", "UPDATE_ROLLBACK_FAILED"],
        },
    }


def test_each_rule_about_jobs_and_corpora_matches_these_events(each: Synthesis) -> None:
    found = patterns(each)
    finished, uploads = found["PromotionFinished"], found.get("LauncherUploads")

    assert (finished["source"], finished["detail-type"]) == (["aws.sagemaker"], ["SageMaker Training Job State Change"])
    assert finished["detail"] == {
        "TrainingJobName": [{"prefix": f"blazingtext-{each.settings.stage}-"}],
        "TrainingJobStatus": ["Completed", "Failed", "Stopped"],
    }
    assert found["PromotionTuned"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker HyperParameter Tuning Job State Change"],
        "detail": {
            "HyperParameterTuningJobName": [{"prefix": f"blazingtext-{each.settings.stage}-"}],
            "HyperParameterTuningJobStatus": ["Completed", "Failed", "Stopped"],
        },
    }
    assert found["TransformerEnded"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Transform Job State Change"],
        "detail": {
            "TransformJobName": [{"prefix": f"blazingtext-{each.settings.stage}-"}],
            "TransformJobStatus": ["Completed", "Failed", "Stopped"],
        },
    }
    assert (uploads is not None) is each.settings.train_on_upload
    assert uploads is None or uploads == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["<CorporaBucket>"]}, "object": {"key": [{"wildcard": "corpora/*/complete.json"}]}},
    }


def test_only_what_the_promoter_works_on_is_switched_off_and_only_when_promotion_is_manual(each: Synthesis) -> None:
    disabled = {rule for rule, found in named(each, "AWS::Events::Rule").items() if found["State"] != "ENABLED"}

    assert disabled == (set() if each.settings.auto_promote != "never" else {"PromotionFinished", "PromotionTuned", "PromotionUpdated"})


def test_what_calls_a_function(each: Synthesis) -> None:
    settings = each.settings
    mappings, permissions = named(each, "AWS::Lambda::EventSourceMapping"), named(each, "AWS::Lambda::Permission")
    after_failure = named(each, "AWS::Lambda::EventInvokeConfig")

    assert [without(mapping, "Tags") for mapping in mappings.values()] == (settings.auto_promote != "never") * [
        {
            "EventSourceArn": "<PromotionQueue.Arn>",
            "FunctionName": "<PromotionPromoteModelFunction>",
            "BatchSize": 1,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
    ]
    called = {"<TransformerLaunchTransformFunction.Arn>": "<TransformerEnded.Arn>"}
    called |= {"<LauncherLaunchTrainingFunction.Arn>": "<LauncherUploads.Arn>"} if settings.train_on_upload else {}
    invoking = {"Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    assert {found["FunctionName"]: found for found in permissions.values()} == {
        function: {**invoking, "FunctionName": function, "SourceArn": rule} for function, rule in called.items()
    }
    assert len(permissions) == len(called)
    assert list(after_failure.values()) == settings.train_on_upload * [
        {
            "FunctionName": "<LauncherLaunchTrainingFunction>",
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": 0,
            "DestinationConfig": {"OnFailure": {"Destination": "<DeadLettersQueue.Arn>"}},
        }
    ]


def test_the_state_machine_is_this_and_runs_as_its_own_role(each: Synthesis) -> None:
    machine = named(each, "AWS::StepFunctions::StateMachine")["PromotionServingUpdateStateMachine"]

    update = {
        "Type": "Task",
        "Resource": "arn:<AWS::Partition>:states:::aws-sdk:cloudformation:updateStack",
        "Parameters": {
            "StackName": f"blazingtext-{each.settings.stage}-serving",
            "UsePreviousTemplate": True,
            "Parameters.$": "$.Parameters",
        },
        "TimeoutSeconds": 60,
        "End": True,
    }
    refused = {"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.Refusal", "Next": "WhyRefused"}

    assert machine["RoleArn"] == "<PromotionServingUpdateRole.Arn>"
    assert machine["Definition"] == {
        "Comment": "Sets parameters of the serving stack",
        "StartAt": "WhoAsks",
        "TimeoutSeconds": 7200,
        "States": {
            "WhoAsks": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.Scheduled", "IsPresent": True, "Next": "UpdateWhenIdle"}],
                "Default": "UpdateStack",
            },
            "UpdateStack": update,
            "UpdateWhenIdle": update | {"Catch": [refused]},
            "WhyRefused": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.Refusal.Cause", "StringMatches": "*No updates are to be performed*", "Next": "NothingToDo"},
                    {"Variable": "$.Refusal.Cause", "StringMatches": "*_IN_PROGRESS*", "Next": "WaitUntilIdle"},
                    {"Variable": "$.Refusal.Cause", "StringMatches": "*Rate exceeded*", "Next": "WaitUntilIdle"},
                    {"Variable": "$.Refusal.Cause", "StringMatches": "*Status Code: 5*", "Next": "WaitUntilIdle"},
                ],
                "Default": "Refused",
            },
            "WaitUntilIdle": {"Type": "Wait", "Seconds": 60, "Next": "UpdateWhenIdle"},
            "NothingToDo": {"Type": "Succeed"},
            "Refused": {"Type": "Fail", "ErrorPath": "$.Refusal.Error", "CausePath": "$.Refusal.Cause"},
        },
    }


def test_a_schedule_sets_one_parameter_with_the_stages_own_role_and_keeps_all_others(each: Synthesis) -> None:
    settings, stage = each.settings, each.settings.stage
    found = {logical_id: dict(schedule) for logical_id, schedule in named(each, "AWS::Scheduler::Schedule").items()}
    parameters = each.templates["Serving"]["Parameters"].keys()
    inputs = {logical_id: json.loads(schedule["Target"].pop("Input")) for logical_id, schedule in found.items()}

    def firing(does: str, expression: str) -> dict[str, Any]:
        return {
            "Name": does,
            "GroupName": "<ScheduleGroup>",
            "ScheduleExpression": expression,
            "ScheduleExpressionTimezone": settings.schedule_time_zone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": "<PromotionServingUpdateStateMachine>",
                "RoleArn": "<ScheduleRole.Arn>",
                "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20},
            },
        }

    expressions = {"pause": settings.pause_schedule, "resume": settings.resume_schedule}
    assert {logical_id: without(schedule, "Description") for logical_id, schedule in found.items()} == {
        f"Schedule{does.capitalize()}": firing(does, expression) for does, expression in expressions.items() if expression
    }
    for logical_id, given in inputs.items():
        does = logical_id.removeprefix("Schedule").lower()
        values = {item["ParameterKey"]: item.get("ParameterValue") for item in given["Parameters"]}
        kept = {item["ParameterKey"] for item in given["Parameters"] if item.get("UsePreviousValue") is True}
        assert given["Scheduled"] == does
        assert values["EndpointState"] == {"pause": "paused", "resume": "running"}[does]
        # CloudFormation puts back the default of a parameter that is not named.
        assert kept == parameters - {"EndpointState"}
    groups = [without(group, "Tags") for group in named(each, "AWS::Scheduler::ScheduleGroup").values()]
    assert groups == ([{"Name": f"blazingtext-{stage}-schedules"}] if found else [])


def test_only_a_pause_or_resume_by_schedule_that_failed_is_reported(each: Synthesis) -> None:
    if scheduled(each):
        assert patterns(each)["ScheduleFailed"] == {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {
                "stateMachineArn": ["<PromotionServingUpdateStateMachine>"],
                "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                "input": [{"wildcard": '*"Scheduled"*'}],
            },
        }


def test_the_endpoint_serves_the_configuration_the_configuration_the_model_and_the_model_the_live_artifact(each: Synthesis) -> None:
    settings = each.settings
    model = named(each, "AWS::SageMaker::Model")["HostingModel"]
    config = named(each, "AWS::SageMaker::EndpointConfig")["HostingEndpointConfig"]
    endpoint = named(each, "AWS::SageMaker::Endpoint")["HostingEndpoint"]

    assert model["ExecutionRoleArn"] == "<HostingRole.Arn>"
    assert model["PrimaryContainer"] == {"Image": IMAGE, "ModelDataUrl": "<ModelDataUrl>"}
    serverless = settings.serverless_memory_mb is not None
    instances = {"InstanceType": settings.endpoint_instance_type, "InitialInstanceCount": settings.endpoint_instance_count}
    memory = {"MemorySizeInMB": settings.serverless_memory_mb, "MaxConcurrency": settings.serverless_max_concurrency}
    # SageMaker refuses to isolate a serverless model, and has no volume of it to encrypt.
    assert model["EnableNetworkIsolation"] is not serverless
    assert config["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "ModelName": "<HostingModel.ModelName>",
            "InitialVariantWeight": 1,
            **({"ServerlessConfig": memory} if serverless else instances),
        }
    ]
    assert config.get("KmsKeyId", "") == ("" if serverless else key(settings))
    network = {"Subnets": [*settings.vpc_subnets], "SecurityGroupIds": [*settings.vpc_security_groups]} if settings.vpc_subnets else None
    assert model.get("VpcConfig") == network
    assert endpoint["EndpointConfigName"] == "<HostingEndpointConfig.EndpointConfigName>"


def test_a_guarded_model_is_watched_as_long_as_set_and_any_other_takes_over_at_once(each: Synthesis) -> None:
    bake, instances = each.settings.endpoint_bake_seconds, each.settings.endpoint_instance_count
    at_once = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    shifted = rollout(each.settings, instances)

    def policy(routing: dict[str, Any], seconds: int) -> dict[str, Any]:
        return {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": seconds,
            "MaximumExecutionTimeoutInSeconds": 1800 + (steps(shifted) + 1) * seconds,
        }

    condition, guarded, other = named(each, "AWS::SageMaker::Endpoint")["HostingEndpoint"]["DeploymentConfig"]["Fn::If"]
    assert condition == "IsGuarded"
    assert guarded == {
        "BlueGreenUpdatePolicy": policy(at_once if instances == 1 else shifted, bake),
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": f"<Rollback{name}>"} for name in ("Errors", "ModelErrors", "Latency")]},
    }
    assert other == {"BlueGreenUpdatePolicy": policy(at_once, 0)}


def scaled(each: Synthesis) -> bool:
    return each.settings.endpoint_maximum_instances is not None


NAMED_BESIDE_A_MODEL = {"Fn::And": [{"Condition": "HasModel"}, {"Fn::Not": [{"Fn::Equals": ["<ShadowModelDataUrl>", ""]}]}]}


def test_what_exists_on_which_condition(each: Synthesis) -> None:
    conditions = {name(logical_id): resource["Condition"] for logical_id, resource in each.resources() if "Condition" in resource}

    assert conditions == {
        "HostingModel": "HasModel",
        "HostingEndpointConfig": "HasModel",
        "HostingEndpoint": "HasEndpoint",
        "RollbackErrors": "HasEndpoint",
        "RollbackModelErrors": "HasEndpoint",
        "RollbackLatency": "HasEndpoint",
        **({"ScalingTarget": "HasEndpoint", "ScalingPolicy": "HasEndpoint"} if scaled(each) else {}),
        **({"UseIdle": "HasEndpoint"} if each.settings.idle_alarm_hours else {}),
        **({"HostingShadowModel": "HasShadow"} if each.settings.shadow_percent else {}),
    }
    assert written(each, each.templates["Serving"]["Conditions"]) == {
        "HasModel": {"Fn::Not": [{"Fn::Equals": ["<ModelDataUrl>", ""]}]},
        "HasPrevious": {"Fn::Not": [{"Fn::Equals": ["<PreviousModelDataUrl>", ""]}]},
        "WasPromoted": {"Fn::Not": [{"Fn::Equals": ["<PromotedThrough>", ""]}]},
        "HasEndpoint": {"Fn::And": [{"Condition": "HasModel"}, {"Fn::Equals": ["<EndpointState>", "running"]}]},
        "IsGuarded": {"Fn::Equals": ["<AutoRollback>", "on"]},
        **({"HasShadow": NAMED_BESIDE_A_MODEL} if each.settings.shadow_percent else {}),
    }


def test_what_waits_for_what(each: Synthesis) -> None:
    # Nothing starts a job before the execution role has its policy, and nothing when its jobs have been stopped.
    launching = complete("ExecutionRole") | {"JobCleanupStopTrainingJobs"}
    transforming = complete("TransformRole") | {"JobCleanupStopTrainingJobs"}
    processing = complete("ProcessingRole") | {"JobCleanupStopTrainingJobs"}
    retried = {"LauncherLaunchTrainingFunctionEventInvokeConfig": launching} if each.settings.train_on_upload else {}

    # AWS Budgets refuses a topic that it may not publish to.
    budget = {"Budget": {"NotificationsTopicPolicy"}} if each.settings.monthly_budget else {}

    # A first time may come before the role has its policy.
    turns = [f"Schedule{does}" for does in ("Pause", "Resume") if getattr(each.settings, f"{does.lower()}_schedule")]
    schedules = dict.fromkeys(turns, complete("ScheduleRole"))
    # A variant is scaled once it is there, and no longer before it goes.
    scaling = {"ScalingTarget": {"HostingEndpoint"}} if scaled(each) else {}
    # No version is registered after they were deleted, and they are before their group is.
    cleaned = {"ModelRegistryDeleteModelVersions"} if is_approved(each) else set()
    registry = {
        "ModelRegistryCleanupFunction": complete("ModelRegistryCleanupRole"),
        "ModelRegistryDeleteModelVersions": complete("ModelRegistryCleanupRole") | {"ModelRegistryGroup"},
        "PromotionPromoteModelFunctionSqsEventSourceTrainingPromotionQueueEB0F39A2": cleaned,
    }

    assert depends_on(each) == (retried | budget | scaling | schedules | (registry if is_approved(each) else {})) | {
        "LauncherLaunchTrainingFunction": launching | complete("LauncherLaunchTrainingRole"),
        "TunerLaunchTuningFunction": launching | complete("TunerLaunchTuningRole"),
        "TransformerLaunchTransformFunction": transforming | complete("TransformerLaunchTransformRole"),
        "ProcessorLaunchProcessingFunction": processing | complete("ProcessorLaunchProcessingRole"),
        "PromotionPromoteModelFunction": complete("PromotionPromoteModelRole") | cleaned,
        "PromotionServingUpdateStateMachine": complete("PromotionServingUpdateRole"),
        "JobCleanupFunction": complete("JobCleanupFunctionRole"),
        "JobCleanupStopTrainingJobs": complete("JobCleanupFunctionRole")
        | complete("ExecutionRole")
        | complete("TransformRole")
        | complete("ProcessingRole"),
        "RetirementRetireFunction": complete("RetirementRetireRole"),
        "RetirementEmptyBucket": complete("RetirementRetireRole"),
        # Were it the other way round, SageMaker would make the group, and it would stay.
        "HostingEndpoint": {"Logs"},
    }


def test_each_output_is_this_value(each: Synthesis) -> None:
    stage = each.settings.stage
    used = {"Fn::ImportValue": f"blazingtext-{stage}-storage-in-use"}
    people = {"NotebookRoleArn": "<NotebookRole.Arn>"} if each.settings.notebook_role else {}
    github = {"Delivery": {f"{role}RoleArn": f"<{role}.Arn>" for role in ("Comparison", "Pipeline")}}

    values = {
        stack: {key: written(each, output["Value"]) for key, output in template["Outputs"].items() if not key.startswith("PublishOutput")}
        for stack, template in each.templates.items()
    }
    assert values == (github if each.settings.github_repository else {}) | {
        "Storage": {"BucketName": "<CorporaBucket>", "InUse": f"blazingtext-{stage}-storage"},
        "Training": people
        | {
            "LauncherFunctionName": "<LauncherLaunchTrainingFunction>",
            "TunerFunctionName": "<TunerLaunchTuningFunction>",
            "TransformerFunctionName": "<TransformerLaunchTransformFunction>",
            "ProcessorFunctionName": "<ProcessorLaunchProcessingFunction>",
            "PromoterFunctionName": "<PromotionPromoteModelFunction>",
            "ServingUpdateArn": "<PromotionServingUpdateStateMachine>",
            **({"ScheduleGroupName": f"blazingtext-{stage}-schedules"} if scheduled(each) else {}),
            "TrainingRoleArn": "<ExecutionRole.Arn>",
            "TransformRoleArn": "<TransformRole.Arn>",
            "ProcessingRoleArn": "<ProcessingRole.Arn>",
            "HostingRoleArn": "<HostingRole.Arn>",
            **({"NotebookRoleArn": "<NotebookRole.Arn>"} if each.settings.notebook_role else {}),
            **{f"{who}PolicyArn": f"<People{who}>" for who in PEOPLE if each.settings.people_policies},
            **({"ModelPackageGroupName": GROUP.format(stage=stage)} if is_approved(each) else {}),
            "NotificationsTopicArn": TOPIC,
            "PromotionQueueUrl": "<PromotionQueue>",
            "DeadLetterQueueUrl": "<DeadLettersQueue>",
            "Uses": used,
        },
        "Serving": {
            "EndpointName": f"blazingtext-{stage}",
            "EndpointConfigName": "<HostingEndpointConfig.EndpointConfigName>",
            "LiveModelDataUrl": "<ModelDataUrl>",
            "PreviousModelDataUrl": "<PreviousModelDataUrl>",
            "PromotedThrough": "<PromotedThrough>",
            **({"ShadowInstanceType": "ml.m4.xlarge", "ShadowInstanceCount": "1"} if each.settings.shadow_percent else {}),
            "Uses": used,
        },
    }
