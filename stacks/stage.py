"""The three stacks of one stage, for the app of this repository and for anybody else's."""

from typing import NamedTuple

import aws_cdk as cdk
from constructs import Construct

from .delivery_stack import DeliveryStack
from .region_check import check_region
from .serving_stack import ServingStack
from .settings import Settings
from .storage_stack import StorageStack
from .training_stack import TrainingStack


class Stacks(NamedTuple):
    """The stacks of a stage, in the order in which they are deployed."""

    storage: StorageStack
    training: TrainingStack
    serving: ServingStack


def build(scope: Construct, settings: Settings, *, serving_synthesizer: cdk.IStackSynthesizer | None = None) -> Stacks:
    """Adds the three stacks of a stage to an app, and with ``github_repository`` the one that lets GitHub deploy them.

    Args:
        scope: an app, a `cdk.Stage` or any other construct above stacks; each stage of one app needs a scope of its own.
        settings: everything that can be chosen; ``settings.stage`` must differ between the stages of one account and region.
        serving_synthesizer: for an app with a synthesizer of its own, see `ServingStack`.

    Raises:
        ConfigurationError: the stacks' region lacks BlazingText or the endpoint's instance type.
    """
    storage = StorageStack(scope, "Storage", settings=settings)
    training = TrainingStack(scope, "Training", settings=settings, bucket=storage.bucket, key_arn=storage.key_arn)
    serving = ServingStack(
        scope,
        "Serving",
        settings=settings,
        bucket=storage.bucket,
        hosting_role=training.hosting_role,
        topic=training.topic,
        key_arn=storage.key_arn,
        synthesizer=serving_synthesizer,
    )
    if settings.github_repository:
        DeliveryStack(scope, "Delivery", settings=settings)
    # Without a region of its own, a stack's is known at deployment only; `app.py` asks for the command line's.
    if not cdk.Token.is_unresolved(serving.region):
        for doubt in check_region(settings, serving.region):
            cdk.Annotations.of(serving).add_warning_v2("blazingtext:region", doubt)
    return Stacks(storage, training, serving)
