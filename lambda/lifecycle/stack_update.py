"""Changes parameters of the serving stack, through the one state machine that may update it.

Nobody else has the right to: an execution can set parameters and nothing else (see docs/decisions/0012). Standard executions are
asynchronous, and StartSyncExecution is for Express ones only, so one is started and then described until it has ended; it ends as soon
as CloudFormation has taken or refused the update.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import live_model
from .aws_errors import code_of, translating_aws_errors
from .errors import AccessDeniedError, CloudError, LifecycleError, NotReady, RequestError
from .live_model import ServingStack, StackState

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_stepfunctions import SFNClient
else:
    CloudFormationClient = SFNClient = Any

# CloudFormation answers ValidationError to every update it refuses; only the message tells that this one is no failure.
_NO_UPDATES = "No updates are to be performed"
_DENIED = ("is not authorized to perform", "AccessDenied")
_THROTTLED = ("Rate exceeded", "Throttling")
_FAILED = re.compile(r"Status Code: 5\d\d")
_MAXIMUM_ATTEMPTS = 20
_FIRST_DELAY_SECONDS = 0.25
_MAXIMUM_DELAY_SECONDS = 4.0
# Less than the promoter has; an execution answers within a second or two.
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class StackUpdater:
    """The state machine that updates a stage's serving stack.

    Attributes:
        stepfunctions: the client that starts and describes its executions.
        cloudformation: the client that describes the stack.
        state_machine_arn: the state machine.
        sleep: called between two looks.
        clock: the time in seconds.
    """

    stepfunctions: SFNClient
    cloudformation: CloudFormationClient
    state_machine_arn: str
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def update(self, stack: ServingStack, changes: Mapping[str, str]) -> bool:
        """Changes some parameters of the serving stack and leaves all others and the template as they are.

        Args:
            stack: the stack as it was described when the changes were chosen. The same changes to the same state of the stack are one
                execution, however often they are asked for.
            changes: the new values.

        Returns:
            Whether an update began; False when the parameters already have these values.

        Raises:
            NotReady: another update is running, or CloudFormation has not answered yet.
            UserError: the stack is missing or broken, or AWS refused.
            CloudError: AWS failed.
        """
        live_model.require_ready(stack)
        if all(stack.parameters.get(key, "") == value for key, value in changes.items()):
            return False
        parameters = [{"ParameterKey": key, "UsePreviousValue": True} for key in stack.parameters if key not in changes]
        parameters += [{"ParameterKey": str(key), "ParameterValue": str(value)} for key, value in changes.items()]
        ended = self._wait(self._start(stack, parameters), stack)
        if ended["status"] == "SUCCEEDED":
            return True
        cause = ended.get("cause", "")
        if _NO_UPDATES in cause:
            return False
        raise self._meaning(stack, ended.get("error") or ended["status"], cause)

    def _start(self, stack: ServingStack, parameters: list[dict[str, Any]]) -> str:
        """The execution that makes this change: a new one, or the one that already does or did."""
        request = json.dumps({"Parameters": parameters}, sort_keys=True)
        digest = hashlib.sha256(f"{stack.name} {stack.updated} {request}".encode()).hexdigest()[:40]
        with translating_aws_errors(f"start the update of {stack.name}"):
            for attempt in range(_MAXIMUM_ATTEMPTS):
                name = f"{digest}-{attempt}" if attempt else digest
                try:
                    return self.stepfunctions.start_execution(stateMachineArn=self.state_machine_arn, name=name, input=request)[
                        "executionArn"
                    ]
                except ClientError as error:
                    if code_of(error) != "ExecutionAlreadyExists":
                        raise
                # The name of an execution stays taken for 90 days. One that failed has changed nothing, so the next attempt gets a name.
                before = execution_arn(self.state_machine_arn, name)
                if self.stepfunctions.describe_execution(executionArn=before)["status"] in {"RUNNING", "SUCCEEDED"}:
                    return before
        raise CloudError(
            f"Could not update {stack.name}. The same update failed {_MAXIMUM_ATTEMPTS} times. "
            f"Read the executions of {self.state_machine_arn} for the cause."
        )

    def _wait(self, execution: str, stack: ServingStack) -> Mapping[str, Any]:
        """The execution as it ended.

        Raises:
            NotReady: it has not ended in time; asking for the same change again goes on waiting for it.
        """
        deadline, delay = self.clock() + _PATIENCE_SECONDS, _FIRST_DELAY_SECONDS
        while True:
            with translating_aws_errors(f"follow the update of {stack.name}"):
                found = self._described(execution)
            if found["status"] != "RUNNING":
                return found
            if self.clock() + delay > deadline:
                raise NotReady(f"{stack.name} has not taken its update yet. The execution {execution} still runs. Try again in a minute.")
            self.sleep(delay)
            delay = min(2 * delay, _MAXIMUM_DELAY_SECONDS)

    def _described(self, execution: str) -> Mapping[str, Any]:
        """The execution; one that DescribeExecution does not know yet, being eventually consistent, is running."""
        try:
            return self.stepfunctions.describe_execution(executionArn=execution)
        except ClientError as error:
            if code_of(error) == "ExecutionDoesNotExist":
                return {"status": "RUNNING"}
            raise

    def _meaning(self, stack: ServingStack, error: str, cause: str) -> LifecycleError:
        """What a failed execution means."""
        with translating_aws_errors(f"read the stack {stack.name}"):
            status = self.cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0]["StackStatus"]
        if live_model.classify(status) is StackState.BUSY:
            return NotReady(f"{stack.name} is busy. CloudFormation reports {status}. Try again when it has finished.")
        happened, said = f"Could not update {stack.name}.", f"{error}: {cause}".rstrip(".")
        if any(words in cause for words in _DENIED):
            return AccessDeniedError(
                f"{happened} The role of {self.state_machine_arn} lacks a permission: {said}. Deploy the training stack again."
            )
        if any(words in said for words in _THROTTLED):
            return NotReady(f"{happened} AWS asks to slow down: {said}. Try again in a minute.")
        if error.startswith("CloudFormation.") and not _FAILED.search(cause):
            return RequestError(f"{happened} CloudFormation refused: {said}. Correct what it names, then try again.")
        raise CloudError(
            f"{happened} Its state machine failed: {said}. Try again; if it stays, read {self.state_machine_arn}'s executions."
        )


def execution_arn(state_machine_arn: str, name: str) -> str:
    """The ARN of a state machine's execution by its name."""
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
