"""Whether a region has an instance type, and CloudFormation's SageMaker resources, before anything is created there.

The tables are AWS's price list; what is not in them is not judged. A type that hosts is refused where it has no price. For training
AWS publishes no such list, so there a type is only doubted, and SageMaker decides before anything is paid.
"""

from collections.abc import Mapping

from .errors import ConfigurationError
from .instance_regions import HOSTING, TRAINING
from .suggestions import some

# Four CPUs and 16 GB, as ml.m4.xlarge; hosts in every region of the table.
HOSTS_EVERYWHERE = "ml.m5.xlarge"

# The resource types' own registry data, from cfn-lint 1.58.0 (2026-10-20), has no AWS::SageMaker::Model, EndpointConfig and Endpoint here.
WITHOUT_CLOUDFORMATION_TYPES = ("me-central-1", "us-gov-east-1")


def check_hosting(instance_type: str, region: str) -> None:
    """Nothing when a region hosts on an instance type, or the table does not know.

    Raises:
        ConfigurationError: it does not; the message names one that it has.
    """
    if _missing(HOSTING, instance_type, region):
        raise ConfigurationError(
            f"endpointInstanceType: SageMaker does not host on {instance_type} in {region}. "
            f"{_elsewhere(HOSTING, instance_type)} Choose -c endpointInstanceType={HOSTS_EVERYWHERE}, which has the same size as "
            f"ml.m4.xlarge, or deploy to another region."
        )


def training_doubt(instance_type: str, region: str) -> str:
    """Why a training job may be refused in a region; ``""`` when nothing speaks against it."""
    if not _missing(TRAINING, instance_type, region):
        return ""
    return (
        f"SageMaker may not train on {instance_type} in {region}: its price list has none there. {_elsewhere(TRAINING, instance_type)} "
        "If the job is refused, ask for another type, such as ml.c5.xlarge."
    )


def region_doubt(region: str) -> str:
    """Why the serving stack may be refused in a region; ``""`` when nothing speaks against it."""
    if region not in WITHOUT_CLOUDFORMATION_TYPES:
        return ""
    return (
        f"CloudFormation had no AWS::SageMaker::Model, EndpointConfig and Endpoint in {region} in October 2026. "
        f"Where it has none, the serving stack cannot be created: deploy to another region."
    )


def _missing(table: Mapping[str, frozenset[str]], instance_type: str, region: str) -> bool:
    """Whether the table knows the type and the region, but not together."""
    known = table.get(instance_type, frozenset())
    return bool(known) and region in table[HOSTS_EVERYWHERE] and region not in known


def _elsewhere(table: Mapping[str, frozenset[str]], instance_type: str) -> str:
    return f"It has that type in {some(sorted(table[instance_type]))}."
