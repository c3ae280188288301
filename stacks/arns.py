"""ARNs of resources with known names in other stacks or in SageMaker; CloudFormation fills in partition, region and account."""

import aws_cdk as cdk

from blazingtext_lifecycle import images, naming


def training_jobs(stage: str) -> str:
    """Every training job of a stage, and of no other."""
    return _arn("sagemaker", "training-job", f"{naming.job_prefix(stage)}*")


def tuning_jobs(stage: str) -> str:
    """Every tuning job of a stage, and of no other."""
    return _arn("sagemaker", "hyper-parameter-tuning-job", f"{naming.job_prefix(stage)}*")


def transform_jobs(stage: str) -> str:
    """Every transform job of a stage, and of no other."""
    return _arn("sagemaker", "transform-job", f"{naming.job_prefix(stage)}*")


def processing_jobs(stage: str) -> str:
    """Every processing job of a stage, and of no other."""
    return _arn("sagemaker", "processing-job", f"{naming.job_prefix(stage)}*")


def models(stage: str) -> str:
    """Every model of a stage's transform jobs; CloudFormation makes up the names of those that are served."""
    return _arn("sagemaker", "model", f"{naming.job_prefix(stage)}*")


def jobs(stage: str) -> str:
    """Every job of a stage, of whatever kind: the kinds of resources all end in ``-job``."""
    return _arn("sagemaker", "*-job", f"{naming.job_prefix(stage)}*")


def model_versions(stage: str) -> str:
    """Every version in a model package group of a stage, and of no other."""
    return _arn("sagemaker", "model-package", f"{naming.model_package_group(stage, '*')}/*")


def model_package_groups(stage: str) -> str:
    """Every model package group of a stage, and of no other."""
    return _arn("sagemaker", "model-package-group", naming.model_package_group(stage, "*"))


def algorithm_image() -> str:
    """The repository of the BlazingText image, whichever of AWS's accounts has it in the region."""
    return f"arn:{cdk.Aws.PARTITION}:ecr:{cdk.Aws.REGION}:*:repository/{images.REPOSITORY}"


def serving_stack(stage: str) -> str:
    """The serving stack of a stage, with any id that CloudFormation may give it.

    Written out, not referenced: the serving stack depends on the training stack, so the training stack cannot depend on it.
    """
    return stack(naming.serving_stack(stage))


def stack(name: str) -> str:
    """A stack of a name, whatever id CloudFormation gave it."""
    return _arn("cloudformation", "stack", f"{name}/*")


def stage_stacks(stage: str) -> str:
    """The stacks of a stage."""
    return stack(f"{naming.job_prefix(stage)}*")


def stage_queues(stage: str) -> str:
    """The queues of a stage, which CloudFormation names after their stack."""
    return _arn("sqs", f"{naming.job_prefix(stage)}*", "", cdk.ArnFormat.NO_RESOURCE_NAME)


def bucket(name: str) -> str:
    """A bucket of somebody else's; buckets have neither region nor account."""
    return f"arn:{cdk.Aws.PARTITION}:s3:::{name}"


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


def stage_roles(stage: str) -> str:
    """The roles of a stage; roles have no region."""
    return f"arn:{cdk.Aws.PARTITION}:iam::{cdk.Aws.ACCOUNT_ID}:role/{naming.job_prefix(stage)}*"


def stage_functions(stage: str) -> str:
    """The functions of a stage."""
    return _arn("lambda", "function", f"{naming.job_prefix(stage)}*", cdk.ArnFormat.COLON_RESOURCE_NAME)


def launchers(stage: str) -> str:
    """The functions of a stage that start jobs: CloudFormation names them after their stack and constructs, which alone have the word.

    One pattern for all of them: IAM limits how long a policy is.
    """
    return _arn("lambda", "function", f"{naming.job_prefix(stage)}*Launch*", cdk.ArnFormat.COLON_RESOURCE_NAME)


def stage_rules(stage: str) -> str:
    """The event rules of a stage."""
    return _arn("events", "rule", f"{naming.job_prefix(stage)}*")


def training_log_group() -> str:
    """The log group that SageMaker keeps for all training jobs of an account."""
    return _log_group(naming.TRAINING_LOG_GROUP)


def job_log_groups() -> str:
    """The log groups that SageMaker keeps for all jobs of an account, one for each kind, with what is in them."""
    return _log_group("/aws/sagemaker/*Jobs")


def training_log_streams(stage: str) -> str:
    """The log streams of a stage's training jobs; their names begin with the job's."""
    return _log_group(naming.TRAINING_LOG_GROUP, f"log-stream:{naming.job_prefix(stage)}*")


def transform_log_group() -> str:
    """The log group that SageMaker keeps for all transform jobs of an account."""
    return _log_group(naming.TRANSFORM_LOG_GROUP)


def transform_log_streams(stage: str) -> str:
    """The log streams of a stage's transform jobs; their names begin with the job's."""
    return _log_group(naming.TRANSFORM_LOG_GROUP, f"log-stream:{naming.job_prefix(stage)}*")


def processing_log_group() -> str:
    """The log group that SageMaker keeps for all processing jobs of an account."""
    return _log_group(naming.PROCESSING_LOG_GROUP)


def processing_log_streams(stage: str) -> str:
    """The log streams of a stage's processing jobs; their names begin with the job's."""
    return _log_group(naming.PROCESSING_LOG_GROUP, f"log-stream:{naming.job_prefix(stage)}*")


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
        resource_name=name or None,
        arn_format=form,
    )
    return cdk.Arn.format(components)
