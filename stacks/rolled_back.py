"""Notifications about updates, such as a new model, that CloudFormation or SageMaker rolled back."""

import aws_cdk.aws_events as events
import aws_cdk.aws_events_targets as targets
import aws_cdk.aws_sns as sns
import aws_cdk.aws_sqs as sqs
from constructs import Construct

from blazingtext_lifecycle import naming

from . import arns


class RolledBack(Construct):
    """Notifies the topic when an update of the serving stack was rolled back, when rolling back failed, and when SageMaker rolls back.

    SageMaker's own event matters because CloudFormation may not notice; it may come more than once. The rules are outside the serving
    stack, so that no update or rollback of it can remove them.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: str, topic: sns.ITopic, dead_letters: sqs.IQueue) -> None:
        super().__init__(scope, id_)
        for name, description, pattern, message in (
            (
                "Complete",
                "The serving stack of this stage reached UPDATE_ROLLBACK_COMPLETE",
                reached(stage, "UPDATE_ROLLBACK_COMPLETE"),
                _complete(stage),
            ),
            (
                "Failed",
                "The serving stack of this stage reached UPDATE_ROLLBACK_FAILED",
                reached(stage, "UPDATE_ROLLBACK_FAILED"),
                _failed(stage),
            ),
            ("Endpoint", "SageMaker rolls an update of this stage's endpoint back", _rolling_back(stage), _endpoint(stage)),
        ):
            # The text is fixed: CloudFormation's reason may hold quotes, and EventBridge drops a message that they break.
            target = targets.SnsTopic(topic, message=events.RuleTargetInput.from_text(message), dead_letter_queue=dead_letters)
            events.Rule(self, name, description=description, event_pattern=pattern, targets=[target])


def reached(stage: str, *statuses: str) -> events.EventPattern:
    """The events in which the serving stack of a stage has one of some statuses."""
    return events.EventPattern(
        source=["aws.cloudformation"],
        detail_type=["CloudFormation Stack Status Change"],
        detail={"stack-id": [{"wildcard": arns.serving_stack(stage)}], "status-details": {"status": list(statuses)}},
    )


def _rolling_back(stage: str) -> events.EventPattern:
    """The events in which the endpoint of a stage goes back, or could not.

    The statuses are DescribeEndpoint's in the spelling of events. AWS's page shows both kinds of event, and of none of them one in these
    statuses: https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
    """
    return events.EventPattern(
        source=["aws.sagemaker"],
        detail_type=["SageMaker Endpoint Deployment State Change", "SageMaker Endpoint State Change"],
        detail={"EndpointName": [naming.endpoint(stage)], "EndpointStatus": ["ROLLING_BACK", "UPDATE_ROLLBACK_FAILED"]},
    )


def _complete(stage: str) -> str:
    stack = naming.serving_stack(stage)
    return (
        f"BlazingText {stage}: an update of {stack} was rolled back. What was live before is live again, as the stack's parameters say. "
        f"The cause is in the stack's events (aws cloudformation describe-stack-events --stack-name {stack}) and, if a model did not "
        f"start, in the log group {naming.endpoint_log_group(stage)}. Repair it, then promote again."
    )


def _endpoint(stage: str) -> str:
    name = naming.endpoint(stage)
    return (
        f"BlazingText {stage}: SageMaker rolls an update of the endpoint {name} back. What was live before goes on answering. "
        f"CloudFormation may not notice: when {naming.serving_stack(stage)} has come to rest, compare the two with: "
        f"blazingtext verify --stage {stage}"
    )


def _failed(stage: str) -> str:
    stack = naming.serving_stack(stage)
    return (
        f"BlazingText {stage}: an update of {stack} failed, and rolling it back failed too. It takes no update until repaired. "
        f"Read its events (aws cloudformation describe-stack-events --stack-name {stack}), correct the cause, then run: "
        f"aws cloudformation continue-update-rollback --stack-name {stack}"
    )
