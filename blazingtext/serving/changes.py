"""Changes of what is live: promote, rollback, pause and resume are updates of the serving stack's parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from blazingtext_lifecycle import live_endpoint, live_model, naming, shadow_model
from blazingtext_lifecycle.errors import NotReady, RequestError
from blazingtext_lifecycle.model_registry import ApprovalStatus, Registry, Version
from blazingtext_lifecycle.stack_update import StackUpdater

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..errors import NotDeployedError, RunError
from ..runs import training_jobs
from ..stages import blazingtext_command
from . import models
from .servable import servable


@dataclass(frozen=True)
class Change:
    """What promote, rollback, pause, resume or a shadow's start or end did.

    Attributes:
        changed: False when there was nothing to change.
        live: the job whose model is live afterwards.
        previous: the job to roll back to.
        state: running or paused.
        endpoint: the endpoint's name.
        shadow: the job that is tried beside the live one afterwards, or "".
    """

    changed: bool
    live: str
    previous: str
    state: str
    endpoint: str
    shadow: str = ""


def promote(cloud: Cloud, job: str | None = None, *, version: int | None = None, auto_rollback: bool = True) -> Change:
    """Makes a run's model live; where models need approval, one that is named is approved by that.

    Args:
        cloud: the stage.
        job: the run; None means the newest completed one that carries the stage's tags, or the newest approved version.
        version: its number in the model registry, instead of a name.
        auto_rollback: False deploys it without the alarms, for when they ring already: it takes over at once, and stays whatever happens.

    Raises:
        RequestError: the run has no complete model or belongs to another stage, it was refused and is not named, it has no version, or the
            stack cannot be updated.
        NotReady: the run has not ended, or the stack is busy.
    """
    registry = models.registry(cloud) if version is None else models.required(cloud, f"version {version}")
    guard = live_model.AutoRollback.ON if auto_rollback else live_model.AutoRollback.OFF
    if registry is None:
        found = servable(cloud, training_jobs.latest_own(cloud) if job is None else training_jobs.run(cloud, job))
        if job is None:
            _refuse_unnamed(cloud, found)
        return _deploy(cloud, lambda stack: live_model.promote(stack, found.artifact, found.created, guard))
    named = str(version) if version is not None else job
    chosen = _newest_approved(cloud, registry) if named is None else models.version(cloud, registry, named)
    found = servable(cloud, _run_of(cloud, chosen))
    if chosen.approval != ApprovalStatus.APPROVED:
        ready_stack(cloud)
        registry.decide(chosen, ApprovalStatus.APPROVED, "")
    return _deploy_approved(cloud, found, lambda stack: live_model.promote(stack, found.artifact, found.created, guard))


def _newest_approved(cloud: Cloud, registry: Registry) -> Version:
    """The newest version that somebody has approved.

    Raises:
        RequestError: there is none.
    """
    arn = next((each.arn for each in registry.listed() if each.approval == ApprovalStatus.APPROVED), "")
    found = registry.version(arn) if arn else None
    if found is None:
        raise RequestError(
            f"No version in {registry.group} is approved, so none goes live. Name the one that shall: "
            f"{blazingtext_command('promote --version <number>', cloud.stage)}. List them with: "
            f"{blazingtext_command('models list', cloud.stage)}"
        )
    return found


def _run_of(cloud: Cloud, version: Version) -> training_jobs.Run:
    """The run that a version is of.

    Raises:
        RequestError: it is of none.
    """
    if not version.job:
        raise models.no_run(cloud, version)
    return training_jobs.run(cloud, version.job)


def _deploy_approved(cloud: Cloud, found: training_jobs.Run, wish: Callable[[live_model.ServingStack], Mapping[str, str]]) -> Change:
    """A change to an approved model; the promoter, which hears of the approval, may have begun it already."""
    try:
        return _deploy(cloud, wish)
    except NotReady:
        stack = live_model.describe(cloud.cloudformation, cloud.stage)
        if stack.live != found.artifact:
            raise
        return _as_it_will_be(cloud, stack, True)


def _refuse_unnamed(cloud: Cloud, found: training_jobs.Run) -> None:
    """Nothing for a run that may go live.

    Raises:
        RunError: it was kept from going live by itself; whoever wants it all the same has to name it.
    """
    note = training_jobs.not_promoted(training_jobs.with_tags(cloud, [found])).get(found.job)
    if note:
        by_name = blazingtext_command(f"promote {found.job}", cloud.stage)
        raise RunError(f"The newest run, {found.job}, is not promoted: {note}. To promote it all the same, name it: {by_name}", cloud.stage)


def rollback(cloud: Cloud, to: str | None = None) -> Change:
    """Makes a former model live again, also while the alarms ring.

    Args:
        cloud: the stage.
        to: a run, or a version's number in the model registry; None means the model that was live before, so that a second rollback undoes
            the first.

    Raises:
        RequestError: there is no such model, it cannot be served here, or it is not approved where it has to be.
        NotReady: the run has not ended, or the stack is busy.
    """
    if to is None:
        return _deploy(cloud, live_model.rollback)
    registry = models.required(cloud, f"version {to}") if models.is_number(to) else models.registry(cloud)
    if registry is not None:
        chosen = models.version(cloud, registry, to)
        if chosen.approval != ApprovalStatus.APPROVED:
            approve = blazingtext_command(f"models approve {chosen.number}", cloud.stage)
            raise RequestError(
                f"Version {chosen.number} ({chosen.job}) is {chosen.approval}, and stage {cloud.stage} serves approved models only. "
                f"Approve it first, with: {approve}"
            )
        found = _run_of(cloud, chosen)
    else:
        found = training_jobs.run(cloud, to)
    servable(cloud, found)
    return _deploy(cloud, lambda stack: live_model.rollback_to(stack, found.artifact))


def start_shadow(cloud: Cloud, job: str) -> Change:
    """Tries a run beside the live model: it gets a copy of requests, and its answers reach nobody. It needs no approval.

    Args:
        cloud: the stage.
        job: the run.

    Raises:
        RequestError: the run has no complete model or belongs to another stage, it is live, there is no endpoint, or the stage allows no
            shadow.
        NotReady: the run has not ended, or the stack is busy.
    """
    found = servable(cloud, training_jobs.run(cloud, job))
    return _deploy(cloud, lambda stack: shadow_model.start(stack, found.artifact))


def stop_shadow(cloud: Cloud) -> Change:
    """Takes the shadow away, and with it its cost, also while the alarms ring; the live model goes on."""
    return _deploy(cloud, shadow_model.stop)


def pause(cloud: Cloud) -> Change:
    """Removes the endpoint, and with it its cost, also while the alarms ring; the model stays chosen."""
    return change(cloud, live_model.pause)


def resume(cloud: Cloud) -> Change:
    """Creates the endpoint again, with the model that was live."""
    return change(cloud, live_model.resume)


def change(cloud: Cloud, wish: Callable[[live_model.ServingStack], Mapping[str, str]]) -> Change:
    """Changes parameters of the serving stack; does not wait for CloudFormation.

    Args:
        cloud: the stage.
        wish: the new values, by the stack as it is.

    Raises:
        NotDeployedError: there is no stack.
        RequestError: the stack is broken, or AWS refused.
        NotReady: the stack is busy.
    """
    stack = ready_stack(cloud)
    wanted = wish(stack)
    with translating_aws_errors(f"update {stack.name}"):
        changed = bool(wanted) and StackUpdater(cloud.stepfunctions, cloud.cloudformation, cloud.serving_update).update(stack, wanted)
    return _as_it_will_be(cloud, live_model.ServingStack(stack.name, stack.status, {**stack.parameters, **wanted}), changed)


def ready_stack(cloud: Cloud) -> live_model.ServingStack:
    """The serving stack, which can be updated now.

    Raises:
        NotDeployedError: there is none.
        RequestError: it takes no update.
        NotReady: it is busy.
    """
    stack = live_model.describe(cloud.cloudformation, cloud.stage)
    if stack.state is live_model.StackState.ABSENT:
        raise NotDeployedError(f"There is no stack {stack.name}. The stage was never deployed here, or was destroyed.", cloud.stage)
    live_model.require_ready(stack)
    return stack


def unchanged(cloud: Cloud, stack: live_model.ServingStack) -> Change:
    """What is live, by a stack that nothing was changed of."""
    return _as_it_will_be(cloud, stack, False)


def _as_it_will_be(cloud: Cloud, stack: live_model.ServingStack, changed: bool) -> Change:
    return Change(
        changed,
        naming.job_of_artifact(stack.live) or stack.live,
        naming.job_of_artifact(stack.previous) or stack.previous,
        str(stack.endpoint_state),
        naming.endpoint(cloud.stage),
        naming.job_of_artifact(stack.shadow) or stack.shadow,
    )


def _deploy(cloud: Cloud, wish: Callable[[live_model.ServingStack], Mapping[str, str]]) -> Change:
    """A change that the endpoint has to be updated for: refused where SageMaker would refuse it, and the stack could not go back."""

    def checked(stack: live_model.ServingStack) -> Mapping[str, str]:
        wanted = wish(stack)
        differs = live_endpoint.difference(stack, live_endpoint.describe(cloud.sagemaker, cloud.stage)) if wanted else ""
        if differs:
            raise RequestError(f"{differs} Make them agree first, with: {blazingtext_command('verify --repair', cloud.stage)}")
        return wanted

    return change(cloud, checked)
