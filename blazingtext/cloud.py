"""One stage of the project in one account: AWS clients and the outputs of its stacks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.aws_errors import message_of

from .aws_errors import translating_aws_errors
from .errors import NotDeployedError

if TYPE_CHECKING:  # boto3's types are installed for development only
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_stepfunctions import SFNClient

# In the form that botocore keeps: it rewrites "max_attempts" in this very dictionary once a client is made.
_RETRIES = Config(
    retries={"mode": "standard", "total_max_attempts": 6}, connect_timeout=10, read_timeout=70, user_agent_extra="blazingtext-cdk"
)
# A repeated launch is harmless but slow, and the function itself retries throttled calls. The one attempt has the time to connect, TLS
# included, that six have otherwise.
_ONCE = _RETRIES.merge(Config(retries={"total_max_attempts": 1}, connect_timeout=60, read_timeout=150))


@dataclass(frozen=True)
class Cloud:
    """A stage in an account and region.

    Args:
        stage: the stage's name.
        session: the boto3 session; it decides account, region and, through AWS_ENDPOINT_URL, whether it is AWS or a sandbox.
        other_region: overrides the session's region.
    """

    stage: str
    session: boto3.Session
    other_region: str | None = None

    def elsewhere(self, region: str) -> Cloud:
        """The same stage in another region of the account."""
        return Cloud(self.stage, self.session, region)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """The client for the stacks."""
        return self.session.client("cloudformation", region_name=self.other_region, config=_RETRIES)

    @cached_property
    def s3(self) -> S3Client:
        """The client for corpora and artifacts."""
        return self.session.client("s3", region_name=self.other_region, config=_RETRIES)

    @cached_property
    def functions(self) -> LambdaClient:
        """The client that calls the launcher."""
        return self.session.client("lambda", region_name=self.other_region, config=_ONCE)

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """The client for logs of jobs and endpoints."""
        return self.session.client("logs", region_name=self.other_region, config=_RETRIES)

    @cached_property
    def sagemaker(self) -> SageMakerClient:
        """The client for jobs and endpoints."""
        return self.session.client("sagemaker", region_name=self.other_region, config=_RETRIES)

    @cached_property
    def runtime(self) -> SageMakerRuntimeClient:
        """The client that invokes the endpoint."""
        return self.session.client("sagemaker-runtime", region_name=self.other_region, config=_RETRIES)

    @cached_property
    def stepfunctions(self) -> SFNClient:
        """The client that updates the serving stack."""
        return self.session.client("stepfunctions", region_name=self.other_region, config=_RETRIES)

    def client(self, service: Any) -> Any:
        """A client for one of the services that only the audit uses."""
        return self.session.client(service, region_name=self.other_region, config=_RETRIES)

    @property
    def region(self) -> str:
        """The region, or "" when there is none."""
        return self.other_region or self.session.region_name or ""

    def find_stack(self, name: str) -> StackTypeDef | None:
        """A stack's description, or None when it does not exist."""
        with translating_aws_errors(f"look at the stack {name}"):
            try:
                return self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
            except ClientError as error:
                if "does not exist" in message_of(error):
                    return None
                raise

    def outputs(self, name: str) -> dict[str, str]:
        """A stack's outputs.

        Raises:
            NotDeployedError: the stack is not deployed here.
        """
        stack = self.find_stack(name)
        if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
            raise NotDeployedError(
                f"The stack {name} does not exist in {self.region or 'this region'}. Stage {self.stage} is not deployed in this account.",
                self.stage,
            )
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def output(self, stack: str, key: naming.Output) -> str:
        """One output of a stack.

        Raises:
            NotDeployedError: the stack or the output is missing.
        """
        found = self.outputs(stack).get(key.value)
        if not found:
            raise NotDeployedError(
                f"The stack {stack} has no output {key.value}. It was deployed from another version of the project.", self.stage
            )
        return found

    @cached_property
    def bucket(self) -> str:
        """The stage's bucket."""
        return self.output(naming.storage_stack(self.stage), naming.Output.BUCKET_NAME)

    @cached_property
    def launcher(self) -> str:
        """The name of the launcher function."""
        return self.output(naming.training_stack(self.stage), naming.Output.LAUNCHER_FUNCTION_NAME)

    @cached_property
    def tuner(self) -> str:
        """The name of the function that starts tuning jobs."""
        return self.output(naming.training_stack(self.stage), naming.Output.TUNER_FUNCTION_NAME)

    @cached_property
    def transformer(self) -> str:
        """The name of the function that starts transform jobs."""
        return self.output(naming.training_stack(self.stage), naming.Output.TRANSFORMER_FUNCTION_NAME)

    @cached_property
    def processor(self) -> str:
        """The name of the function that starts processing jobs."""
        return self.output(naming.training_stack(self.stage), naming.Output.PROCESSOR_FUNCTION_NAME)

    @cached_property
    def serving_update(self) -> str:
        """The ARN of the state machine that updates the serving stack."""
        return self.output(naming.training_stack(self.stage), naming.Output.SERVING_UPDATE_ARN)
