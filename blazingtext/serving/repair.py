"""Makes the endpoint and its stack agree again, after SageMaker went back to a former model and CloudFormation did not notice."""

from __future__ import annotations

from collections.abc import Callable

from blazingtext_lifecycle import live_endpoint, live_model
from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.live_endpoint import LiveEndpoint
from blazingtext_lifecycle.live_model import EndpointState, ServingStack

from ..cloud import Cloud
from . import changes
from .changes import Change
from .verification import served
from .waiter import wait_until_stable


def repair(cloud: Cloud, *, on_progress: Callable[[str], None] = lambda _: None) -> Change:
    """Replaces an endpoint that does not serve what the stack says, in two updates of the stack: it is removed, then created again.

    SageMaker refuses to update an endpoint whose configuration is gone, so there is no way without an interruption of some minutes. The
    model that answers now is live afterwards; the stack's own when the endpoint is gone or serves what nobody knows.

    Raises:
        RequestError: the endpoint exists though the stage is paused: only a person can tell whether it may go.
        NotReady: the stack is busy, or took too long.
        CloudError: an update was rolled back.
    """
    stack = live_model.describe(cloud.cloudformation, cloud.stage)
    live_model.require_ready(stack)
    endpoint = live_endpoint.describe(cloud.sagemaker, cloud.stage)
    differs = live_endpoint.difference(stack, endpoint)
    if not differs:
        return changes.unchanged(cloud, stack)
    if stack.endpoint_state != EndpointState.RUNNING or not stack.live:
        raise RequestError(f"{differs} Delete it: aws sagemaker delete-endpoint --endpoint-name {endpoint.name}")
    swap = live_model.rollback(stack) if _answers_with_the_previous(cloud, stack, endpoint) else {}
    removed = changes.change(cloud, lambda found: {**live_model.pause(found), **swap})
    wait_until_stable(cloud, job=removed.live, state=removed.state, update_started=True, on_progress=on_progress)
    created = changes.resume(cloud)
    wait_until_stable(cloud, job=created.live, state=created.state, update_started=True, on_progress=on_progress)
    return created


def _answers_with_the_previous(cloud: Cloud, stack: ServingStack, endpoint: LiveEndpoint) -> bool:
    """Whether the endpoint serves the previous model: by its artifact, or, when that is gone, because updates replace that model's."""
    if not stack.previous or not endpoint.status:
        return False
    artifact = served(cloud, endpoint)[1]
    return artifact in {"", stack.previous}
