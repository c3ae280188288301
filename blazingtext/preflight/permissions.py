"""Whether somebody may do what is needed, as IAM's policy simulator tells: policies, boundary and organisation, without doing it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, naming

from ..aws_errors import translating_aws_errors
from ..stages import bootstrap_command
from .checks import Caller, Check, Outcome, Subject

_SESSION = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<name>[^/]+)/.+")
_SAMPLE = "preflight"


def permissions(subject: Subject) -> Iterator[Check]:
    """Whether the caller may deploy and use the stage.

    Raises:
        LifecycleError: the simulator may not be asked, or did not answer.
    """
    what, caller = "permissions", subject.caller
    if caller.arn.endswith(":root"):
        yield Check(what, Outcome.OK, "The root user may do everything. AWS advises against using it: sign in as somebody else.")
        return
    principal = _principal(subject, caller)
    if not principal:
        yield Check(what, Outcome.UNKNOWN, f"{caller.arn} is neither a user nor a role: IAM simulates these only.")
        return
    denied = _denied(subject, principal, _needed(subject))
    if denied:
        yield Check(what, Outcome.PROBLEM, f"{principal} may not: {', '.join(denied)}.", "Ask whoever manages its permissions for these.")
    else:
        yield Check(what, Outcome.OK, f"{principal} may deploy stage {subject.cloud.stage} and use it")


def _principal(subject: Subject, caller: Caller) -> str:
    """The ARN that IAM simulates: of the user, or of the role behind a session, whose path the session's ARN does not tell."""
    session = _SESSION.fullmatch(caller.arn)
    if session:
        with translating_aws_errors(f"look at the role {session['name']}"):
            return str(subject.cloud.client("iam").get_role(RoleName=session["name"])["Role"]["Arn"])
    return caller.arn if ":user/" in caller.arn else ""


def _needed(subject: Subject) -> Mapping[str, Sequence[str]]:
    """Actions by resource: what `cdk` and this command line do with the caller's own permissions."""
    stage, caller, region, arn = subject.cloud.stage, subject.caller, subject.cloud.region, subject.arn
    prefix = naming.job_prefix(stage)
    bucket = f"arn:{caller.partition}:s3:::{prefix}{_SAMPLE}"
    return {
        # `cdk deploy` assumes the roles that `cdk bootstrap` made; what they may do, the bootstrap decides.
        f"arn:{caller.partition}:iam::{caller.account}:role/cdk-{naming.BOOTSTRAP_QUALIFIER}-deploy-role-{caller.account}-{region}": (
            "sts:AssumeRole",
        ),
        arn("cloudformation", f"stack/{naming.serving_stack(stage)}/{_SAMPLE}"): ("cloudformation:DescribeStacks",),
        bucket: ("s3:ListBucket",),
        f"{bucket}/{naming.CORPORA}{_SAMPLE}": ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
        f"{bucket}/{naming.RUNS}{_SAMPLE}": ("s3:GetObject",),
        arn("lambda", f"function:{prefix}{_SAMPLE}"): ("lambda:InvokeFunction",),
        arn("sagemaker", f"training-job/{prefix}{_SAMPLE}"): ("sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"),
        arn("sagemaker", f"endpoint/{naming.endpoint(stage)}"): ("sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"),
        arn("states", f"stateMachine:{naming.serving_update(stage)}"): ("states:StartExecution",),
        arn("logs", f"log-group:{naming.TRAINING_LOG_GROUP}:log-stream:{prefix}{_SAMPLE}"): ("logs:GetLogEvents",),
        "*": ("sagemaker:ListTrainingJobs",),
    }


def execution_role(subject: Subject) -> Iterator[Check]:
    """Whether CloudFormation's role may create what the stacks hold: its policy may be of an earlier version of the project.

    Raises:
        LifecycleError: the simulator may not be asked.
    """
    caller, region = subject.caller, subject.cloud.region
    name = f"cdk-{naming.BOOTSTRAP_QUALIFIER}-cfn-exec-role-{caller.account}-{region}"
    with translating_aws_errors(f"look at the role {name}"):
        try:
            role = subject.cloud.client("iam").get_role(RoleName=name)["Role"]["Arn"]
        except ClientError as error:
            if aws_errors.code_of(error) != "NoSuchEntity":
                raise
            said = f"The role {name}, as which CloudFormation works, does not exist."
            yield Check("execution policy", Outcome.PROBLEM, said, bootstrap_command())
            return
    denied = _denied(subject, role, _created(subject))
    if denied:
        remedy = "Bring the policy up to date with bootstrap/execution-policy.json: docs/architecture.md says how."
        if any("autoscaling" in action for action in denied):
            remedy += " endpointMaximumInstances needs bootstrap/autoscaling-policy.json, too."
        yield Check("execution policy", Outcome.PROBLEM, f"CloudFormation, as {name}, may not: {', '.join(denied)}.", remedy)
    else:
        yield Check("execution policy", Outcome.OK, f"CloudFormation, as {name}, may create what the stacks hold")


def _created(subject: Subject) -> Mapping[str, Sequence[str]]:
    """One action for every service that the stacks use."""
    stage, caller, arn = subject.cloud.stage, subject.caller, subject.arn
    prefix = naming.job_prefix(stage)
    scaled = subject.plan.endpoint_most > subject.plan.endpoint_count
    return {
        # What registers a variant is bound to SageMaker by a key that IAM's simulator is not told.
        **({"*": ("application-autoscaling:DescribeScalableTargets",)} if scaled else {}),
        f"arn:{caller.partition}:s3:::{prefix}{_SAMPLE}": ("s3:CreateBucket",),
        f"arn:{caller.partition}:iam::{caller.account}:role/{prefix}{_SAMPLE}": ("iam:CreateRole",),
        arn("lambda", f"function:{prefix}{_SAMPLE}"): ("lambda:CreateFunction",),
        arn("logs", f"log-group:{naming.endpoint_log_group(stage)}"): ("logs:CreateLogGroup",),
        arn("sqs", f"{prefix}{_SAMPLE}"): ("sqs:CreateQueue",),
        arn("sns", f"{prefix}{_SAMPLE}"): ("sns:CreateTopic",),
        arn("events", f"rule/{prefix}{_SAMPLE}"): ("events:PutRule",),
        arn("cloudwatch", f"alarm:{prefix}{_SAMPLE}"): ("cloudwatch:PutMetricAlarm",),
        arn("states", f"stateMachine:{naming.serving_update(stage)}"): ("states:CreateStateMachine",),
        arn("sagemaker", f"endpoint/{naming.endpoint(stage)}"): ("sagemaker:CreateEndpoint",),
    }


def _denied(subject: Subject, principal: str, needed: Mapping[str, Sequence[str]]) -> list[str]:
    """The actions that a principal may not take, each with its resource."""
    iam = subject.cloud.client("iam")
    denied = []
    for resource, actions in needed.items():
        wish: dict[str, Any] = {"PolicySourceArn": principal, "ActionNames": list(actions), "ResourceArns": [resource]}
        with translating_aws_errors(f"have IAM simulate the permissions of {principal}"):
            pages = iam.get_paginator("simulate_principal_policy").paginate(**wish)
            results = [result for page in pages for result in page["EvaluationResults"]]
        denied += [f"{result['EvalActionName']} on {resource}" for result in results if result["EvalDecision"] != "allowed"]
    return denied
