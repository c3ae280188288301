"""The endpoint pauses and resumes by itself: two schedules that start the state machine of the serving stack with fixed inputs."""

import json
from collections.abc import Iterable

import aws_cdk as cdk
import aws_cdk.aws_cloudwatch as cloudwatch
import aws_cdk.aws_cloudwatch_actions as actions
import aws_cdk.aws_events as events
import aws_cdk.aws_events_targets as targets
import aws_cdk.aws_iam as iam
import aws_cdk.aws_scheduler as scheduler
import aws_cdk.aws_sns as sns
import aws_cdk.aws_sqs as sqs
from constructs import Construct

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.live_model import EndpointState, Parameter

from . import arns
from .serving_update import SCHEDULED

_SERVICE = "scheduler.amazonaws.com"
# How long Scheduler goes on when Step Functions does not take the start: later, the next pause or resume may be nearer.
_RETRY_SECONDS = 3600
_RETRIES = 20


class PauseSchedule(Construct):
    """A schedule that pauses the endpoint, one that resumes it, or both, and news when one of them came to nothing.

    Their role may start the one state machine that may update the serving stack, and nothing else; what it is started with is part of the
    schedules, so neither time nor caller can set another parameter. A schedule finds the stack busy, paused, without a model or gone: the
    state machine waits, has nothing to do, or fails without a change.

    Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html and, for the role's trust,
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html

    Args:
        stage: whose endpoint.
        pause: when it pauses, a cron expression; ``""``: only by hand.
        resume: when it resumes, likewise.
        time_zone: whose clock the expressions mean.
        serving_update_arn: the state machine.
        topic: who hears of a schedule that came to nothing.
        dead_letters: where that news goes when the topic does not take it.
        allows_shadow: whether the serving stack has the parameter of a shadow, which goes and comes with the endpoint.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: str,
        pause: str,
        resume: str,
        time_zone: str,
        serving_update_arn: str,
        topic: sns.ITopic,
        dead_letters: sqs.IQueue,
        allows_shadow: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._kept = [each for each in Parameter if each is not Parameter.SHADOW_MODEL_DATA_URL or allows_shadow]
        self._machine, self._time_zone = serving_update_arn, time_zone
        group = scheduler.CfnScheduleGroup(self, "Group", name=naming.schedule_group(stage))
        role = self._role(stage)
        for expression, state, does in ((pause, EndpointState.PAUSED, naming.PAUSE), (resume, EndpointState.RUNNING, naming.RESUME)):
            if expression:
                self._schedule(does, expression, state, group, role)
        self._report(stage, topic, dead_letters)
        self._watch(stage, topic)

    def _role(self, stage: str) -> iam.Role:
        of_this_group = {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID, "aws:SourceArn": arns.schedule_group(stage)}}
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(_SERVICE, conditions=of_this_group),
            description="EventBridge Scheduler starts the pause and the end of the pause of the endpoint with it",
        )
        role.add_to_policy(iam.PolicyStatement(actions=["states:StartExecution"], resources=[arns.serving_update(stage)]))
        return role

    def _schedule(self, does: str, expression: str, state: EndpointState, group: scheduler.CfnScheduleGroup, role: iam.Role) -> None:
        schedule = scheduler.CfnSchedule(
            self,
            does.capitalize(),
            name=does,
            group_name=group.ref,
            description=f"Sets {Parameter.ENDPOINT_STATE} of the serving stack to {state}",
            schedule_expression=expression,
            schedule_expression_timezone=self._time_zone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self._machine,
                role_arn=role.role_arn,
                input=json.dumps(execution_input(does, state, self._kept)),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_RETRY_SECONDS, maximum_retry_attempts=_RETRIES
                ),
            ),
        )
        # Scheduler refuses a role that it cannot assume yet, and a first time may come before the role's policy.
        schedule.node.add_dependency(role)

    def _report(self, stage: str, topic: sns.ITopic, dead_letters: sqs.IQueue) -> None:
        """Tells the topic of an execution that a schedule started and that failed; those of people are reported where they are started."""
        failed = events.EventPattern(
            source=["aws.states"],
            detail_type=["Step Functions Execution Status Change"],
            detail={
                "stateMachineArn": [self._machine],
                "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                "input": [{"wildcard": f'*"{SCHEDULED}"*'}],
            },
        )
        message = (
            f"BlazingText {stage}: the endpoint was to be paused or resumed by its schedule, and the update of "
            f"{naming.serving_stack(stage)} failed. Nothing was changed. Why: aws stepfunctions list-executions --status-filter FAILED "
            f"--state-machine-arn {self._machine} names the execution. What is there, and what comes next: blazingtext status --stage "
            f"{stage}; by hand: blazingtext pause --stage {stage}, or resume"
        )
        target = targets.SnsTopic(topic, message=events.RuleTargetInput.from_text(message), dead_letter_queue=dead_letters)
        events.Rule(self, "Failed", description="A pause or resume by schedule failed", event_pattern=failed, targets=[target])

    def _watch(self, stage: str, topic: sns.ITopic) -> None:
        """Tells the topic when Scheduler gave a start up.

        Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
        """
        dropped = cloudwatch.Metric(
            namespace="AWS/Scheduler",
            metric_name="InvocationDroppedCount",
            dimensions_map={"ScheduleGroup": naming.schedule_group(stage)},
            statistic="Sum",
            period=cdk.Duration.minutes(5),
        )
        alarm = dropped.create_alarm(
            self,
            "Dropped",
            alarm_description=(
                f"BlazingText {stage}: EventBridge Scheduler could not start the pause or the resume of the endpoint for an hour. "
                f"What is there: blazingtext status --stage {stage}; by hand: blazingtext pause --stage {stage}, or resume. "
                "If it stays, deploy the training stack again."
            ),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))


def execution_input(does: str, state: EndpointState, parameters: Iterable[Parameter]) -> dict[str, object]:
    """What an execution of a schedule is started with: one parameter with its value, and all others as they are.

    CloudFormation puts back the default of a parameter that an update does not name, and refuses one that the template does not have.
    """
    kept = [{"ParameterKey": str(each), "UsePreviousValue": True} for each in parameters if each is not Parameter.ENDPOINT_STATE]
    return {SCHEDULED: does, "Parameters": [*kept, {"ParameterKey": str(Parameter.ENDPOINT_STATE), "ParameterValue": str(state)}]}
