"""What to type to remove one thing that no stack holds any more: our own command for what takes several steps, else the AWS CLI's."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.bucket_cleanup import empty_bucket
from blazingtext_lifecycle.deadline import Deadline
from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.training_jobs import ACTIVE

from .aws_errors import translating_aws_errors
from .cloud import Cloud
from .leftovers import GLOBAL, Leftover, Scope
from .stages import blazingtext_command, cdk_command

_HOUR_MS = 3_600_000


def command(found: Leftover, stage: str, home: str = "") -> str:
    """The command that removes what was found, to be typed as it is; "" for a kind that only its own service knows how to remove.

    Args:
        found: what was found.
        stage: whose it is.
        home: the region that `cdk` works in when it is told none.
    """
    if found.kind == "stack" and found.name in {naming.storage_stack(stage), naming.training_stack(stage), naming.serving_stack(stage)}:
        return cdk_command("destroy", stage, "" if found.region == home else found.region)
    form = _FORMS.get(found.kind)
    return form(found, stage) if form else ""


def _job(kind: str) -> Callable[[Leftover, str], str]:
    """A job that runs is stopped first, and deleted when it has ended."""

    def removing(found: Leftover, _stage: str) -> str:
        verb = "stop" if found.detail in ACTIVE else "delete"
        return _aws(found, f"sagemaker {verb}-{kind} --{kind}-name")

    return removing


def _log_stream(found: Leftover, _stage: str) -> str:
    group, _, stream = found.name.partition(":")
    return _aws(found, f"logs delete-log-stream --log-group-name {shlex.quote(group)} --log-stream-name", stream)


def _queue(found: Leftover, _stage: str) -> str:
    url = _aws(found, "sqs get-queue-url --output text --query QueueUrl --queue-name")
    return _aws(found, "sqs delete-queue --queue-url", f"$({url})")


def _topic(found: Leftover, _stage: str) -> str:
    arn = _aws(found, "sns list-topics --output text --query", f"Topics[?ends_with(TopicArn,':{found.name}')].TopicArn")
    return _aws(found, "sns delete-topic --topic-arn", f"$({arn})")


def _state_machine(found: Leftover, _stage: str) -> str:
    query = f"stateMachines[?name=='{found.name}'].stateMachineArn"
    arn = _aws(found, "stepfunctions list-state-machines --output text --query", query)
    return _aws(found, "stepfunctions delete-state-machine --state-machine-arn", f"$({arn})")


def _rule(found: Leftover, _stage: str) -> str:
    ids = _aws(found, "events list-targets-by-rule --output text --query 'Targets[].Id' --rule")
    targets = f"{_aws(found, 'events remove-targets --rule')} --ids $({ids})"
    return f"{targets} && {_aws(found, 'events delete-rule --name')}"


def _model_package_group(found: Leftover, _stage: str) -> str:
    """SageMaker deletes a group once it has no version."""
    query = "'ModelPackageSummaryList[].ModelPackageArn'"
    versions = _aws(found, f"sagemaker list-model-packages --output text --query {query} --model-package-group-name")
    each = _aws(found, "sagemaker delete-model-package --model-package-name", "$version")
    group = _aws(found, "sagemaker delete-model-package-group --model-package-group-name")
    return f"for version in $({versions}); do {each}; done && {group}"


def _role(found: Leftover, _stage: str) -> str:
    """IAM deletes a role once it has no policy, whether its own or an attached one."""
    name = shlex.quote(found.name)
    own = f"for policy in $(aws iam list-role-policies --output text --query PolicyNames --role-name {name}); do "
    own += f'aws iam delete-role-policy --role-name {name} --policy-name "$policy"; done'
    attached = "for policy in $(aws iam list-attached-role-policies --output text --query 'AttachedPolicies[].PolicyArn' "
    attached += f'--role-name {name}); do aws iam detach-role-policy --role-name {name} --policy-arn "$policy"; done'
    return f"{own} && {attached} && aws iam delete-role --role-name {name}"


def _managed_policy(found: Leftover, _stage: str) -> str:
    """IAM deletes a policy once it has its default version only; one that is attached it refuses to, and names the reason."""
    arn = shlex.quote(found.name)
    others = f"aws iam list-policy-versions --output text --query 'Versions[?!IsDefaultVersion].VersionId' --policy-arn {arn}"
    versions = f'for version in $({others}); do aws iam delete-policy-version --policy-arn {arn} --version-id "$version"; done'
    return f"{versions} && aws iam delete-policy --policy-arn {arn}"


def _budget(found: Leftover, _stage: str) -> str:
    account = "aws sts get-caller-identity --output text --query Account"
    return _aws(found, f'budgets delete-budget --account-id "$({account})" --budget-name')


def _bucket(found: Leftover, stage: str) -> str:
    return blazingtext_command(f"audit --delete-bucket {shlex.quote(found.name)}", stage)


def _plain(operation: str) -> Callable[[Leftover, str], str]:
    return lambda found, _stage: _aws(found, operation)


def _aws(found: Leftover, operation: str, value: str | None = None) -> str:
    """A command of the AWS CLI about the thing's name, or about another value, in the thing's region."""
    name = found.name if value is None else value
    argument = f'"{name}"' if name.startswith("$") else shlex.quote(name)
    region = f" --region {found.region}" if found.region else ""
    return f"aws {operation} {argument}{region}"


_FORMS: Mapping[str, Callable[[Leftover, str], str]] = {
    "alarm": _plain("cloudwatch delete-alarms --alarm-names"),
    "bucket": _bucket,
    "budget": _budget,
    "dashboard": _plain("cloudwatch delete-dashboards --dashboard-names"),
    "endpoint": _plain("sagemaker delete-endpoint --endpoint-name"),
    "endpoint config": _plain("sagemaker delete-endpoint-config --endpoint-config-name"),
    "function": _plain("lambda delete-function --function-name"),
    "log group": _plain("logs delete-log-group --log-group-name"),
    "log stream": _log_stream,
    "model package group": _model_package_group,
    "managed policy": _managed_policy,
    "model": _plain("sagemaker delete-model --model-name"),
    "processing job": _job("processing-job"),
    "queue": _queue,
    "role": _role,
    "rule": _rule,
    "schedule group": _plain("scheduler delete-schedule-group --name"),
    "stack": _plain("cloudformation delete-stack --stack-name"),
    "state machine": _state_machine,
    "topic": _topic,
    "training job": _job("training-job"),
    "transform job": _plain("sagemaker stop-transform-job --transform-job-name"),
    "tuning job": _job("hyper-parameter-tuning-job"),
}


def kept_bucket(cloud: Cloud, bucket: str) -> Leftover:
    """A bucket of the stage that no stack holds any more, with what is in it.

    Raises:
        RequestError: the stage has no such bucket, or its storage stack still holds it.
        LifecycleError: AWS refused or failed.
    """
    with translating_aws_errors("look for the stage's buckets"):
        found = {each.name: each for each in GLOBAL["buckets"](Scope(cloud))}
    if bucket not in found:
        listed = f"It has {', '.join(found)}." if found else "It has none."
        raise RequestError(f"{bucket} is no bucket of stage {cloud.stage}. {listed} List what is left with: {_audit(cloud)}")
    there = cloud.elsewhere(found[bucket].region)
    stack = naming.storage_stack(cloud.stage)
    if there.find_stack(stack) is not None:
        destroy = cdk_command("destroy", cloud.stage, found[bucket].region)
        raise RequestError(f"{bucket} is not deleted. The stack {stack} may still hold it. Destroy that first: {destroy}")
    return found[bucket]


def delete_bucket(cloud: Cloud, bucket: str) -> int:
    """Deletes a bucket of the stage that no stack holds any more, with everything in it.

    Returns:
        How many versions, delete markers and unfinished uploads were in it.

    Raises:
        RequestError: see `kept_bucket`.
        LifecycleError: AWS refused or failed.
    """
    s3 = cloud.elsewhere(kept_bucket(cloud, bucket).region).s3
    deleted = empty_bucket(s3, bucket, Deadline(lambda: _HOUR_MS))
    with translating_aws_errors(f"delete the bucket {bucket}"):
        s3.delete_bucket(Bucket=bucket)
    return deleted


def _audit(cloud: Cloud) -> str:
    return blazingtext_command("audit", cloud.stage)
