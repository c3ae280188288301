"""What the roles may do, and above all what they may not."""

import re
from typing import Any

import pytest

from tests.template.matrix import GIVEN_KEY, Synthesis, lists, prefix

# Policies, by the beginning of their logical ids.
EMPTIER = "RetirementRetire"
STOPPER = "JobCleanup"


def allowed(synthesis: Synthesis, policy: str) -> dict[str, dict[str, Any]]:
    """Statement by action, for the one policy whose logical id begins so."""
    found = {
        action: statement
        for logical_id, statement in synthesis.statements()
        if logical_id.startswith(policy)
        for action in lists(statement["Action"])
    }
    assert found, f"no policy {policy}"
    return found


def written(value: object) -> str:
    """A resource as one text: references in angle brackets."""
    if isinstance(value, str):
        return value
    assert isinstance(value, dict)
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        return "".join(written(part) for part in argument[1])
    if function == "Fn::GetStackOutput":
        return f"<{argument['OutputName']}>"
    return f"<{argument if function == 'Ref' else '.'.join(argument)}>"


def test_no_statement_allows_every_action_or_every_action_of_a_service(each: Synthesis) -> None:
    for logical_id, statement in each.statements():
        assert statement["Effect"] == "Allow"
        assert "NotAction" not in statement
        assert not [action for action in lists(statement["Action"]) if "*" in action], logical_id


def test_no_role_takes_a_ready_made_policy(each: Synthesis) -> None:
    assert not [role for role in each.properties("AWS::IAM::Role") if "ManagedPolicyArns" in role]
    assert len(each.properties("AWS::IAM::ManagedPolicy")) == 3 * each.settings.people_policies


def test_every_resource_is_allowed_only_where_iam_knows_no_narrower_one(each: Synthesis) -> None:
    unlimited = {
        (action, bool(statement.get("Condition")))
        for _, statement in each.statements()
        if "*" in lists(statement["Resource"])
        for action in lists(statement["Action"])
    }

    known = {("cloudwatch:PutMetricData", True), ("cloudwatch:DescribeAlarms", False), ("sagemaker:ListTrainingJobs", False)}
    known |= {(f"sagemaker:List{kind}s", False) for kind in ("HyperParameterTuningJob", "TransformJob", "ProcessingJob", "Model")}
    if each.settings.approval == "manual":
        known.add(("sagemaker:ListModelPackages", False))
    network = ("NetworkInterfaces", "Vpcs", "DhcpOptions", "Subnets", "SecurityGroups") if each.settings.vpc_subnets else ()
    assert unlimited == known | {(f"ec2:Describe{what}", False) for what in network}


def test_only_launchers_and_people_may_pass_a_role_only_the_jobs_and_the_endpoints_and_only_to_sagemaker(each: Synthesis) -> None:
    passing = [(logical_id, statement) for logical_id, statement in each.statements() if "iam:PassRole" in lists(statement["Action"])]

    (logical_id, statement), *others = sorted(passing, key=lambda found: found[0])
    people, (processor, fourth), (transformer, third), (tuner, also) = others[:-3], others[-3], others[-2], others[-1]
    assert [name.startswith("NotebookRole") for name, _ in people] == [True] * each.settings.notebook_role
    assert all(found["Condition"] == statement["Condition"] for _, found in people)
    assert logical_id.startswith("LauncherLaunchTraining")
    assert tuner.startswith("TunerLaunchTuning")
    assert processor.startswith("ProcessorLaunchProcessing")
    assert written(fourth["Resource"]).startswith("<ProcessingRole")
    assert fourth["Condition"] == statement["Condition"]
    assert transformer.startswith("TransformerLaunchTransform")
    assert written(third["Resource"]).startswith("<TransformRole")
    assert third["Condition"] == statement["Condition"]
    assert written(also["Resource"]) == written(statement["Resource"])
    assert also["Condition"] == statement["Condition"]
    assert written(statement["Resource"]).startswith("<ExecutionRole")
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_no_arn_names_a_partition_an_account_or_a_region(each: Synthesis) -> None:
    for stack in each.templates:
        # The owner's own key is named as the owner named it.
        text = each.template_file(stack).read_text(encoding="utf-8").replace(GIVEN_KEY, "")
        assert not re.findall(r"arn:aws[a-z-]*:", text)
        without_images = re.sub(r'"account": "\d{12}"', "", text)
        assert not re.findall(r"(?<![0-9a-f])\d{12}(?![0-9a-f])", without_images)


def test_training_may_read_corpora_and_write_runs_and_no_more_of_the_bucket(each: Synthesis) -> None:
    may = {action: statement for action, statement in allowed(each, "ExecutionRole").items() if action.startswith("s3:")}

    assert set(may) == {"s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"}
    assert may["s3:ListBucket"]["Condition"] == {"StringLike": {"s3:prefix": ["corpora/*", "runs/*"]}}
    assert written(may["s3:GetObject"]["Resource"]).endswith(">/corpora/*")
    assert written(may["s3:PutObject"]["Resource"]).endswith(">/runs/*")


def test_hosting_may_read_runs_and_write_captured_requests_only(each: Synthesis) -> None:
    may = {action: statement for action, statement in allowed(each, "HostingRole").items() if action.startswith("s3:")}

    capturing = {"s3:PutObject"} if each.settings.data_capture_percent else set()
    assert set(may) == {"s3:ListBucket", "s3:GetObject"} | capturing
    assert all(written(may[action]["Resource"]).endswith(">/captured/*") for action in capturing)
    assert may["s3:ListBucket"]["Condition"] == {"StringLike": {"s3:prefix": ["runs/*"]}}
    assert written(may["s3:GetObject"]["Resource"]).endswith(">/runs/*")


def test_sagemaker_may_use_the_roles_for_this_account_only(each: Synthesis) -> None:
    trusts = [role["AssumeRolePolicyDocument"]["Statement"] for role in each.properties("AWS::IAM::Role")]
    sagemaker = [statement for (statement, *_) in trusts if statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}]

    assert len(sagemaker) == 4 + each.settings.notebook_role
    assert all(each["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}} for each in sagemaker)


def test_the_launcher_starts_only_jobs_of_its_stage(each: Synthesis) -> None:
    may = allowed(each, "LauncherLaunchTraining")

    for action in ("sagemaker:CreateTrainingJob", "sagemaker:AddTags", "sagemaker:DescribeTrainingJob"):
        assert written(may[action]["Resource"]).endswith(f":training-job/{prefix(each)}*")
    assert "sagemaker:StopTrainingJob" not in may
    assert written(may["s3:GetObject"]["Resource"]).endswith(">/corpora/*")


def test_the_transformer_starts_only_transform_jobs_of_its_stage_and_stops_none(each: Synthesis) -> None:
    may = allowed(each, "TransformerLaunchTransform")

    for action, kind in (
        ("CreateTransformJob", "transform-job"),
        ("DescribeTransformJob", "transform-job"),
        ("CreateModel", "model"),
        ("DeleteModel", "model"),
    ):
        assert written(may[f"sagemaker:{action}"]["Resource"]).endswith(f":{kind}/{prefix(each)}*")
    assert not {"sagemaker:StopTransformJob", "sagemaker:CreateTrainingJob", "s3:PutObject"} & set(may)


def test_the_processor_starts_only_processing_jobs_of_its_stage_and_reads_no_raw_text(each: Synthesis) -> None:
    may = allowed(each, "ProcessorLaunchProcessing")

    for action in ("sagemaker:CreateProcessingJob", "sagemaker:AddTags", "sagemaker:DescribeProcessingJob"):
        assert written(may[action]["Resource"]).endswith(f":processing-job/{prefix(each)}*")
    assert written(may["s3:GetObject"]["Resource"]).endswith("/corpora/*")
    assert not {"sagemaker:StopProcessingJob", "sagemaker:CreateTrainingJob", "s3:PutObject"} & set(may)


def test_the_tuner_starts_only_tuning_jobs_of_its_stage(each: Synthesis) -> None:
    may = allowed(each, "TunerLaunchTuning")

    for action in ("sagemaker:CreateHyperParameterTuningJob", "sagemaker:AddTags", "sagemaker:DescribeHyperParameterTuningJob"):
        assert written(may[action]["Resource"]).endswith(f":hyper-parameter-tuning-job/{prefix(each)}*")
    assert not {"sagemaker:CreateTrainingJob", "sagemaker:StopHyperParameterTuningJob"} & set(may)


def test_the_promoter_has_the_serving_stack_updated_and_can_update_none(each: Synthesis) -> None:
    may = allowed(each, "PromotionPromoteModel")
    machine = f"blazingtext-{each.settings.stage}-serving-update"

    assert {action for action in may if action.startswith(("states:", "cloudformation:"))} == {
        "states:StartExecution",
        "states:DescribeExecution",
        "cloudformation:DescribeStacks",
    }
    assert written(may["states:StartExecution"]["Resource"]).endswith(f":stateMachine:{machine}")
    assert written(may["states:DescribeExecution"]["Resource"]).endswith(f":execution:{machine}:*")
    assert written(may["cloudformation:DescribeStacks"]["Resource"]).endswith(f":stack/blazingtext-{each.settings.stage}-serving/*")
    registering = {"sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"}
    assert {action for action in may if action.startswith("sagemaker:")} == {
        "sagemaker:DescribeTrainingJob",
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:ListTags",
        "sagemaker:AddTags",
        "sagemaker:DescribeEndpoint",
        *(registering if each.settings.approval == "manual" else ()),
    }
    assert may["sagemaker:AddTags"]["Condition"]["ForAllValues:StringEquals"] == {"aws:TagKeys": ["blazingtext:promotion"]}
    assert written(may["sagemaker:DescribeEndpoint"]["Resource"]).endswith(f":endpoint/blazingtext-{each.settings.stage}")
    written_ = {"s3:PutObject"} if each.settings.approval == "manual" else set()
    assert {action for action in may if action.startswith(("iam:", "s3:Put", "s3:Delete"))} == written_
    assert {"sqs:ChangeMessageVisibility", "sqs:SendMessage", "sns:Publish", "s3:GetObject", "s3:ListBucket"} <= set(may)


def test_one_role_may_update_a_stack_only_the_serving_stack_and_nothing_else(each: Synthesis) -> None:
    updating = [logical_id for logical_id, statement in each.statements() if "cloudformation:UpdateStack" in lists(statement["Action"])]
    (policy,) = updating
    may = allowed(each, policy)

    assert policy.startswith("PromotionServingUpdateRole")
    assert set(may) == {"cloudformation:UpdateStack"}
    resource = may["cloudformation:UpdateStack"]["Resource"]
    assert written(resource).endswith(f":stack/blazingtext-{each.settings.stage}-serving/*")


def test_only_the_one_state_machine_may_use_that_role(each: Synthesis) -> None:
    trusts = [role["AssumeRolePolicyDocument"]["Statement"] for role in each.properties("AWS::IAM::Role")]
    ((statement,),) = (each for each in trusts if each[0]["Principal"] == {"Service": "states.amazonaws.com"})

    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    source = written(statement["Condition"]["ArnLike"]["aws:SourceArn"])
    assert source.endswith(f":states:<AWS::Region>:<AWS::AccountId>:stateMachine:blazingtext-{each.settings.stage}-serving-update")


def test_an_execution_sets_parameters_of_the_serving_stack_and_nothing_else(each: Synthesis) -> None:
    machine = each.one("AWS::StepFunctions::StateMachine")
    tasks = [state for state in machine["Definition"]["States"].values() if state["Type"] not in {"Choice", "Wait", "Succeed", "Fail"}]

    assert machine["StateMachineName"] == f"blazingtext-{each.settings.stage}-serving-update"
    assert machine["StateMachineType"] == "STANDARD"
    assert len(tasks) == 2
    for task in tasks:
        assert task["Type"] == "Task"
        assert written(task["Resource"]) == "arn:<AWS::Partition>:states:::aws-sdk:cloudformation:updateStack"
        assert task["Parameters"] == {
            "StackName": f"blazingtext-{each.settings.stage}-serving",
            "UsePreviousTemplate": True,
            "Parameters.$": "$.Parameters",
        }


def test_what_empties_the_bucket_may_do_nothing_else(whole_matrix: dict[str, Synthesis]) -> None:
    may = allowed(whole_matrix["deleted-data"], EMPTIER)
    bucket = {action: written(statement["Resource"]) for action, statement in may.items() if not action.startswith("logs:")}

    assert bucket.keys() == {
        "s3:ListBucketVersions",
        "s3:ListBucketMultipartUploads",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:AbortMultipartUpload",
    }
    for action, resource in bucket.items():
        assert re.fullmatch(r"<CorporaBucket\w+\.Arn>" + ("" if "List" in action else r"/\*"), resource)


def test_what_stops_jobs_reaches_only_this_stages_and_may_do_nothing_else(whole_matrix: dict[str, Synthesis]) -> None:
    may = allowed(whole_matrix["deleted-data"], STOPPER)
    acting = {action: written(lists(may[action]["Resource"])[-1]) for action in may if re.search("Delete|Stop", action)}

    deletable = {
        "TrainingJob": "training-job/",
        "HyperParameterTuningJob": "hyper-parameter-tuning-job/",
        "ProcessingJob": "processing-job/",
    }
    kinds = {**deletable, "TransformJob": "transform-job/"}
    assert {action for action in may if action.startswith("sagemaker:")} == {
        "sagemaker:ListTags",
        *(f"sagemaker:List{kind}s" for kind in kinds),
        *("sagemaker:ListModels", "sagemaker:DeleteModel"),
        *(f"sagemaker:Stop{kind}" for kind in kinds),
        *(f"sagemaker:Delete{kind}" for kind in deletable),
    }
    assert not {action for action in may if not action.startswith(("sagemaker:", "logs:"))}
    stopping = {f"sagemaker:Stop{kind}" for kind in kinds} | {f"sagemaker:Delete{kind}" for kind in deletable}
    assert acting.keys() == stopping | {"logs:DeleteLogStream", "sagemaker:DeleteModel"}
    for action, resource in acting.items():
        within = next((path for kind, path in {**kinds, "DeleteModel": "model/"}.items() if action.endswith(kind)), "log-stream:")
        assert resource.endswith(f":{within}blazingtext-dev-*")


def test_data_that_is_kept_cannot_be_deleted(defaults: Synthesis) -> None:
    may = allowed(defaults, EMPTIER).keys() | allowed(defaults, STOPPER).keys()

    assert "sagemaker:StopTrainingJob" in may
    # The model of a transform job is no data: it is the run's artifact under the job's name.
    assert {action for action in may if action.startswith("s3:") or "Delete" in action} == {"sagemaker:DeleteModel"}


@pytest.mark.parametrize("type_", ["AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket"])
def test_everything_that_holds_data_refuses_to_speak_without_tls(type_: str, each: Synthesis) -> None:
    policies = {
        "AWS::SQS::Queue": "AWS::SQS::QueuePolicy",
        "AWS::SNS::Topic": "AWS::SNS::TopicPolicy",
        "AWS::S3::Bucket": "AWS::S3::BucketPolicy",
    }
    denying = [
        policy
        for policy in each.properties(policies[type_])
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]

    assert len(denying) == len(each.properties(type_))


def test_metrics_go_into_sagemakers_own_namespaces_only(each: Synthesis) -> None:
    namespaces = {
        role: allowed(each, role)["cloudwatch:PutMetricData"]["Condition"]["StringEquals"]["cloudwatch:namespace"]
        for role in ("ExecutionRole", "HostingRole")
    }

    assert namespaces == {"ExecutionRole": "/aws/sagemaker/TrainingJobs", "HostingRole": "/aws/sagemaker/Endpoints"}


def test_a_log_group_is_named_by_what_is_in_it_since_iam_is_never_asked_about_the_group_alone(each: Synthesis) -> None:
    groups = {
        written(resource).partition(":log-group:")[2]
        for role in ("ExecutionRole", "HostingRole", "TransformRole", "ProcessingRole", STOPPER)
        for action, statement in allowed(each, role).items()
        if action.startswith("logs:")
        for resource in lists(statement["Resource"])
        if ":log-group:" in written(resource)
    }

    assert groups == {
        *(
            f"/aws/sagemaker/{kind}Jobs:{inside}"
            for kind in ("Training", "Transform", "Processing")
            for inside in ("*", f"log-stream:{prefix(each)}*")
        ),
        f"/aws/sagemaker/Endpoints/blazingtext-{each.settings.stage}:*",
    }
