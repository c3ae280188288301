"""What a state machine's tasks call through `aws-sdk` is called with the machine's role.

ministack calls its own services directly, as nobody in particular: every call is allowed. Only the tasks `aws-sdk:*` are bounded here;
the optimised integrations (`lambda:invoke`, `sqs:sendMessage` ...) still are not.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces some

from __future__ import annotations

import contextvars
from typing import Final

from ..emulator import sdk_tasks
from ..emulator.identity import RoleNotAssumableError, assume_role_credentials
from ..emulator.internals import Json, internal

SERVICE: Final = "states.amazonaws.com"
#: The ARN of the state machine whose execution runs here.
_machine: contextvars.ContextVar[str] = contextvars.ContextVar("sandbox_state_machine", default="")


def apply() -> None:
    """Run every `aws-sdk` task with its machine's role."""
    service = internal("services.stepfunctions")
    run_execution = service._run_execution

    def run_and_remember(execution_arn: str) -> None:
        execution = service._executions.get(execution_arn) or {}
        token = _machine.set(str(execution.get("stateMachineArn", "")))
        try:
            run_execution(execution_arn)
        finally:
            _machine.reset(token)

    service._run_execution = run_and_remember
    service._invoke_aws_sdk_integration = _call


def _call(resource: str, parameters: Json) -> Json:
    service, machine = internal("services.stepfunctions"), _machine.get()
    role = str(service._state_machines.get(machine, {}).get("roleArn", ""))
    try:
        credentials = assume_role_credentials(role, machine.rpartition(":")[2], SERVICE, source_arn=machine)
        return sdk_tasks.run(resource, parameters, credentials)
    except RoleNotAssumableError as problem:
        raise service._ExecutionError("States.Runtime", str(problem)) from problem
    except sdk_tasks.TaskError as problem:
        raise service._ExecutionError(problem.error, problem.cause) from problem
