"""Least privilege is real: one permission less, and training fails in AWS's words."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import SERVING, STACKS, Shell, jobs, output, wait_until

pytestmark = pytest.mark.usefixtures("first_run")


def role_of(account: Sandbox, output: str) -> str:
    """The name of the execution role, or of a function's role, by a stack output."""
    (stack,) = account.boto3("cloudformation").describe_stacks(StackName="blazingtext-dev-training")["Stacks"]
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
    if output == "TrainingRoleArn":
        return str(outputs[output].rpartition("/")[2])
    configuration = account.boto3("lambda").get_function_configuration(FunctionName=outputs[output])
    return str(configuration["Role"].rpartition("/")[2])


@contextmanager
def without(account: Sandbox, role: str, *actions: str) -> Iterator[None]:
    """Takes actions out of a role's policies for a while."""
    iam = account.boto3("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    before = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
    taken = 0
    for name, document in json.loads(json.dumps(before)).items():
        for statement in document["Statement"]:
            held = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            taken += len(set(held) & set(actions))
            # A statement needs an action: one that does nothing here stands in for an empty list.
            statement["Action"] = [action for action in held if action not in actions] or ["sts:GetCallerIdentity"]
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert taken, f"{role} holds none of {actions}: nothing was taken away"
    try:
        yield
    finally:
        for name, document in before.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def failure(train: Callable[..., Any], account: Sandbox, *options: str) -> str:
    """Trains, expecting failure; SageMaker's reason."""
    train(*options, code=2)
    (job, *_) = account.boto3("sagemaker").list_training_jobs(SortBy="CreationTime", SortOrder="Descending")["TrainingJobSummaries"]
    described = account.boto3("sagemaker").describe_training_job(TrainingJobName=job["TrainingJobName"])
    assert described["TrainingJobStatus"] == "Failed"
    return str(described["FailureReason"])


def test_cloudformation_deploys_all_of_this_with_the_project_s_own_policy_and_no_other(account: Sandbox) -> None:
    role = "cdk-blzgtxt-cfn-exec-role-000000000000-us-east-1"

    attached = account.boto3("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]

    assert [policy["PolicyName"] for policy in attached] == ["blazingtext-deployment"]
    assert not account.boto3("iam").list_role_policies(RoleName=role)["PolicyNames"]


def test_without_reading_s3_the_download_fails(train: Callable[..., Any], account: Sandbox) -> None:
    with without(account, role_of(account, "TrainingRoleArn"), "s3:GetObject"):
        reason = failure(train, account, "--epochs", "1", "--min-count", "21")

    assert reason.startswith("ClientError: Data download failed")
    assert "AccessDenied" in reason


def test_without_writing_s3_the_upload_fails(train: Callable[..., Any], account: Sandbox) -> None:
    with without(account, role_of(account, "TrainingRoleArn"), "s3:PutObject"):
        reason = failure(train, account, "--epochs", "1", "--min-count", "22")

    assert reason.startswith("ClientError: Artifact upload failed")
    assert "AccessDenied" in reason


def test_without_listing_s3_the_request_is_refused_in_aws_words(deployed: Shell, account: Sandbox) -> None:
    with without(account, role_of(account, "TrainingRoleArn"), "s3:ListBucket"):
        refused = deployed.blazingtext("train", "--corpus", "wiki", "--epochs", "1", "--min-count", "23", code=2)

    assert "No S3 objects found under S3 URL" in refused.err
    assert "s3:ListBucket" in refused.err


def test_without_passing_the_role_nothing_is_started(deployed: Shell, account: Sandbox) -> None:
    before = jobs(account)

    with without(account, role_of(account, "LauncherFunctionName"), "iam:PassRole"):
        refused = deployed.blazingtext("train", "--corpus", "wiki", "--epochs", "1", "--min-count", "24", code=2)

    assert "is not authorized to perform: iam:PassRole" in refused.err
    assert jobs(account) == before


@pytest.fixture(scope="module")
def promoter(account: Sandbox) -> Callable[[str], Any]:
    """Clients with the promoter's own credentials."""
    role = account.boto3("iam").get_role(RoleName=role_of(account, "PromoterFunctionName"))["Role"]["Arn"]
    given = account.boto3("sts").assume_role(RoleArn=role, RoleSessionName="attempt")["Credentials"]
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"]}
    return lambda service: account.boto3(service, **keys, aws_session_token=given["SessionToken"])


def templates(account: Sandbox) -> dict[str, Any]:
    """What somebody with more on their mind than a model would put in place of the serving stack, beside what is there."""
    there = json.loads(json.dumps(account.boto3("cloudformation").get_template(StackName=SERVING)["TemplateBody"]))
    queue = {"Type": "AWS::SQS::Queue"}
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}}
    return {
        "another template": {"Resources": {"Queue": queue}},
        "a new resource": {**there, "Resources": {**there["Resources"], "Queue": queue}},
        "a new role": {**there, "Resources": {**there["Resources"], "Role": role}},
    }


@pytest.mark.parametrize("attempt", ["another template", "a new resource", "a new role", "the same template"])
def test_the_promoter_can_update_no_stack_itself(attempt: str, promoter: Callable[[str], Any], account: Sandbox) -> None:
    changed = templates(account).get(attempt)
    body: dict[str, Any] = {"UsePreviousTemplate": True} if changed is None else {"TemplateBody": json.dumps(changed)}
    capabilities = ["CAPABILITY_NAMED_IAM"]
    cloudformation = promoter("cloudformation")

    for stack in STACKS:
        for call, more in ((cloudformation.update_stack, {}), (cloudformation.create_change_set, {"ChangeSetName": "attempt"})):
            assert denied(call, StackName=stack, Capabilities=capabilities, **body, **more)


def test_the_promoter_can_change_neither_the_state_machine_nor_a_role(promoter: Callable[[str], Any], account: Sandbox) -> None:
    machine = serving_update(account)
    assert denied(promoter("stepfunctions").update_state_machine, stateMachineArn=machine["stateMachineArn"], definition="{}")
    assert denied(promoter("stepfunctions").create_state_machine, name="mine", definition="{}", roleArn=machine["roleArn"])
    name = machine["roleArn"].rpartition("/")[2]
    assert denied(promoter("iam").put_role_policy, RoleName=name, PolicyName="more", PolicyDocument="{}")
    assert denied(promoter("sts").assume_role, RoleArn=machine["roleArn"], RoleSessionName="attempt")


def test_an_execution_changes_parameters_and_nothing_else_whatever_its_input(promoter: Callable[[str], Any], account: Sandbox) -> None:
    cloudformation, states = account.boto3("cloudformation"), promoter("stepfunctions")
    before = cloudformation.get_template(StackName=SERVING)["TemplateBody"]
    (stack,) = cloudformation.describe_stacks(StackName=SERVING)["Stacks"]
    kept = [{"ParameterKey": each["ParameterKey"], "UsePreviousValue": True} for each in stack["Parameters"]]
    attempt = {
        "StackName": STACKS[0],
        "UsePreviousTemplate": False,
        "TemplateBody": json.dumps(templates(account)["another template"]),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Parameters": kept,
    }
    arn = states.start_execution(stateMachineArn=serving_update(account)["stateMachineArn"], input=json.dumps(attempt))["executionArn"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=arn)
        return None if found["status"] == "RUNNING" else found

    execution = wait_until(ended, what="the execution's end")

    # Nothing but the parameters of the serving stack was asked for, and they are what they were.
    assert execution is not None
    assert "No updates are to be performed" in execution["cause"]
    assert cloudformation.get_template(StackName=SERVING)["TemplateBody"] == before
    assert {each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]} >= set(STACKS)


def test_without_its_one_permission_the_state_machine_updates_nothing_and_says_so(
    deployed: Shell, account: Sandbox, parameters: Callable[[], dict[str, str]]
) -> None:
    before = parameters()
    with without(account, serving_update(account)["roleArn"].rpartition("/")[2], "cloudformation:UpdateStack"):
        refused = deployed.blazingtext("pause", code=2)

    assert "is not authorized to perform: cloudformation:UpdateStack" in refused.err
    assert parameters() == before


def test_a_promotion_that_a_person_must_fix_is_reported_at_once(
    train: Callable[..., Any], account: Sandbox, parameters: Callable[[], dict[str, str]]
) -> None:
    before = parameters()
    (stack,) = account.boto3("cloudformation").describe_stacks(StackName="blazingtext-dev-training")["Stacks"]
    url = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}["DeadLetterQueueUrl"]
    sqs = account.boto3("sqs")
    with without(account, serving_update(account)["roleArn"].rpartition("/")[2], "cloudformation:UpdateStack"):
        job = train("--epochs", "2")["job"]
        wanted = {"QueueUrl": url, "MessageAttributeNames": ["Reason"], "MaxNumberOfMessages": 10}
        messages: list[Any] = []

        def arrived() -> list[Any]:
            messages.extend(each for each in sqs.receive_message(**wanted).get("Messages", []) if job in each["Body"])
            return messages

        wait_until(arrived, what="the dead letter")

    reason = messages[0]["MessageAttributes"]["Reason"]["StringValue"]
    assert "is not authorized to perform: cloudformation:UpdateStack" in reason
    assert parameters() == before


def serving_update(account: Sandbox) -> dict[str, Any]:
    """The state machine that updates the serving stack."""
    arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:{SERVING}-update"
    described: dict[str, Any] = account.boto3("stepfunctions").describe_state_machine(stateMachineArn=arn)
    return described


def denied(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether IAM refuses a call; another error is not taken for a refusal."""
    with pytest.raises(ClientError) as refusal:
        call(**arguments)
    return str(refusal.value.response["Error"]["Code"]).startswith("AccessDenied")


def test_iam_refuses_what_the_launcher_would_let_through(deployed: Shell, account: Sandbox) -> None:
    """The limits stand in IAM as well: here the function's own are gone, and those of its role are not."""
    configuration = {"FunctionName": output(account, "LauncherFunctionName")}
    functions = account.boto3("lambda")
    variables = functions.get_function_configuration(**configuration)["Environment"]["Variables"]
    request = ("train", "--corpus", "wiki", "--min-count", "25", "--max-runtime", "86401")
    before = jobs(account)

    by_launcher = deployed.blazingtext(*request, code=2)
    functions.update_function_configuration(**configuration, Environment={"Variables": {**variables, "MAXIMUM_TRAINING_SECONDS": "432000"}})
    try:
        by_iam = deployed.blazingtext(*request, code=2)
    finally:
        functions.update_function_configuration(**configuration, Environment={"Variables": variables})

    assert "The stage's setting maximumTrainingSeconds is 86400." in by_launcher.err
    assert "not authorized to perform: sagemaker:CreateTrainingJob" in by_iam.err
    assert jobs(account) == before
