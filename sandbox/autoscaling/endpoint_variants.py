"""The variants of SageMaker's endpoints as Application Auto Scaling sees them, and the scalable targets as SageMaker does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..sagemaker.api.contract import Parameters
from ..sagemaker.api.errors import AwsError
from ..sagemaker.service import SageMaker
from .service import ApplicationAutoScaling
from .surroundings import Variant

#: How long a change of the number of instances may take.
_SECONDS: Final = 900.0


@dataclass(frozen=True)
class EndpointVariants:
    """The variants of the endpoints of one service, in the account and region of the request."""

    sagemaker: SageMaker

    def find(self, endpoint: str, variant: str) -> Variant | None:
        """The variant; None when there is none."""
        found = self.sagemaker.store.endpoints.get(endpoint)
        fleets = [] if found is None else found.router.fleets()
        if found is None or not fleets:
            return None
        variants: list[Parameters] = fleets[0].config.all_variants
        wanted = next((each for each in variants if each["VariantName"] == variant), None)
        if wanted is None:
            return None
        return Variant(wanted.get("InitialInstanceCount"), wanted.get("InstanceType", ""), found.status == "InService")

    def resize(self, endpoint: str, variant: str, instances: int) -> str | None:
        """Give it so many instances, and wait for them; what went wrong, if anything did."""
        change = {"VariantName": variant, "DesiredInstanceCount": instances}
        try:
            self.sagemaker.call("UpdateEndpointWeightsAndCapacities", {"EndpointName": endpoint, "DesiredWeightsAndCapacities": [change]})
        except AwsError as problem:
            return problem.message
        found = self.sagemaker.store.endpoints.get(endpoint)
        if found is not None:
            self.sagemaker.endpoints.wait(found, _SECONDS)
        return None if found is None else found.failure


@dataclass(frozen=True)
class ScalableTargets:
    """The scalable targets of one service, as SageMaker asks for them."""

    service: ApplicationAutoScaling

    def scales(self, endpoint: str, variant: str) -> bool:
        """Whether the instances of a variant are scaled."""
        return _resource(endpoint, variant) in self.service.store.targets

    def forget(self, endpoint: str, variant: str) -> None:
        """Take the target of a variant away."""
        self.service.forget(_resource(endpoint, variant))


def _resource(endpoint: str, variant: str) -> str:
    return f"endpoint/{endpoint}/variant/{variant}"
