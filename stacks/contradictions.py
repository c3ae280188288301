"""Settings that are right by themselves and wrong together."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from blazingtext_lifecycle import combinations, costs, hyperparameters, limits, requests
from blazingtext_lifecycle.environments import Approval, AutoPromote
from blazingtext_lifecycle.errors import HyperparameterError

from . import company_rules, schedule_rules, traffic_rules

Spell = Callable[[str], str]
# A setting of one job, or of the endpoint, and the limit that stands above it.
_BELOW = {
    "training_instance_count": "maximum_training_instances",
    "training_max_runtime_seconds": "maximum_training_seconds",
}


def contradictions(values: Mapping[str, Any], wrong: Collection[str], spell: Spell) -> Iterator[str]:
    """What is wrong together, a sentence or two each; what is wrong by itself is not judged again.

    Args:
        values: every setting's value, by field.
        wrong: the fields whose given value cannot be used.
        spell: how to write a field's name in a message.
    """
    if not {"hyperparameters", "training_instance_type", "training_instance_count"}.intersection(wrong):
        yield from (f"{spell('hyperparameters')}: {problem}" for problem in _hyperparameter_problems(values))
    runtime = values["training_max_runtime_seconds"]
    too_long = values["training_spot"] and runtime > requests.MAXIMUM_SPOT_WAIT
    if too_long and not {"training_spot", "training_max_runtime_seconds"}.intersection(wrong):
        yield (
            f"{spell('training_max_runtime_seconds')}: {runtime} is too long with {spell('training_spot')}. SageMaker lets spot jobs "
            f"without checkpoints run {requests.MAXIMUM_SPOT_WAIT} seconds at most, and BlazingText writes none. "
            "Lower it or turn spot off."
        )
    # Of a wrong one, the default is judged, which never contradicts the other.
    if values["approval"] is Approval.MANUAL and values["auto_promote"] is AutoPromote.NEVER:
        yield (
            f"{spell('approval')}: manual has no effect with {spell('auto_promote')} never. No event is read then, so no run is registered "
            f"and no approval promotes one. Set {spell('auto_promote')} to better or always: no run goes live before it is approved."
        )
    yield from _above_limits(values, wrong, spell)
    yield from company_rules.contradictions(values, wrong, spell)
    yield from traffic_rules.contradictions(values, wrong, spell)
    yield from schedule_rules.contradictions(values, wrong, spell)


def _hyperparameter_problems(values: Mapping[str, Any]) -> list[str]:
    mode = str(values["hyperparameters"].get("mode", combinations.DEFAULT_MODE))
    try:
        hyperparameters.complete(mode, values["hyperparameters"], values["training_instance_type"], values["training_instance_count"])
    except HyperparameterError as error:
        return str(error).splitlines()
    return []


def _above_limits(values: Mapping[str, Any], wrong: Collection[str], spell: Spell) -> Iterator[str]:
    """The stage's own defaults that its limits would refuse: every request without a word about them would fail."""
    for name, limit in _BELOW.items():
        if values[name] > values[limit] and not {name, limit}.intersection(wrong):
            yield f"{spell(name)}: {values[name]} is more than {spell(limit)} allows ({values[limit]}). Lower the one or raise the other."
    allowed = values["allowed_instance_types"]
    # A serverless endpoint has no instances to limit.
    endpoint = ("endpoint_instance_type",) if values["serverless_memory_mb"] is None else ()
    for name in ("training_instance_type", *endpoint):
        if not limits.allows(allowed, values[name]) and name not in wrong:
            yield (
                f"{spell(name)}: {values[name]} is none of {spell('allowed_instance_types')} ({', '.join(allowed)}). "
                "Choose one of them, or add it to them."
            )
    of_costs = {"training_instance_type", "training_instance_count", "training_max_runtime_seconds"}
    if values["region"] and not of_costs.intersection(wrong):
        yield from cost_problem(values, values["region"], spell)


def cost_problem(values: Mapping[str, Any], region: str, spell: Spell) -> Iterator[str]:
    """Why a job of the stage's own settings would be refused for its costs in a region, if it would."""
    price = costs.of_training(values["training_instance_type"], values["training_instance_count"], region)
    found = limits.cost_problem(values["maximum_training_cost"], price, values["training_max_runtime_seconds"])
    if found:
        yield found.replace("maximumTrainingCost: ", f"{spell('maximum_training_cost')}: ", 1)
