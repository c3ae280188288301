"""ARNs of resources with known names in other stacks or in SageMaker; CloudFormation fills in partition, region and account."""

import aws_cdk as cdk

from blazingtext_lifecycle import naming


def training_jobs(stage: str) -> str:
    """Every training job of a stage, and of no other."""
    return _arn("sagemaker", "training-job", f"{naming.job_prefix(stage)}*")


def model_versions(stage: str) -> str:
    """Every version in a model package group of a stage, and of no other."""
    return _arn("sagemaker", "model-package", f"{naming.model_package_group(stage, '*')}/*")


def model_package_groups(stage: str) -> str:
    """Every model package group of a stage, and of no other."""
    return _arn("sagemaker", "model-package-group", naming.model_package_group(stage, "*"))


def serving_stack(stage: str) -> str:
    """The serving stack of a stage, with any id that CloudFormation may give it.

    Written out, not referenced: the serving stack depends on the training stack, so the training stack cannot depend on it.
    """
    return stack(naming.serving_stack(stage))


def stack(name: str) -> str:
    """A stack of a name, whatever id CloudFormation gave it."""
    return _arn("cloudformation", "stack", f"{name}/*")


def named(kind: str, name: str) -> str:
    """A resource of SageMaker's by its kind (``model``, ``endpoint``) and name."""
    return _arn("sagemaker", kind, name)


def serving_update(stage: str) -> str:
    """The state machine that updates the serving stack of a stage."""
    return _arn("states", "stateMachine", naming.serving_update(stage), cdk.ArnFormat.COLON_RESOURCE_NAME)


def serving_update_executions(stage: str) -> str:
    """The executions of that state machine."""
    return _arn("states", "execution", f"{naming.serving_update(stage)}:*", cdk.ArnFormat.COLON_RESOURCE_NAME)


def schedule_group(stage: str) -> str:
    """The group of a stage's schedules."""
    return _arn("scheduler", "schedule-group", naming.schedule_group(stage))


def schedules(stage: str) -> str:
    """The schedules in that group."""
    return _arn("scheduler", "schedule", f"{naming.schedule_group(stage)}/*")


def training_log_group() -> str:
    """The log group that SageMaker keeps for all training jobs of an account."""
    return _log_group(naming.TRAINING_LOG_GROUP)


def training_log_streams(stage: str) -> str:
    """The log streams of a stage's training jobs; their names begin with the job's."""
    return _log_group(naming.TRAINING_LOG_GROUP, f"log-stream:{naming.job_prefix(stage)}*")


def endpoint_log_group(stage: str) -> str:
    """The log group of a stage's endpoint."""
    return _log_group(naming.endpoint_log_group(stage))


def stage_log_groups(stage: str) -> str:
    """What is in the log groups of a stage's functions, which CloudFormation names after their stacks."""
    return _log_group(f"{naming.job_prefix(stage)}*")


def dashboard(stage: str) -> str:
    """The dashboard of a stage; dashboards have no region."""
    return f"arn:{cdk.Aws.PARTITION}:cloudwatch::{cdk.Aws.ACCOUNT_ID}:dashboard/{naming.endpoint(stage)}"


def budgets() -> str:
    """Every budget of the account; budgets have no region."""
    return f"arn:{cdk.Aws.PARTITION}:budgets::{cdk.Aws.ACCOUNT_ID}:*"


def log_groups(name: str) -> str:
    """Log groups of a name, as CloudWatch Logs writes them into the encryption context of a key: without what is in them."""
    return _arn("logs", "log-group", name, cdk.ArnFormat.COLON_RESOURCE_NAME)


def _log_group(name: str, inside: str = "*") -> str:
    """What is in a log group; CloudWatch Logs asks IAM about that, never about the group alone."""
    return f"{_arn('logs', 'log-group', name, cdk.ArnFormat.COLON_RESOURCE_NAME)}:{inside}"


def _arn(service: str, resource: str, name: str, form: cdk.ArnFormat = cdk.ArnFormat.SLASH_RESOURCE_NAME) -> str:
    components = cdk.ArnComponents(
        partition=cdk.Aws.PARTITION,
        service=service,
        region=cdk.Aws.REGION,
        account=cdk.Aws.ACCOUNT_ID,
        resource=resource,
        resource_name=name,
        arn_format=form,
    )
    return cdk.Arn.format(components)
