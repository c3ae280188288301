"""Updates of the serving stack through the state machine that alone may update it."""

import dataclasses
import json
import re
from typing import Any, cast

import pytest

from blazingtext_lifecycle import live_model
from blazingtext_lifecycle.errors import AccessDeniedError, CloudError, NotReady, RequestError
from blazingtext_lifecycle.live_model import ServingStack
from blazingtext_lifecycle.stack_update import StackUpdater, execution_arn
from tests.unit.lifecycle.aws_fakes import MACHINE, FakeCloudFormation, FakeStateMachine, client_error

NAME = "blazingtext-dev-serving"


class Account:
    """A serving stack, its state machine, and a clock that moves when somebody sleeps."""

    def __init__(self, parameters: dict[str, str], status: str = "CREATE_COMPLETE", name: str = NAME) -> None:
        self.cloudformation = FakeCloudFormation(name, parameters, status)
        self.machine = FakeStateMachine(self.cloudformation)
        self.now = 0.0

    def look(self) -> ServingStack:
        return live_model.describe(cast("Any", self.cloudformation), "dev")

    def update(self, changes: dict[str, str], stack: ServingStack | None = None) -> bool:
        updater = StackUpdater(cast("Any", self.machine), cast("Any", self.cloudformation), MACHINE, self._sleep, lambda: self.now)
        return updater.update(stack or self.look(), changes)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def fail(self, cause: str, error: str = "CloudFormation.CloudFormationException") -> None:
        self.machine.failure = {"status": "FAILED", "error": error, "cause": cause}


def test_changes_only_what_is_asked() -> None:
    account = Account({"ModelDataUrl": "a", "Other": "kept"})

    assert account.update({"ModelDataUrl": "b"})

    assert account.cloudformation.updates == [{"ModelDataUrl": "b"}]


def test_does_nothing_when_the_stack_stands_so_already() -> None:
    account = Account({"ModelDataUrl": "a"})

    assert not account.update({"ModelDataUrl": "a"})
    assert not account.update({})

    assert account.machine.executions == {}


def test_takes_no_updates_for_nothing_to_do() -> None:
    account = Account({"ModelDataUrl": "a"})
    account.cloudformation.refusal = client_error("ValidationError", "No updates are to be performed.")

    assert not account.update({"ModelDataUrl": "b"})


def test_the_same_change_to_the_same_state_of_the_stack_is_one_execution() -> None:
    account = Account({"ModelDataUrl": "a"})
    seen = account.look()

    assert account.update({"ModelDataUrl": "b"}, seen)
    assert account.update({"ModelDataUrl": "b"}, seen)

    assert account.cloudformation.updates == [{"ModelDataUrl": "b"}]


def test_the_same_change_after_another_update_is_another_execution() -> None:
    account = Account({"ModelDataUrl": "a"})
    for model in ("b", "a", "b"):
        assert account.update({"ModelDataUrl": model})
        account.cloudformation.finish()

    assert account.cloudformation.updates == [{"ModelDataUrl": model} for model in ("b", "a", "b")]


def test_a_failed_update_can_be_asked_for_again() -> None:
    account = Account({"ModelDataUrl": "a"})
    account.fail("User: x is not authorized to perform: cloudformation:UpdateStack")
    with pytest.raises(AccessDeniedError):
        account.update({"ModelDataUrl": "b"})
    account.machine.failure = None

    assert account.update({"ModelDataUrl": "b"})


def test_waits_for_the_execution_to_end() -> None:
    account = Account({"ModelDataUrl": "a"})
    account.machine.looks_before_the_end = 3

    assert account.update({"ModelDataUrl": "b"})
    assert account.now == 0.25 + 0.5 + 1


def test_an_execution_that_takes_too_long_is_found_again() -> None:
    account = Account({"ModelDataUrl": "a"})
    seen = account.look()
    account.machine.looks_before_the_end = 1000
    with pytest.raises(NotReady, match="has not taken its update yet"):
        account.update({"ModelDataUrl": "b"}, seen)
    account.machine.looks_before_the_end = 0

    assert account.update({"ModelDataUrl": "b"}, seen)
    assert len(account.machine.executions) == 1


@pytest.mark.parametrize(
    ("cause", "error", "meaning"),
    [
        ("Template error (Service: CloudFormation, Status Code: 400)", "CloudFormation.CloudFormationException", RequestError),
        (
            "AccessDenied. User doesn't have permission to call ssm:GetParameters",
            "CloudFormation.CloudFormationException",
            AccessDeniedError,
        ),
        ("Rate exceeded (Service: CloudFormation, Status Code: 400)", "CloudFormation.CloudFormationException", NotReady),
        ("We failed (Service: CloudFormation, Status Code: 500)", "CloudFormation.CloudFormationException", CloudError),
        ("Task timed out after 60 seconds", "States.Timeout", CloudError),
    ],
)
def test_a_refusal_is_passed_on_with_awss_words(cause: str, error: str, meaning: type[Exception]) -> None:
    account = Account({"ModelDataUrl": "a"})
    account.fail(cause, error)

    with pytest.raises(meaning) as raised:
        account.update({"ModelDataUrl": "b"})

    assert type(raised.value) is meaning
    assert f"{error}: {cause}" in str(raised.value)


def test_waits_for_a_busy_stack() -> None:
    with pytest.raises(NotReady, match="UPDATE_IN_PROGRESS"):
        Account({}, "UPDATE_IN_PROGRESS").update({"ModelDataUrl": "b"})


def test_waits_for_a_stack_that_became_busy_meanwhile() -> None:
    account = Account({"ModelDataUrl": "a"})
    account.cloudformation.refusal = client_error("ValidationError", "Stack is in UPDATE_IN_PROGRESS state and can not be updated.")
    account.cloudformation.status_after_refusal = "UPDATE_IN_PROGRESS"

    with pytest.raises(NotReady, match="is busy"):
        account.update({"ModelDataUrl": "b"})


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "DELETE_COMPLETE"])
def test_says_what_to_do_about_a_stack_that_takes_none(status: str) -> None:
    with pytest.raises(RequestError, match="cdk deploy"):
        Account({}, status).update({"ModelDataUrl": "b"})


def test_says_what_to_do_when_there_is_no_stack() -> None:
    with pytest.raises(RequestError, match="There is no stack blazingtext-dev-serving"):
        Account({}, name="other").update({"ModelDataUrl": "b"})


def test_an_execution_has_its_machines_arn_and_its_name() -> None:
    assert execution_arn("arn:aws-cn:states:cn-north-1:1:stateMachine:m", "n") == "arn:aws-cn:states:cn-north-1:1:execution:m:n"


def test_an_execution_gets_every_parameter_the_new_ones_with_values() -> None:
    account = Account({"ModelDataUrl": "a", "Other": "kept"})
    requests: list[dict[str, Any]] = []
    start = account.machine.start_execution

    def noted(**request: Any) -> dict[str, str]:
        requests.append(request)
        return start(**request)

    account.machine.start_execution = noted  # type: ignore[method-assign]

    account.update({"ModelDataUrl": "b"})

    (request,) = requests
    assert request["stateMachineArn"] == MACHINE
    assert json.loads(request["input"]) == {
        "Parameters": [
            {"ParameterKey": "Other", "UsePreviousValue": True},
            {"ParameterKey": "ModelDataUrl", "ParameterValue": "b"},
        ]
    }


def test_another_stack_or_change_is_another_execution() -> None:
    account = Account({"ModelDataUrl": "a"})
    seen = account.look()
    account.update({"ModelDataUrl": "b"}, seen)
    account.update({"ModelDataUrl": "c"}, seen)
    account.update({"ModelDataUrl": "b"}, dataclasses.replace(seen, name="another"))
    account.update({"ModelDataUrl": "b"}, dataclasses.replace(seen, updated="later"))

    assert len(account.machine.executions) == 4


def test_it_looks_less_and_less_often_and_gives_up_within_half_a_minute() -> None:
    account = Account({"ModelDataUrl": "a"})
    account.machine.looks_before_the_end = 1000
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        account.now += seconds

    updater = StackUpdater(cast("Any", account.machine), cast("Any", account.cloudformation), MACHINE, sleep, lambda: account.now)
    with pytest.raises(NotReady):
        updater.update(account.look(), {"ModelDataUrl": "b"})

    assert pauses == [0.25, 0.5, 1, 2, 4, 4, 4, 4, 4, 4]


def test_an_execution_has_forty_letters_of_a_hash_and_the_number_of_a_further_attempt() -> None:
    account = Account({"ModelDataUrl": "a"})
    account.fail("Task timed out after 60 seconds", "States.Timeout")
    seen = account.look()
    for _ in range(3):
        with pytest.raises(CloudError):
            account.update({"ModelDataUrl": "b"}, seen)

    first, *further = [arn.rpartition(":")[2] for arn in account.machine.executions]
    assert re.fullmatch("[0-9a-f]{40}", first)
    assert further == [f"{first}-1", f"{first}-2"]


def test_the_twentieth_attempt_is_the_last() -> None:
    account = Account({"ModelDataUrl": "a"})
    account.fail("Task timed out after 60 seconds", "States.Timeout")
    seen = account.look()
    for _ in range(20):
        with pytest.raises(CloudError, match="Its state machine failed"):
            account.update({"ModelDataUrl": "b"}, seen)

    with pytest.raises(CloudError, match="The same update failed 20 times"):
        account.update({"ModelDataUrl": "b"}, seen)
    assert len(account.machine.executions) == 20


def test_an_execution_that_is_not_known_yet_is_waited_for() -> None:
    account = Account({"ModelDataUrl": "a"})
    describe, unknown = account.machine.describe_execution, iter([True, True])

    def eventually(**request: Any) -> dict[str, str]:
        if next(unknown, False):
            raise client_error("ExecutionDoesNotExist", "Execution Does Not Exist", "DescribeExecution")
        return describe(**request)

    account.machine.describe_execution = eventually  # type: ignore[method-assign]

    assert account.update({"ModelDataUrl": "b"})
    assert account.now == 0.75


@pytest.mark.parametrize("method", ["start_execution", "describe_execution"])
def test_another_error_of_step_functions_is_passed_on(method: str) -> None:
    account = Account({"ModelDataUrl": "a"})

    def refused(**_: Any) -> None:
        raise client_error("AccessDeniedException", "no", method)

    setattr(account.machine, method, refused)

    with pytest.raises(AccessDeniedError):
        account.update({"ModelDataUrl": "b"})


@pytest.mark.parametrize(
    ("cause", "meaning"),
    [
        ("User: x is not authorized to perform: y", AccessDeniedError),
        ("AccessDenied", AccessDeniedError),
        ("Rate exceeded", NotReady),
        ("Throttling", NotReady),
        ("Status Code: 503", CloudError),
        ("Status Code: 400", RequestError),
    ],
)
def test_each_word_of_awss_has_its_meaning(cause: str, meaning: type[Exception]) -> None:
    account = Account({"ModelDataUrl": "a"})
    account.fail(cause)

    with pytest.raises(meaning):
        account.update({"ModelDataUrl": "b"})


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT"])
def test_an_execution_without_an_error_is_told_by_its_status(status: str) -> None:
    account = Account({"ModelDataUrl": "a"})
    account.machine.failure = {"status": status}

    with pytest.raises(CloudError, match=f"Its state machine failed: {status}: . Try again"):
        account.update({"ModelDataUrl": "b"})


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_an_update_that_was_begun_already_is_the_one_that_is_waited_for(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account({"ModelDataUrl": "a"})
    names: list[str] = []
    described = [{"status": status}, {"status": "SUCCEEDED"}]

    def taken(*, name: str, **_: Any) -> None:
        names.append(name)
        raise client_error("ExecutionAlreadyExists", "taken", "StartExecution")

    monkeypatch.setattr(account.machine, "start_execution", taken)
    monkeypatch.setattr(account.machine, "describe_execution", lambda **_: described.pop(0))

    assert account.update({"ModelDataUrl": "b"})
    assert len(names) == 1
