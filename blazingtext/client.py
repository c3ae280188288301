"""The commands of the command line as methods of one Python class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from . import audit, removal, stage_costs
from .arguments import several
from .drift import drift
from .drift.drift import Drift
from .leftovers import Leftover
from .looking_client import LookingClient
from .preflight.plan import Plan
from .preflight.preflight import Preflight, preflight
from .processing_client import ProcessingClient
from .serving_client import ServingClient
from .training_client import TrainingClient
from .transform_client import TransformClient
from .tuning_client import TuningClient

if TYPE_CHECKING:  # the SDK takes seconds to load
    from .sdk.stage import Sdk


class BlazingText(TrainingClient, TuningClient, TransformClient, ProcessingClient, LookingClient, ServingClient):
    """One stage of the project.

    ```python
    bt = BlazingText()
    bt.upload("wiki", ["wiki.txt"])
    run = bt.watch(bt.train("wiki", mode="batch_skipgram", hyperparameters={"epochs": 5}).job)
    bt.neighbors("king")
    ```

    Every method raises errors of `lifecycle.errors`, whose messages say what happened, why and what to do.

    Args:
        stage: the stage's name; None means BLAZINGTEXT_STAGE, or the default stage.
        session: decides account and region; None means the environment's.
    """

    @cached_property
    def sdk(self) -> Sdk:
        """The SageMaker Python SDK's objects for this stage; needs `blazingtext-cdk[sagemaker]`, or SDK 2."""
        from .sdk import bind  # noqa: PLC0415 - the SDK takes seconds to load

        return bind(self.cloud)

    def preflight(self, wanted: Plan | None = None, on_progress: Callable[[str], None] = lambda _: None) -> Preflight:
        """What speaks against deploying the stage with the instances of a plan; creates nothing."""
        return preflight(self.cloud, Plan() if wanted is None else wanted, on_progress=on_progress)

    def kept_bucket(self, bucket: str) -> Leftover:
        """A bucket of the stage that no stack holds any more, with what is in it."""
        return removal.kept_bucket(self.cloud, bucket)

    def costs(self, wanted: Plan | None = None) -> stage_costs.StageCosts:
        """What the stage costs with the instances of a plan, and with what is in its bucket."""
        return stage_costs.of_stage(self.cloud, Plan() if wanted is None else wanted)

    def delete_bucket(self, bucket: str) -> int:
        """Deletes a bucket of the stage that no stack holds any more, with everything in it; returns how many versions that was."""
        return removal.delete_bucket(self.cloud, bucket)

    def audit(self, on_progress: Callable[[str], None] = lambda _: None, *, regions: Sequence[str] = ()) -> audit.Audit:
        """What of the stage still exists: in `regions`, else in the session's region and wherever else there is a trace of it."""
        return audit.audit(self.cloud, regions=tuple(several("audit(regions=", "regions", regions)), on_progress=on_progress)

    def drift(self, on_progress: Callable[[str], None] = lambda _: None) -> Drift:
        """What of the stage is not as its deployed templates say."""
        return drift.drift(self.cloud, on_progress)
