"""A Lambda function from the lambda/ folder: the folder is the one asset, a handler is named as text."""

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
        function: the function; the stack grants it to whoever may call it.
        role: what it runs as; the construct that makes the function adds the permissions it needs.
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
    ) -> None:
        super().__init__(scope, id_)
        # Not AWSLambdaBasicExecutionRole: it may create log groups, so a late line would leave one behind after destroy.
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=description)
        lines = log_group(self, "Logs", retention_days=log_retention_days)
        lines.grant_write(self.role)
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
            log_group=lines,
        )

    def allow(self, *actions: str, on: str | Sequence[str], **conditions: object) -> None:
        """Lets the function do something.

        Args:
            actions: IAM actions.
            on: the resource they are for, or the ways to write it.
            conditions: IAM condition operators, such as ``StringLike={"s3:prefix": ["runs/*"]}``.
        """
        resources = [on] if isinstance(on, str) else list(on)
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=resources, conditions=conditions or None))
