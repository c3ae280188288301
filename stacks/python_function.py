"""A Lambda function from the lambda/ folder, named by its handler; all functions share one asset."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
import aws_cdk.aws_lambda as lambda_
from constructs import Construct

from .function_asset import function_code
from .log_group import log_group


class PythonFunction(Construct):
    """A function with a role and a log group of its own; the role may write to that log group and nothing else yet.

    Attributes:
        function: the function; a stack lets others invoke it.
        role: its execution role; the construct that creates the function adds permissions.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        handler: str,
        description: str,
        timeout: cdk.Duration,
        log_retention_days: int,
        environment: Mapping[str, str] | None = None,
        memory_mb: int = 256,
        key_arn: str = "",
    ) -> None:
        super().__init__(scope, id_)
        # Not AWSLambdaBasicExecutionRole: it may create log groups, so a line written late would leave one behind after destroy.
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=description)
        group = log_group(self, "Logs", retention_days=log_retention_days, key_arn=key_arn)
        group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            code=function_code(self),
            handler=handler,
            runtime=lambda_.Runtime.PYTHON_3_14,
            role=self.role,
            description=description,
            timeout=timeout,
            memory_size=memory_mb,
            environment=dict(environment) if environment else None,
            log_group=group,
        )

    def allow(self, *actions: str, on: str | Sequence[str], **conditions: object) -> None:
        """Allows the function some actions.

        Args:
            actions: IAM actions.
            on: the resource, or several.
            conditions: IAM condition operators, such as ``StringLike={"s3:prefix": ["runs/*"]}``.
        """
        resources = [on] if isinstance(on, str) else list(on)
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=resources, conditions=conditions))
