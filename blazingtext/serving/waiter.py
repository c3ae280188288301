"""Waits until the serving stack and the endpoint are stable: an update is done or rolled back, the endpoint in service or gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from blazingtext_lifecycle import live_model
from blazingtext_lifecycle.errors import CloudError, NotReady

from ..cloud import Cloud
from ..errors import EndpointError
from ..runs import training_jobs
from ..stages import blazingtext_command
from .stage_status import Stack, Status
from .status import describe, update_failure

# An update that fails is rolled back, which may take as long again.
PATIENCE_SECONDS = 2 * live_model.LONGEST_UPDATE_SECONDS
# The first look comes after a second; each later one takes a quarter longer to come, as long as nothing changes.
_FIRST_POLL_SECONDS = 1.0
_LONGEST_POLL_SECONDS = 30.0
_SLOWER = 1.25
_FAILED = frozenset({"Failed", "OutOfService", "UpdateRollbackFailed"})


def wait_until_stable(
    cloud: Cloud,
    *,
    job: str = "",
    state: str = "",
    shadow: str | None = None,
    update_started: bool = False,
    timeout_seconds: float = PATIENCE_SECONDS,
    on_progress: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Status:
    """Waits until the serving stack and the endpoint are stable.

    Args:
        cloud: the stage.
        job: also wait until this run's model is live; as long as no update has started, a beginning of its name will do.
        state: running or paused, when the update that was started changes it.
        shadow: the run that is to be tried beside the live one then, "" for none; None when either will do.
        update_started: the update that makes it live has started; otherwise somebody else is expected to start it.
        timeout_seconds: when to give up.
        on_progress: called with the current state, after every look.
        sleep: called between two looks.
        clock: the time in seconds.

    Raises:
        NotReady: the time is over.
        CloudError: the update was rolled back, the endpoint failed, or it does not serve what the stack says.
    """
    deadline, delay, before = clock() + timeout_seconds, _FIRST_POLL_SECONDS, ""
    awaited = training_jobs.run(cloud, job) if job and not update_started else None
    job, ended = (job, None) if awaited is None else (awaited.job, awaited.ended)
    while True:
        found = describe(cloud, runs=0, complete=True)
        busy = live_model.classify(found.stacks[-1].status) is live_model.StackState.BUSY
        update_started = update_started or busy or _was_rolled_back_since(found.stacks[-1], ended)
        if not busy and _is_stable(cloud, found, job, state, update_started):
            if shadow not in (None, found.tried):
                raise CloudError(_not_tried(cloud, found, shadow))
            return found
        now = _now(found)
        on_progress(now)
        left = deadline - clock()
        if left < 0:
            status = blazingtext_command("status", cloud.stage)
            raise NotReady(f"{found.endpoint.name} is not ready after {timeout_seconds:.0f} s: {now}. Look again with: {status}")
        delay = _FIRST_POLL_SECONDS if now != before else min(delay * _SLOWER, _LONGEST_POLL_SECONDS)
        before = now
        sleep(min(delay, left + 1))


def _was_rolled_back_since(stack: Stack, ended: datetime | None) -> bool:
    """Whether a failed update started after the run ended: then it was the run's promotion, and it is not tried again."""
    return stack.status.endswith("ROLLBACK_COMPLETE") and stack.updated is not None and ended is not None and stack.updated >= ended


def _is_stable(cloud: Cloud, found: Status, job: str, state: str, update_started: bool) -> bool:
    """Whether the endpoint is stable, too, when the stack is.

    Raises:
        CloudError: the update was rolled back, the endpoint failed, or it does not serve what the stack says.
    """
    if job and found.live != job:
        if update_started:
            raise CloudError(_rolled_back(cloud, found, job))
        return False
    if state and found.state != state:
        raise CloudError(_not_changed(cloud, found, state))
    if found.difference:
        raise CloudError(f"{found.difference} Make them agree again with: {blazingtext_command('verify --repair', cloud.stage)}")
    if not found.live or found.state != live_model.EndpointState.RUNNING:
        return not found.endpoint.status
    if found.endpoint.status in _FAILED:
        failure = found.endpoint.failure or found.endpoint.status
        raise EndpointError(f"The endpoint {found.endpoint.name} failed. SageMaker says: {failure}.", cloud.stage)
    return found.endpoint.status == "InService"


def _rolled_back(cloud: Cloud, found: Status, job: str) -> str:
    stack, reason = found.stacks[-1], update_failure(cloud)
    live = f"{found.live} stays live" if found.live else "no model is live"
    rang = "alarm" in reason.lower()
    unwatched = f"; if the model before made the alarm ring: {blazingtext_command(f'promote {job} --no-auto-rollback', cloud.stage)}"
    return (
        f"The model of {job} is not live. The update of {stack.name} ended in {stack.status}, so {live}. "
        f"Cause: {reason or 'not given in the events of the stack'}. Fix it, then run: {blazingtext_command(f'promote {job}', cloud.stage)}"
        + (unwatched if rang else "")
    )


def _not_changed(cloud: Cloud, found: Status, state: str) -> str:
    stack, reason = found.stacks[-1], update_failure(cloud)
    again = blazingtext_command("pause" if state == live_model.EndpointState.PAUSED else "resume", cloud.stage)
    look = blazingtext_command("verify", cloud.stage)
    return (
        f"{found.endpoint.name} is still {found.state}. The update of {stack.name} ended in {stack.status}. "
        f"Cause: {reason or 'not given in the events of the stack'}. Fix it ({look} tells whether --repair can), then run: {again}"
    )


def _not_tried(cloud: Cloud, found: Status, shadow: str) -> str:
    """Why a shadow is not there, or still is."""
    stack, reason = found.stacks[-1], update_failure(cloud)
    again = blazingtext_command(f"shadow {shadow}" if shadow else "shadow --stop", cloud.stage)
    happened = f"{shadow} is not tried" if shadow else f"{found.tried} is still tried"
    return (
        f"{happened} beside {found.live}, which goes on answering. The update of {stack.name} ended in {stack.status}. "
        f"Cause: {reason or 'not given in the events of the stack'}. Fix it, then run: {again}"
    )


def _now(found: Status) -> str:
    """What is going on, in a line."""
    stack = found.stacks[-1].status.lower().replace("_", " ") or "not deployed"
    return f"serving stack {stack}, endpoint {found.endpoint.status or 'absent'}, live model {found.live or 'none'}"
