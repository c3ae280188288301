"""State machines act with their role, whoever makes one must be able to pass it, and stacks are read with the caller's rights."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.parity.iam_support import Roles, code_of
from tests.parity.support import Stacks, allow, wait_until

STATES = "states.amazonaws.com"
HERE = "us-east-1:000000000000"
MACHINE = f"arn:aws:states:{HERE}:stateMachine:parity"
STACK = f"arn:aws:cloudformation:{HERE}:stack/parameters/*"
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": {"Ref": "Delay"}}}
PARAMETERS = {"Delay": {"Type": "Number", "Default": 0}}


def definition(operation: str, **parameters: Any) -> str:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{operation}", "Parameters": parameters, "End": True}
    return json.dumps({"StartAt": "Task", "States": {"Task": task}})


UPDATE = definition("cloudformation:updateStack", StackName="parameters", UsePreviousTemplate=True, **{"Parameters.$": "$.Parameters"})


class Machine:
    """A state machine of the test's own."""

    def __init__(self, account: Sandbox) -> None:
        self.client = account.boto3("stepfunctions")

    def make(self, role: str, definition: str) -> None:
        self.client.create_state_machine(name="parity", roleArn=role, definition=definition)

    def run(self, **wanted: Any) -> dict[str, Any]:
        """Run an execution to its end."""
        arn = self.client.start_execution(stateMachineArn=MACHINE, input=json.dumps(wanted))["executionArn"]

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.describe_execution(executionArn=arn)
            return found if found["status"] != "RUNNING" else None

        return wait_until(ended)


@pytest.fixture
def machine(account: Sandbox) -> Iterator[Machine]:
    made = Machine(account)
    yield made
    made.client.delete_state_machine(stateMachineArn=MACHINE)


# --- state_machine_tasks ----------------------------------------------------------------------------------------------


@pytest.mark.patch(name="state_machine_tasks")
def test_a_task_may_what_the_machines_role_may(machine: Machine, roles: Roles, stacks: Stacks) -> None:
    stacks.deploy("parameters", {"Parameters": PARAMETERS, "Resources": {"Queue": QUEUE}})
    machine.make(roles.make("updating", allow("cloudformation:UpdateStack", STACK), allow("sqs:*"), service=STATES), UPDATE)

    ended = machine.run(Parameters=[{"ParameterKey": "Delay", "ParameterValue": "7"}])

    assert ended["status"] == "SUCCEEDED"
    assert ":stack/parameters/" in json.loads(ended["output"])["StackId"]
    assert stacks.final_status("parameters") == "UPDATE_COMPLETE"


@pytest.mark.patch(name="state_machine_tasks")
def test_a_task_is_refused_what_the_machines_role_may_not(machine: Machine, roles: Roles, stacks: Stacks) -> None:
    stacks.deploy("parameters", {"Parameters": PARAMETERS, "Resources": {"Queue": QUEUE}})
    elsewhere = allow("cloudformation:UpdateStack", STACK.replace("parameters", "another"))
    machine.make(roles.make("elsewhere", elsewhere, service=STATES), UPDATE)

    ended = machine.run(Parameters=[{"ParameterKey": "Delay", "ParameterValue": "7"}])

    assert (ended["status"], ended["error"]) == ("FAILED", "CloudFormation.CloudFormationException")
    assert "is not authorized to perform: cloudformation:UpdateStack" in ended["cause"]
    assert "Status Code: 403" in ended["cause"]


@pytest.mark.patch(name="state_machine_tasks")
def test_an_error_has_the_name_of_its_service_and_class(machine: Machine, roles: Roles) -> None:
    machine.make(roles.make("reading", allow("ssm:GetParameter"), service=STATES), definition("ssm:getParameter", Name="none"))

    assert machine.run()["error"] == "Ssm.ParameterNotFoundException"


@pytest.mark.patch(name="state_machine_tasks")
def test_answers_are_in_step_functions_spelling(account: Sandbox, machine: Machine, roles: Roles) -> None:
    machine.make(roles.make("describing", allow("states:DescribeStateMachine"), service=STATES), definition("sfn:describeStateMachine"))
    account.boto3("stepfunctions").update_state_machine(
        stateMachineArn=MACHINE, definition=definition("sfn:describeStateMachine", StateMachineArn=MACHINE)
    )

    told = json.loads(machine.run()["output"])

    assert told["StateMachineArn"] == MACHINE
    assert told["CreationDate"].endswith("Z")


# --- state_machine_roles ----------------------------------------------------------------------------------------------


@pytest.mark.patch(name="state_machine_roles")
def test_a_role_that_does_not_trust_step_functions_makes_no_machine(account: Sandbox, roles: Roles) -> None:
    client = account.boto3("stepfunctions")
    untrusting = roles.make("untrusting", service="lambda.amazonaws.com")

    for role in (untrusting, "arn:aws:iam::000000000000:role/none"):
        assert code_of(client.create_state_machine, name="parity", roleArn=role, definition=UPDATE) == "AccessDeniedException"


@pytest.mark.patch(name="state_machine_roles")
def test_a_trust_in_another_machine_is_no_trust(account: Sandbox, roles: Roles) -> None:
    iam, role = account.boto3("iam"), roles.make("one-machine", service=STATES)
    for name, refusal in (("another", "AccessDeniedException"), ("parity", "")):
        condition = {"ArnLike": {"aws:SourceArn": f"arn:aws:states:{HERE}:stateMachine:{name}"}}
        trust = {"Effect": "Allow", "Principal": {"Service": STATES}, "Action": "sts:AssumeRole", "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.update_assume_role_policy(RoleName="one-machine", PolicyDocument=document)

        client = account.boto3("stepfunctions")
        assert code_of(client.create_state_machine, name="parity", roleArn=role, definition=UPDATE) == refusal
    client.delete_state_machine(stateMachineArn=MACHINE)


@pytest.mark.patch(name="state_machine_roles")
def test_making_a_machine_needs_the_right_to_pass_its_role(roles: Roles) -> None:
    role = roles.make("machine-passed", service=STATES)
    making = roles.client("stepfunctions", roles.make("making", allow("states:*")))

    assert code_of(making.create_state_machine, name="parity", roleArn=role, definition=UPDATE) == "AccessDeniedException"


@pytest.mark.patch(name="stack_permissions")
@pytest.mark.parametrize("may", [["states:*", "iam:PassRole"], ["states:*"], ["iam:PassRole"]])
def test_a_stack_makes_a_machine_with_its_own_role(roles: Roles, stacks: Stacks, may: list[str]) -> None:
    deploying = roles.make("deploying", allow(may), service="cloudformation.amazonaws.com")
    properties = {"RoleArn": roles.make("of-the-machine", service=STATES), "StateMachineName": "parity", "Definition": json.loads(UPDATE)}
    template = {"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}

    status = stacks.deploy("machine", template, RoleARN=deploying)

    assert status == ("CREATE_COMPLETE" if len(may) == 2 else "ROLLBACK_COMPLETE")


# --- starting executions ----------------------------------------------------------------------------------------------


def test_starting_and_describing_executions_are_permissions(machine: Machine, roles: Roles) -> None:
    machine.make(roles.make("idle", service=STATES), json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}))
    other = f"arn:aws:states:{HERE}:stateMachine:other"
    starting = roles.client("stepfunctions", roles.make("starting", allow("states:StartExecution", MACHINE)))
    elsewhere = roles.client("stepfunctions", roles.make("starting-elsewhere", allow("states:StartExecution", other)))

    assert code_of(elsewhere.start_execution, stateMachineArn=MACHINE) == "AccessDeniedException"
    arn = starting.start_execution(stateMachineArn=MACHINE)["executionArn"]
    assert code_of(starting.describe_execution, executionArn=arn) == "AccessDeniedException"


@pytest.mark.patch(name="execution_names")
def test_a_running_execution_started_again_with_its_input_is_the_same(machine: Machine, roles: Roles) -> None:
    waiting = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 30, "End": True}}}
    machine.make(roles.make("waiting", service=STATES), json.dumps(waiting))
    wanted = {"stateMachineArn": MACHINE, "name": "once", "input": "{}"}
    first = machine.client.start_execution(**wanted)["executionArn"]

    assert machine.client.start_execution(**wanted)["executionArn"] == first
    assert code_of(machine.client.start_execution, **{**wanted, "input": '{"a": 1}'}) == "ExecutionAlreadyExists"
    machine.client.stop_execution(executionArn=first)
    assert code_of(machine.client.start_execution, **wanted) == "ExecutionAlreadyExists"


# --- stack_parameters -------------------------------------------------------------------------------------------------


@pytest.mark.patch(name="stack_parameters")
def test_a_parameter_of_ssm_is_read_with_the_callers_rights(account: Sandbox, roles: Roles, stacks: Stacks) -> None:
    account.boto3("ssm").put_parameter(Name="/own/delay", Value="3", Type="String", Overwrite=True)
    parameters = {"Delay": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/own/delay"}}
    template = json.dumps({"Parameters": parameters, "Resources": {"Queue": QUEUE}})
    stacks.deploy("parameters", json.loads(template))
    same = {"StackName": "parameters", "UsePreviousTemplate": True, "Parameters": [{"ParameterKey": "Delay", "UsePreviousValue": True}]}
    kept = {"StackName": "parameters", "TemplateBody": template}
    calling = roles.client("cloudformation", roles.make("calling", allow(["cloudformation:*", "sqs:*"])))

    for call, wanted in (
        (calling.update_stack, same),
        (calling.create_stack, {**kept, "StackName": "new-parameters"}),
        (calling.create_change_set, {**kept, "ChangeSetName": "change"}),
    ):
        with pytest.raises(calling.exceptions.ClientError, match="User doesn't have permission to call ssm:GetParameters") as refusal:
            call(**wanted)
        assert refusal.value.response["Error"]["Code"] == "ValidationError"


@pytest.mark.patch(name="stack_parameters")
def test_a_caller_who_may_read_the_parameter_is_not_refused(account: Sandbox, roles: Roles, stacks: Stacks) -> None:
    account.boto3("ssm").put_parameter(Name="/own/delay", Value="3", Type="String", Overwrite=True)
    parameters = {"Delay": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/own/delay"}}
    reading = allow("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/own/delay")
    calling = roles.client("cloudformation", roles.make("reading-caller", allow(["cloudformation:*", "sqs:*"]), reading))

    stacks.names.append("parameters")
    calling.create_stack(StackName="parameters", TemplateBody=json.dumps({"Parameters": parameters, "Resources": {"Queue": QUEUE}}))

    assert stacks.final_status("parameters") == "CREATE_COMPLETE"
