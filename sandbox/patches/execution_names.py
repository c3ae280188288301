"""Starting a running execution again, by its name and with its input, answers with that execution.

ministack refuses it as it refuses a name that is taken otherwise
(https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps one

from __future__ import annotations

from ..emulator.internals import Json, internal


def apply() -> None:
    """Look for the running execution first; only standard state machines are emulated."""
    service = internal("services.stepfunctions")
    start = service._start_execution

    def start_once(request: Json) -> tuple[int, Json, bytes]:
        machine = service._resolve_state_machine_arn(str(request.get("stateMachineArn", "")))
        arn = f"{str(machine).replace(':stateMachine:', ':execution:')}:{request.get('name')}"
        running = service._executions.get(arn) or {}
        if running.get("status") == "RUNNING" and running.get("input") == request.get("input", "{}"):
            same: tuple[int, Json, bytes] = service.json_response({"executionArn": arn, "startDate": running["startDate"]})
            return same
        answer: tuple[int, Json, bytes] = start(request)
        return answer

    service._start_execution = start_once
