"""Waiting until a stage is at rest: the serving stack updated or rolled back, the endpoint in service or gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from blazingtext_lifecycle import live_model
from blazingtext_lifecycle.errors import CloudError, NotReady

from ..cloud import Cloud
from ..runs import training_jobs
from .status import Stack, Status, describe, update_failure

_POLL_SECONDS = 1.0
_BROKEN = frozenset({"Failed", "OutOfService", "UpdateRollbackFailed"})


def wait_until_stable(
    cloud: Cloud,
    *,
    job: str = "",
    begun: bool = False,
    timeout_seconds: float = 1800,
    tell: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Status:
    """Waits until the serving stack and the endpoint are at rest.

    Args:
        cloud: the stage.
        job: wait until this run's model is live, too.
        begun: the update that makes it so was begun already; otherwise somebody else is expected to begin one.
        timeout_seconds: give up after so long.
        tell: hears what is being waited for.
        sleep: waits between two looks.
        clock: the time in seconds.

    Raises:
        NotReady: it took too long.
        CloudError: the update failed.
    """
    deadline = clock() + timeout_seconds
    ended = training_jobs.run(cloud, job).ended if job and not begun else None
    while True:
        found = describe(cloud, runs=0)
        busy = live_model.classify(found.stacks[-1].status) is live_model.StackState.BUSY
        begun = begun or busy or _was_rolled_back_since(found.stacks[-1], ended)
        if not busy and _at_rest(cloud, found, job, begun):
            return found
        said = _standing(found)
        tell(said)
        if clock() > deadline:
            name = found.endpoint.name
            raise NotReady(f"{name} is not ready after {timeout_seconds:.0f} s. It stands at: {said}. Look again with: blazingtext status")
        sleep(_POLL_SECONDS)


def _was_rolled_back_since(stack: Stack, ended: datetime | None) -> bool:
    """Whether an update that failed began after the run's end: then it was the run's promotion, and nobody will try again."""
    return stack.status.endswith("ROLLBACK_COMPLETE") and stack.updated is not None and ended is not None and stack.updated >= ended


def _at_rest(cloud: Cloud, found: Status, job: str, begun: bool) -> bool:
    """Whether nothing moves any more, given that the stack does not.

    Raises:
        CloudError: it came to rest where nobody wanted it.
    """
    if job and found.live != job:
        if begun:
            raise CloudError(_rolled_back(cloud, found, job))
        return False
    if not found.live or found.state != live_model.EndpointState.RUNNING:
        return not found.endpoint.status
    if found.endpoint.status in _BROKEN:
        failure = found.endpoint.failure or found.endpoint.status
        raise CloudError(f"The endpoint {found.endpoint.name} failed. SageMaker says: {failure}. See: blazingtext logs --endpoint")
    return found.endpoint.status == "InService"


def _rolled_back(cloud: Cloud, found: Status, job: str) -> str:
    stack, reason = found.stacks[-1], update_failure(cloud)
    return (
        f"The model of {job} did not become live. The update of {stack.name} ended as {stack.status}, so {found.live or 'no model'} stays. "
        f"{reason or 'The events of the stack do not say why.'} Mend it, then: blazingtext promote {job}"
    )


def _standing(found: Status) -> str:
    """Where things stand, in a line."""
    stack = found.stacks[-1].status.lower().replace("_", " ") or "not deployed"
    return f"serving stack {stack}, endpoint {found.endpoint.status or 'absent'}, live model {found.live or 'none'}"
