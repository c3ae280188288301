"""Whether what answers is what the serving stack says: endpoint, configuration, model and artifact compared, and one prediction made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import live_endpoint, naming
from blazingtext_lifecycle.aws_errors import is_missing
from blazingtext_lifecycle.live_endpoint import LiveEndpoint
from blazingtext_lifecycle.live_model import ServingStack

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..html_tables import facts
from ..stages import blazingtext_command
from . import prediction
from .changes import ready_stack
from .status import no_live_model

# Any word does: one that the model does not know is answered, too.
_WORD = "the"


@dataclass(frozen=True)
class Verification:
    """What the stack says, what is there, and what was answered.

    Attributes:
        live: the job whose model is live by the stack.
        state: running or paused, by the stack.
        endpoint: the endpoint's name.
        status: SageMaker's EndpointStatus, "" without an endpoint.
        configuration: the configuration that the endpoint serves, "" without an endpoint.
        model: the model of that configuration, or of the one that is kept during a pause; "" when either is gone.
        artifact: what that model was made from.
        answered: the word or text that was answered, "" when nobody was asked.
        problems: what does not agree, a sentence or two each; none when everything does.
        repairable: whether `repair` ends all of them: not while the live model's artifact is gone.
    """

    live: str
    state: str
    endpoint: str
    status: str
    configuration: str
    model: str
    artifact: str
    answered: str
    problems: tuple[str, ...]
    repairable: bool

    def __repr__(self) -> str:
        found = f"problems: {len(self.problems)}" if self.problems else "as its stack says"
        return f"Verification({self.endpoint}: {self.status or 'none'}, {found})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        return facts(self.endpoint, [*self.rows(), *(("problem", each) for each in self.problems)])

    def rows(self) -> list[tuple[str, str]]:
        """What was compared, as text."""
        return [
            ("stack", f"{self.live}, {self.state}"),
            ("endpoint", f"{self.endpoint}: {self.status or 'none'}"),
            ("configuration", self.configuration or "none"),
            ("model", self.model or "unknown"),
            ("artifact", self.artifact or "unknown"),
            ("prediction", f"answered for {self.answered}" if self.answered else "not asked for"),
        ]


def verify(cloud: Cloud) -> Verification:
    """Compares what answers with what the serving stack says.

    Raises:
        NotReady: the stack is busy, or no model is live.
        NotDeployedError: there is no stack.
        RequestError: it takes no update.
        EndpointError: the endpoint is in service and does not answer as BlazingText does, or with numbers that are not finite.
    """
    stack = ready_stack(cloud)
    if not stack.live:
        raise no_live_model(cloud)
    endpoint = live_endpoint.describe(cloud.sagemaker, cloud.stage)
    model, artifact = served(cloud, stack, endpoint)
    differs = live_endpoint.difference(stack, endpoint) or strange_model(stack, endpoint, model, artifact)
    strange = "" if differs else strange_shadow(cloud, stack, endpoint)
    missing = missing_artifact(cloud, stack.live)
    lost = lost_shadow(cloud, stack)
    answered = _WORD if endpoint.status == "InService" else ""
    if answered:
        prediction.predict(cloud, [answered])
    return Verification(
        naming.job_of_artifact(stack.live) or stack.live,
        str(stack.endpoint_state),
        endpoint.name,
        endpoint.status,
        endpoint.configuration,
        model,
        artifact,
        answered,
        tuple(problem for problem in (differs, strange, missing, lost) if problem),
        repairable=not missing,
    )


def served(cloud: Cloud, stack: ServingStack, endpoint: LiveEndpoint, variants: str = "ProductionVariants") -> tuple[str, str]:
    """The model that an endpoint serves, or would serve after a pause, and its artifact; "" for what is gone.

    Args:
        cloud: the stage.
        stack: its serving stack.
        endpoint: its endpoint.
        variants: which of the configuration's: that of the live model, or ``ShadowProductionVariants``.
    """
    name = endpoint.configuration or stack.configuration
    if not name:
        return "", ""
    with translating_aws_errors(f"look at what {endpoint.name} serves"):
        try:
            configuration: Mapping[str, Any] = cloud.sagemaker.describe_endpoint_config(EndpointConfigName=name)
            model = "".join(str(each.get("ModelName", "")) for each in configuration.get(variants, [])[:1])
        except ClientError as error:
            if is_missing(error):
                return "", ""
            raise
        if not model:
            return "", ""
        try:
            container = cloud.sagemaker.describe_model(ModelName=model)["PrimaryContainer"]
        except ClientError as error:
            if is_missing(error):
                return model, ""
            raise
    return model, str(container.get("ModelDataUrl", ""))


def strange_model(stack: ServingStack, endpoint: LiveEndpoint, model: str, artifact: str) -> str:
    """What is wrong with what the stack's configuration serves, or would serve after a pause; "" when nothing is.

    CloudFormation does not look whether a configuration or a model that it holds is still there.
    """
    configuration = endpoint.configuration or stack.configuration
    if not configuration or artifact == stack.live:
        return ""
    if not model and endpoint.status:
        return live_endpoint.deleted_configuration(endpoint)
    if not model:
        return f"{stack.name} holds the configuration {configuration}, which somebody has deleted. No endpoint can be created with it."
    if not artifact:
        return f"{endpoint.name} serves the model {model}, which somebody has deleted. No further instance can start with it."
    return f"{endpoint.name} serves {artifact}, but {stack.name} says {stack.live}. Somebody has made its configuration or its model anew."


def strange_shadow(cloud: Cloud, stack: ServingStack, endpoint: LiveEndpoint) -> str:
    """What is wrong with the shadow that the stack's configuration has, where its live model is right; "" when nothing is."""
    model, artifact = served(cloud, stack, endpoint, "ShadowProductionVariants")
    if artifact == stack.shadow and bool(model) == bool(stack.shadow):
        return ""
    has = artifact or (f"the model {model}, which somebody has deleted" if model else "none")
    return (
        f"The shadow of {endpoint.name} is {has}, but {stack.name} says {stack.shadow or 'none'}. "
        "Somebody has made its configuration or a model anew."
    )


def lost_shadow(cloud: Cloud, stack: ServingStack) -> str:
    """A sentence or two when the shadow's artifact is gone from its bucket, so that no update could start it again; else ""."""
    if not stack.shadow or not missing_artifact(cloud, stack.shadow):
        return ""
    stop = blazingtext_command("shadow --stop", cloud.stage)
    return f"{stack.shadow}, the shadow's artifact, is gone from the bucket, so no update of the endpoint can succeed. End it with: {stop}"


def missing_artifact(cloud: Cloud, artifact: str) -> str:
    """A sentence or two when a model's artifact is gone from its bucket, else ""."""
    bucket, key = naming.split_s3_uri(artifact)
    with translating_aws_errors(f"look for {artifact}"):
        try:
            cloud.s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                return f"{artifact} is gone from the bucket. No instance can start with it. Promote another run."
            raise
    return ""
