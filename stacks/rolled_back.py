"""Notifications about updates of the serving stack, such as a new model, that CloudFormation rolled back."""

import aws_cdk.aws_events as events
import aws_cdk.aws_events_targets as targets
import aws_cdk.aws_sns as sns
import aws_cdk.aws_sqs as sqs
from constructs import Construct

from blazingtext_lifecycle import naming

from . import arns


class RolledBack(Construct):
    """Notifies the topic when an update of the serving stack was rolled back, and when rolling back failed.

    The rules are outside the serving stack, so that no update or rollback of it can remove them.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: str, topic: sns.ITopic, dead_letters: sqs.IQueue) -> None:
        super().__init__(scope, id_)
        for name, status, message in (
            ("Complete", "UPDATE_ROLLBACK_COMPLETE", _complete(stage)),
            ("Failed", "UPDATE_ROLLBACK_FAILED", _failed(stage)),
        ):
            # The text is fixed: CloudFormation's reason may hold quotes, and EventBridge drops a message that they break.
            target = targets.SnsTopic(topic, message=events.RuleTargetInput.from_text(message), dead_letter_queue=dead_letters)
            events.Rule(
                self,
                name,
                description=f"The serving stack of this stage reached {status}",
                event_pattern=_reached(stage, status),
                targets=[target],
            )


def _reached(stage: str, status: str) -> events.EventPattern:
    return events.EventPattern(
        source=["aws.cloudformation"],
        detail_type=["CloudFormation Stack Status Change"],
        detail={"stack-id": [{"wildcard": arns.serving_stack(stage)}], "status-details": {"status": [status]}},
    )


def _complete(stage: str) -> str:
    stack = naming.serving_stack(stage)
    return (
        f"BlazingText {stage}: an update of {stack} was rolled back. What was live before is live again, as the stack's parameters say. "
        f"The cause is in the stack's events (aws cloudformation describe-stack-events --stack-name {stack}) and, if a model did not "
        f"start, in the log group {naming.endpoint_log_group(stage)}. Repair it, then promote again."
    )


def _failed(stage: str) -> str:
    stack = naming.serving_stack(stage)
    return (
        f"BlazingText {stage}: an update of {stack} failed, and rolling it back failed too. It takes no update until repaired. "
        f"Read its events (aws cloudformation describe-stack-events --stack-name {stack}), correct the cause, then run: "
        f"aws cloudformation continue-update-rollback --stack-name {stack}"
    )
