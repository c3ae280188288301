"""Work that has to be done before a stack can be deleted: a custom resource, and how long it may take."""

import aws_cdk as cdk
from constructs import Construct

from .python_function import PythonFunction

# The longest that Lambda allows: a stopping job has two minutes of grace, and a full bucket takes its time.
TIMEOUT = cdk.Duration.minutes(15)
# Lambda runs a function that failed or timed out twice more, after one and after two minutes
# (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html): 3 x 15 + 3 minutes. CloudFormation waits for
# these, too, and at most an hour (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html).
SERVICE_TIMEOUT = cdk.Duration.minutes(50)


def on_delete(scope: Construct, id_: str, function: PythonFunction, **properties: str) -> cdk.CustomResource:
    """A custom resource ``Custom::<id>`` whose deletion calls a function.

    Args:
        scope: the parent.
        id_: the construct id.
        function: does the work.
        properties: what the function needs to know.
    """
    resource = cdk.CustomResource(
        scope,
        id_,
        resource_type=f"Custom::{id_}",
        service_token=function.function.function_arn,
        service_timeout=SERVICE_TIMEOUT,
        properties=properties,
    )
    # CloudFormation deletes in the opposite order: the permissions must outlive the work.
    resource.node.add_dependency(function.role)
    return resource
