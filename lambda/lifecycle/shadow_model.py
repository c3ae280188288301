"""A model that is tried beside the live one: another parameter of the serving stack, set as promotions are. Pure."""

from .errors import RequestError
from .live_model import AutoRollback, EndpointState, Parameter, ServingStack, watched, without_shadow


def start(stack: ServingStack, artifact: str) -> dict[str, str]:
    """The parameters that try an artifact beside the live one, watched by the alarms; none when it is tried already.

    Raises:
        RequestError: the stage allows no shadow, there is nothing to try it beside, or it is the live one.
    """
    if Parameter.SHADOW_MODEL_DATA_URL not in stack.parameters:
        raise RequestError(
            f"{stack.name} allows no shadow. It would cost as much as the endpoint, so the stage's settings have to ask for it. "
            "Set shadowPercent (docs/traffic.md), then deploy."
        )
    if not stack.live or stack.endpoint_state != EndpointState.RUNNING:
        what = "no live model" if not stack.live else "no endpoint while it is paused"
        first = "Promote a model first." if not stack.live else "Resume it first."
        raise RequestError(f"There is nothing to try a shadow beside. {stack.name} has {what}. {first}")
    if artifact == stack.live:
        raise RequestError(f"{artifact} is live already. As a shadow it would be compared with itself. Name another run.")
    if artifact == stack.shadow:
        return {}
    return {Parameter.SHADOW_MODEL_DATA_URL: artifact, **watched(stack, AutoRollback.ON)}


def stop(stack: ServingStack) -> dict[str, str]:
    """The parameters that end a shadow, also while the alarms ring; none when there is none."""
    return {**without_shadow(stack), **watched(stack, AutoRollback.OFF)} if stack.shadow else {}
