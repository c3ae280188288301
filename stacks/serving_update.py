"""The one way to change the serving stack outside a deployment: a state machine that sets its parameters and can do nothing else."""

from collections.abc import Sequence

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
import aws_cdk.aws_stepfunctions as stepfunctions
from constructs import Construct

from blazingtext_lifecycle import naming

from . import arns

# CloudFormation takes or refuses an update within seconds, and goes on by itself.
_TIMEOUT_SECONDS = 60
# What the input of an execution has that nobody waits for, because a schedule started it.
SCHEDULED = "Scheduled"
# How long such an execution waits for a stack that is busy, and how often it asks.
_PATIENCE_SECONDS = 2 * 3600
_PAUSE_SECONDS = 60


class ServingUpdate(Construct):
    """A state machine whose executions update the serving stack with the parameters of their input.

    Stack and template are written into the definition, and no capability is given: an input has no way to name another stack, another
    template or a role. Sources: https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html and, for the
    role's trust, https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html

    Attributes:
        arn: the state machine.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: str) -> None:
        super().__init__(scope, id_)
        role = self._role(stage)
        machine = stepfunctions.CfnStateMachine(
            self,
            "StateMachine",
            # CloudFormation would make up a name without the stack's, and the role's trust names the machine.
            state_machine_name=naming.serving_update(stage),
            state_machine_type="STANDARD",
            role_arn=role.role_arn,
            definition=_definition(stage),
        )
        machine.node.add_dependency(role)
        self.arn = machine.ref

    def _role(self, stage: str) -> iam.Role:
        for_this_machine = {
            "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
            "ArnLike": {"aws:SourceArn": arns.serving_update(stage)},
        }
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com", conditions=for_this_machine),
            description="Step Functions sets parameters of the serving stack with it",
        )
        role.add_to_policy(iam.PolicyStatement(actions=["cloudformation:UpdateStack"], resources=[arns.serving_stack(stage)]))
        return role


def permissions(stage: str) -> Sequence[tuple[str, str]]:
    """What a role needs to have the serving stack updated: action and resource."""
    return (
        ("states:StartExecution", arns.serving_update(stage)),
        ("states:DescribeExecution", arns.serving_update_executions(stage)),
        ("cloudformation:DescribeStacks", arns.serving_stack(stage)),
    )


def _definition(stage: str) -> dict[str, object]:
    """One update for whoever waits for its answer; for a schedule, one that waits until the stack is not busy and CloudFormation answers.

    CloudFormation answers every update that it does not make with ValidationError; only the message tells why. Step Functions gives it
    with the HTTP status.
    """
    by_schedule = {"Variable": f"$.{SCHEDULED}", "IsPresent": True, "Next": "UpdateWhenIdle"}
    refused = {"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.Refusal", "Next": "WhyRefused"}
    return {
        "Comment": "Sets parameters of the serving stack",
        "StartAt": "WhoAsks",
        "TimeoutSeconds": _PATIENCE_SECONDS,
        "States": {
            "WhoAsks": {"Type": "Choice", "Choices": [by_schedule], "Default": "UpdateStack"},
            "UpdateStack": {**_update(stage), "End": True},
            "UpdateWhenIdle": {**_update(stage), "Catch": [refused], "End": True},
            "WhyRefused": {
                "Type": "Choice",
                "Choices": [
                    _said("*No updates are to be performed*", "NothingToDo"),
                    *(_said(words, "WaitUntilIdle") for words in ("*_IN_PROGRESS*", "*Rate exceeded*", "*Status Code: 5*")),
                ],
                "Default": "Refused",
            },
            "WaitUntilIdle": {"Type": "Wait", "Seconds": _PAUSE_SECONDS, "Next": "UpdateWhenIdle"},
            "NothingToDo": {"Type": "Succeed"},
            "Refused": {"Type": "Fail", "ErrorPath": "$.Refusal.Error", "CausePath": "$.Refusal.Cause"},
        },
    }


def _update(stage: str) -> dict[str, object]:
    return {
        "Type": "Task",
        "Resource": f"arn:{cdk.Aws.PARTITION}:states:::aws-sdk:cloudformation:updateStack",
        "Parameters": {"StackName": naming.serving_stack(stage), "UsePreviousTemplate": True, "Parameters.$": "$.Parameters"},
        "TimeoutSeconds": _TIMEOUT_SECONDS,
    }


def _said(words: str, then: str) -> dict[str, object]:
    return {"Variable": "$.Refusal.Cause", "StringMatches": words, "Next": then}
