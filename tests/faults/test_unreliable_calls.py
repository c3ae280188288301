"""Throttled, failing, refused and lost calls, and the end of a function between two of them: what becomes of what it was to do."""

import json
import re
from collections.abc import Iterator, Mapping

import pytest

from blazingtext_lifecycle.aws_clients import PATIENT, PROMPT
from blazingtext_sandbox.call_faults import Fault, Kind
from tests.faults.as_lambda import Clock
from tests.faults.conftest import Stages
from tests.faults.deployed_stacks import ROOT
from tests.faults.functions import Account, Part
from tests.faults.grants import grants
from tests.faults.other_parts import Cleanup
from tests.faults.people import PEOPLE, PIPELINES
from tests.faults.promoter_parts import Promotes
from tests.faults.stage import EVERYTHING
from tests.faults.unreliable import NO_CALLS, PARTS, calls_of, with_approval
from tests.template.matrix import Synthesis, synthesise_with

# boto3 asks again after each kind of error alike, and meets a lost connection for good in either half of a call alike.
PASSING = (Kind.THROTTLED, Kind.CUT, Kind.LOST)
LASTING = (Kind.THROTTLED, Kind.FAILING, Kind.LOST, Kind.REFUSED)
# Module -> kind of fault -> what becomes of a run whose calls of one operation meet nothing else.
CLEANUP = {
    Kind.THROTTLED: r"FAILED: .*AWS asks to slow down: .* Try again in a minute\.",
    Kind.FAILING: r"FAILED: .*AWS failed: Internal.* Try again; if it stays",
    Kind.LOST: r"FAILED: .*AWS could not be reached: .* then try again\.",
    Kind.REFUSED: r"FAILED: .*A permission is missing: .*not authorized to perform: {action}",
}
LAUNCH = {
    Kind.THROTTLED: r"NotReady: .*AWS asks to slow down: .* Try again in a minute\.",
    Kind.FAILING: r"CloudError: .*AWS failed: Internal.* Try again; if it stays",
    Kind.LOST: r"CloudError: .*AWS could not be reached: .* then try again\.",
    Kind.REFUSED: r"AccessDeniedError: .*not authorized to perform: {action} .* Grant the action that AWS names",
}
OUTCOMES = {
    "launch_training": LAUNCH,
    "launch_tuning": LAUNCH,
    "launch_transform": LAUNCH,
    "launch_processing": LAUNCH,
    "promote_model": {
        Kind.THROTTLED: r"later",
        Kind.FAILING: r"again",
        Kind.LOST: r"again",
        Kind.REFUSED: r"dead letter: .*A permission is missing: .*not authorized to perform: {action}",
    },
    "stop_training_jobs": CLEANUP,
    "empty_bucket": CLEANUP,
    "delete_model_versions": CLEANUP,
}
# Where the outcome is another one: part, action and kind.
EXCEPTIONS = {
    # The answer to a HEAD request has no body, so no words.
    ("Promotes", "s3:GetObject", Kind.REFUSED): r"dead letter: .*A permission is missing: 403",
    ("Processes", "s3:GetObject", Kind.REFUSED): r"AccessDeniedError: .*A permission is missing: 403",
    ("Processes", "s3:GetObject", Kind.FAILING): r"CloudError: .*AWS failed: 500: Internal Server Error\. Try again; if it stays",
    # What cannot be written to the dead-letter queue is not lost.
    **{("Buries", "sqs:SendMessage", kind): r"again" for kind in (Kind.THROTTLED, Kind.REFUSED)},
    # What cannot be hidden comes back after its visibility timeout.
    **{("Postpones", "sqs:ChangeMessageVisibility", kind): r"later" for kind in LASTING},
}


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """The stacks with all functions, and all that these may do."""
    return synthesise_with(with_approval("approved"), tmp_path_factory.mktemp("approved"))


@pytest.fixture(scope="module")
def granted(approved: Synthesis) -> Mapping[str, frozenset[str]]:
    """Role -> the actions that the stacks grant it."""
    found: dict[str, frozenset[str]] = {}
    for grant in grants(approved):
        found[grant.role] = found.get(grant.role, frozenset()) | {grant.action}
    return found


@pytest.fixture(scope="module")
def functions(stages: Stages, granted: Mapping[str, frozenset[str]]) -> Iterator[Account]:
    stage = stages(EVERYTHING).stage
    account = Account(stage, granted)
    # Who listens hears what is told from now on.
    account.told.of("nothing")
    # Word vectors are live, which no classifier replaces.
    stage.update(ModelDataUrl=next(account.models))
    yield account
    account.rest()


def named(part: type[Part]) -> str:
    return part.__name__


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("part", PARTS, ids=named)
def test_a_fault_that_passes_is_not_noticed(
    functions: Account, granted: Mapping[str, frozenset[str]], part: type[Part], kind: Kind
) -> None:
    work, actions = part(functions), calls_of(part, granted)

    with work.ready(), functions.stage.account.call_faults(*(Fault(action, kind, times=1) for action in sorted(actions))) as met:
        ran = work.run()

    assert (work.became(ran).partition(":")[0], actions.symmetric_difference(met())) == (part.done, frozenset())
    assert work.is_done()


@pytest.mark.parametrize("kind", LASTING)
@pytest.mark.parametrize("part", PARTS, ids=named)
def test_a_fault_that_lasts_has_its_outcome_and_the_next_run_does_the_rest(
    functions: Account, granted: Mapping[str, frozenset[str]], part: type[Part], kind: Kind
) -> None:
    work, wrong = part(functions), list[str]()
    # What deletes comes last, so that the others find something.
    for action in sorted(calls_of(part, granted), key=lambda each: ("Delete" in each, "Stop" not in each, each)):
        with work.ready(), functions.stage.account.call_faults(Fault(action, kind)) as met:
            ran = work.run()
        became = work.became(ran)
        expected = EXCEPTIONS.get((part.__name__, action, kind), OUTCOMES[part.module][kind]).replace("{action}", action)
        if not re.match(expected, became, re.DOTALL) or set(met()) != {action}:
            wrong.append(f"{action}: {became}, {met()}")
        if not work.is_untouched():
            wrong += [f"{action}, then: {each}" for each in rest(work, buried=became.startswith("dead letter"))]
            work = part(functions)

    assert [*wrong, *rest(work, buried=False)] == []


def rest(work: Part, *, buried: bool) -> Iterator[str]:
    """What is wrong with the run after one that met a fault; of a dead letter people know, so that need not tell them."""
    work.account.rest()
    became, _ = work.do(count=2)
    if became.partition(":")[0] != work.done:
        yield became
    if not work.is_done() and not buried:
        yield "it is not done, or not once"


@pytest.mark.parametrize("part", [part for part in PARTS if part.module == "promote_model"], ids=named)
def test_a_promoter_that_ends_before_any_of_its_calls_leaves_the_rest_to_the_next_delivery(functions: Account, part: type[Part]) -> None:
    """Lambda may end it after the last one, too, before the queue hears that the message is done with."""
    work, wrong = part(functions), list[str]()
    _, whole = work.do()
    wrong += rest(work, buried=False)
    # What comes before its own calls is the same in all parts.
    first = next(number for number, call in enumerate(whole.calls) if part.makes is None or call in part.makes)
    work = part(functions)
    for number in range(first, len(whole.calls)):
        _, ran = work.do(kill_at=number)
        if not ran.killed or ran.calls != whole.calls[:number]:
            wrong.append(f"not killed before call {number}, {whole.calls[number]}: {ran.calls}")
        if not work.is_untouched():
            wrong += [f"killed after {ran.calls}: {each}" for each in rest(work, buried=False)]
            work = part(functions)

    assert [*wrong, *rest(work, buried=False)] == []


# What becomes of the message when the state machine's only call meets a fault, which Step Functions does not send again.
UPDATES = {Kind.THROTTLED: "later", Kind.FAILING: "again", Kind.CUT: "again", Kind.LOST: "later", Kind.REFUSED: "dead letter"}


@pytest.mark.parametrize("kind", Kind)
def test_an_update_that_meets_a_fault_is_made_by_the_next_delivery(functions: Account, kind: Kind) -> None:
    functions.rest()
    work = Promotes(functions)

    fault = Fault("cloudformation:UpdateStack", kind, times=1)
    with work.ready(), functions.stage.told("hang-ping"), functions.stage.account.call_faults(fault) as met:
        ran = work.run()
    became = work.became(ran)
    functions.rest()

    assert (became.partition(":")[0], met()) == (UPDATES[kind], ["cloudformation:UpdateStack"])
    work.do(count=2)
    functions.rest()
    assert functions.stage.parameters()["ModelDataUrl"] == work.artifact
    # An answer that was lost leaves an execution that failed, and the update that it began.
    assert work.updates("SUCCEEDED") == (0 if kind is Kind.LOST else 1)
    assert functions.told.of(work.name)


@pytest.mark.parametrize(("kind", "ended"), [(Kind.THROTTLED, "SUCCEEDED"), (Kind.FAILING, "SUCCEEDED"), (Kind.REFUSED, "FAILED")])
def test_a_scheduled_update_is_tried_again_unless_it_is_refused(functions: Account, kind: Kind, ended: str) -> None:
    """Nobody waits for it who could ask again, and an endpoint that is not paused goes on costing."""
    functions.rest()
    states, machine = functions.stage.client("stepfunctions"), functions.stage.output("training", "ServingUpdateArn")
    kept = [{"ParameterKey": key, "UsePreviousValue": True} for key in functions.stage.parameters()]

    with functions.stage.account.call_faults(Fault("cloudformation:UpdateStack", kind, times=1)) as met:
        request = json.dumps({"Scheduled": True, "Parameters": kept})
        execution = states.start_execution(stateMachineArn=machine, input=request)["executionArn"]
        functions.rest()

    assert (states.describe_execution(executionArn=execution)["status"], met()) == (ended, ["cloudformation:UpdateStack"])


@pytest.mark.parametrize("role", NO_CALLS)
def test_every_action_that_a_function_is_granted_is_a_call_that_meets_faults_or_none_of_its_own(
    granted: Mapping[str, frozenset[str]], role: str
) -> None:
    """That a part makes the calls it says is what `met` shows above."""
    parts = [part for part in PARTS if part.role == role]
    called = frozenset[str]().union(*(calls_of(part, granted) for part in parts))
    faulty = called or frozenset({"cloudformation:UpdateStack"})

    assert granted[role] - faulty == NO_CALLS[role].keys() & granted[role], "say in tests/faults/unreliable.py who makes the call"
    assert NO_CALLS[role].keys() <= granted[role] | {"kms:DescribeKey", "kms:CreateGrant"}


def test_every_function_has_its_parts(granted: Mapping[str, frozenset[str]]) -> None:
    """The other roles are those of SageMaker, people and pipelines."""
    others = {"ExecutionRole", "HostingRole", "TransformRole", "ProcessingRole", "NotebookRole", "ScheduleRole"}
    assert granted.keys() - NO_CALLS.keys() == others | {*PEOPLE, *PIPELINES}
    assert {path.stem for path in (ROOT / "lambda").glob("*.py")} == {part.module for part in PARTS} == OUTCOMES.keys()


@pytest.mark.parametrize("part", PARTS, ids=named)
def test_a_function_that_aws_does_not_answer_says_so_in_time(
    functions: Account, approved: Synthesis, granted: Mapping[str, frozenset[str]], part: type[Part]
) -> None:
    """Each attempt takes as long as it may; the time is all that Lambda gives, or the last five minutes of it."""
    patience = PATIENT if issubclass(part, Cleanup) else PROMPT
    limit = approved.one("AWS::Lambda::Function", Handler=f"{part.module}.handler")["Timeout"]
    clock = Clock(1000 * min(limit, 300), attempt_ms=1000 * (patience.connect_seconds + patience.read_seconds))
    work = part(functions)

    with work.ready(), functions.stage.account.call_faults(*(Fault(action, Kind.CUT) for action in calls_of(part, granted))):
        ran = work.run(clock)

    assert not ran.killed
    assert work.became(ran).partition(":")[0] in {"FAILED", "CloudError", "NotReady", "again", "later"}
    # Less is kept for the answer of a function that somebody waits for.
    assert clock.get_remaining_time_in_millis() >= (10_000 if patience is PATIENT else 1_000)
