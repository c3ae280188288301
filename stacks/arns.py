"""ARNs of what has a known name but is not in the stack that speaks of it. Partition, region and account stay CloudFormation's."""

import aws_cdk as cdk

from lifecycle import naming


def training_jobs(stage: str) -> str:
    """Every training job of a stage, and of no other."""
    return _arn("sagemaker", "training-job", f"{naming.job_prefix(stage)}*")


def serving_stack(stage: str) -> str:
    """The serving stack of a stage, whatever id CloudFormation gave it.

    Written out, not referenced: the serving stack depends on the training stack, so the training stack cannot depend on it.
    """
    return _arn("cloudformation", "stack", f"{naming.serving_stack(stage)}/*")


def training_log_group() -> str:
    """The log group that SageMaker keeps for all training jobs of an account."""
    return _arn("logs", "log-group", naming.TRAINING_LOG_GROUP, cdk.ArnFormat.COLON_RESOURCE_NAME)


def training_log_streams(stage: str) -> str:
    """The log streams of a stage's training jobs; their names begin with the job's."""
    return f"{training_log_group()}:log-stream:{naming.job_prefix(stage)}*"


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
