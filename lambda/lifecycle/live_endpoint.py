"""Whether the endpoint serves what the serving stack says.

SageMaker may roll an update of the endpoint back by itself. Whether CloudFormation then notices is not documented; Terraform's resource
did not (https://github.com/hashicorp/terraform-provider-aws/issues/46663). Where it does not, the stack names a model that nobody is
answered by, and the configuration that the endpoint serves is deleted, without which SageMaker takes no update of it
(https://github.com/hashicorp/terraform-provider-aws/issues/48997). So the two are compared.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import naming
from .aws_errors import is_missing, translating_aws_errors
from .live_model import EndpointState, ServingStack, StackState

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
else:
    SageMakerClient = Any

# DescribeEndpoint's EndpointStatus while something is going on, at whose end the endpoint may serve something else.
_CHANGING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


@dataclass(frozen=True)
class LiveEndpoint:
    """A stage's endpoint.

    Attributes:
        name: its name.
        status: SageMaker's EndpointStatus; ``""`` when there is no such endpoint.
        configuration: the name of the endpoint configuration that it serves.
    """

    name: str
    status: str = ""
    configuration: str = ""


def describe(sagemaker: SageMakerClient, stage: str) -> LiveEndpoint:
    """The endpoint of a stage as it is now; one without a status when there is none.

    Raises:
        UserError: see `lifecycle.aws_errors`.
        CloudError: likewise.
    """
    name = naming.endpoint(stage)
    with translating_aws_errors(f"look at the endpoint {name}"):
        try:
            found = sagemaker.describe_endpoint(EndpointName=name)
        except ClientError as error:
            if is_missing(error):
                return LiveEndpoint(name)
            raise
    return LiveEndpoint(name, found["EndpointStatus"], found["EndpointConfigName"])


def difference(stack: ServingStack, endpoint: LiveEndpoint) -> str:
    """In what the endpoint differs from what the stack says, as a sentence or two; ``""`` when it does not, or while either changes."""
    if stack.state is not StackState.READY or endpoint.status in _CHANGING:
        return ""
    if not stack.live or stack.endpoint_state != EndpointState.RUNNING:
        return f"{stack.name} says that there is no endpoint, but {endpoint.name} exists, and bills." if endpoint.status else ""
    model = naming.job_of_artifact(stack.live) or stack.live
    if not endpoint.status:
        return f"{stack.name} says that {endpoint.name} serves {model}, but there is no such endpoint. Somebody has deleted it."
    if stack.configuration in {"", endpoint.configuration}:
        return ""
    return (
        f"{stack.name} says that {endpoint.name} serves {model} (configuration {stack.configuration}), but it serves the configuration "
        f"{endpoint.configuration}. SageMaker rolled an update back and CloudFormation did not notice, or somebody changed the endpoint."
    )


def deleted_configuration(endpoint: LiveEndpoint) -> str:
    """What is to be said of an endpoint whose configuration is gone, though the stack names it.

    AWS says that such an endpoint must be deleted (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteEndpointConfig.html).
    """
    return (
        f"{endpoint.name} serves the configuration {endpoint.configuration}, which somebody has deleted. It goes on answering, but "
        "SageMaker takes no update of it."
    )


def repair_command(stage: str) -> str:
    """What a person types to make endpoint and stack agree again."""
    return naming.command("verify --repair", stage)
