"""Whether a region has what the settings of a stage ask for."""

import dataclasses

from blazingtext_lifecycle import availability, images

from .contradictions import cost_problem
from .settings import Settings, context_key, raise_all


def check_region(settings: Settings, region: str) -> list[str]:
    """What may yet be refused in a region, where that is not certain; nothing when no region is known.

    Args:
        settings: whose endpoint must be able to run there.
        region: the one that is deployed to.

    Raises:
        ConfigurationError: AWS offers no BlazingText there, or does not host on the endpoint's instance type, or a training job of the
            stage's own settings may cost more than they allow there.
    """
    if not region:
        return []
    images.image_uri(region)
    if settings.serverless_memory_mb is None:
        availability.check_hosting(settings.endpoint_instance_type, region)
    values = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    raise_all("The settings cannot be used in this region:", list(cost_problem(values, region, context_key)))
    doubts = [availability.region_doubt(region), availability.training_doubt(settings.training_instance_type, region)]
    return [doubt for doubt in doubts if doubt]
