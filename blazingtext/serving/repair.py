"""Makes the endpoint and its stack agree again.

SageMaker went back to a former model and CloudFormation did not notice, or somebody deleted the endpoint or a part of what it serves.
"""

from __future__ import annotations

from collections.abc import Callable

from blazingtext_lifecycle import live_endpoint, live_model
from blazingtext_lifecycle.errors import CloudError, RequestError
from blazingtext_lifecycle.live_endpoint import LiveEndpoint
from blazingtext_lifecycle.live_model import EndpointState, ServingStack

from ..cloud import Cloud
from . import changes
from .changes import Change
from .status import update_failure
from .verification import missing_artifact, served, strange_model, strange_shadow
from .waiter import wait_until_stable


def repair(cloud: Cloud, *, on_progress: Callable[[str], None] = lambda _: None) -> Change:
    """Replaces an endpoint that does not serve what the stack says, in two updates of the stack.

    The first removes endpoint, configuration and model, the second creates them again. SageMaker refuses to update an endpoint whose
    configuration is gone, so there is no way without an interruption of some minutes. The model that answers now is live afterwards; the
    stack's own when the endpoint is gone or serves what nobody knows. A shadow is gone afterwards.

    Raises:
        RequestError: the endpoint exists though the stage is paused, and only a person can tell whether it may go; or the artifact of the
            model that would be live is gone, so that the endpoint could not be created again.
        NotReady: the stack is busy, or took too long.
        CloudError: an update was rolled back.
    """
    stack = changes.ready_stack(cloud)
    endpoint = live_endpoint.describe(cloud.sagemaker, cloud.stage)
    model, artifact = served(cloud, stack, endpoint)
    differs = live_endpoint.difference(stack, endpoint)
    strange = stack.live and (strange_model(stack, endpoint, model, artifact) or strange_shadow(cloud, stack, endpoint))
    if not differs and not strange:
        return changes.unchanged(cloud, stack)
    if differs and (stack.endpoint_state != EndpointState.RUNNING or not stack.live):
        raise RequestError(f"{differs} Delete it: aws sagemaker delete-endpoint --endpoint-name {endpoint.name}")
    wanted, other = stack.live, stack.previous
    if differs and _answers_with_the_previous(stack, endpoint, artifact):
        wanted, other = other, wanted
    if missing := missing_artifact(cloud, wanted):
        raise RequestError(f"{missing} Nothing was changed.")
    _remove(cloud, stack, wanted, on_progress)
    created = changes.change(cloud, lambda found: live_model.restore(found, wanted, other))
    wait_until_stable(cloud, job=created.live, update_started=True, on_progress=on_progress)
    return created


def _remove(cloud: Cloud, stack: ServingStack, wanted: str, on_progress: Callable[[str], None]) -> None:
    """Removes endpoint, configuration and model, and waits until they are gone.

    Raises:
        CloudError: the update was rolled back.
    """
    changes.change(cloud, lambda found: live_model.withdraw(found, wanted))
    found = wait_until_stable(cloud, update_started=True, on_progress=on_progress)
    if found.live_artifact == stack.live:
        raise CloudError(
            f"{found.endpoint.name} was not removed. The update of {stack.name} ended in {found.stacks[-1].status}. "
            f"Cause: {update_failure(cloud) or 'not given in the events of the stack'}."
        )


def _answers_with_the_previous(stack: ServingStack, endpoint: LiveEndpoint, artifact: str) -> bool:
    """Whether the endpoint serves the previous model: by its artifact, or, when that is gone, because updates replace that model's."""
    return bool(stack.previous and endpoint.status) and artifact in {"", stack.previous}
