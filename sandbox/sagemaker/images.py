"""The BlazingText image of each region: the only image the sandbox can run.

Source: the SageMaker Python SDK's image list for blazingtext, version 1.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from .api.constraints import Parameters
from .api.errors import ValidationException, image_not_emulated
from .store import now

ACCOUNTS: Final = {
    "af-south-1": "455444449433",
    "ap-east-1": "286214385809",
    "ap-northeast-1": "501404015308",
    "ap-northeast-2": "306986355934",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "991648021394",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "475088953585",
    "ap-southeast-2": "544295431143",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "469771592824",
    "ca-west-1": "190319476487",
    "cn-north-1": "390948362332",
    "cn-northwest-1": "387376663083",
    "eu-central-1": "813361260812",
    "eu-central-2": "680994064768",
    "eu-north-1": "669576153137",
    "eu-south-1": "257386234256",
    "eu-south-2": "104374241257",
    "eu-west-1": "685385470294",
    "eu-west-2": "644912444149",
    "eu-west-3": "749696950732",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "249704162688",
    "sa-east-1": "855470959533",
    "us-east-1": "811284229777",
    "us-east-2": "825641698319",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "226302683700",
    "us-iso-east-1": "490574956308",
    "us-isob-east-1": "765400339828",
    "us-isof-east-1": "108575199400",
    "us-isof-south-1": "124985052026",
    "us-west-1": "632365934929",
    "us-west-2": "433757028032",
}
#: Families with accelerators: GPUs, Trainium, Inferentia.
_ACCELERATED: Final = ("p", "g", "trn", "inf")
_GPU_FAMILIES: Final = frozenset({"p2", "p3", "g4dn", "g5"})
#: The URI of an image in ECR.
ECR_URI: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[a-z0-9.]+/(?P<repository>[a-z0-9._/-]+):(?P<tag>[\w.-]+)"
)


def deployed_image(image: str) -> Parameters:
    """An image as DescribeEndpoint shows it. No image is pulled: the digest is made from the name, always the same one."""
    digest = hashlib.sha256(image.encode()).hexdigest()
    untagged = re.sub("[:@][^/]*$", "", image)
    return {"SpecifiedImage": image, "ResolvedImage": f"{untagged}@sha256:{digest}", "ResolutionTime": now()}


def check_training_instances(instance_type: str) -> None:
    """Refuse an instance type BlazingText has no container for.

    Source: "BlazingText algorithm", "EC2 Instance Recommendation": CPU instances, and P2, P3, G4dn and G5 of the GPU instances.

    Raises:
        ValidationException: an accelerator of another kind.
    """
    family = instance_type.split(".")[1]
    if family.startswith(_ACCELERATED) and family not in _GPU_FAMILIES:
        raise ValidationException(
            f"The instance type {instance_type} is not supported by the algorithm: BlazingText trains on CPU instances and on"
            f" {', '.join(sorted(_GPU_FAMILIES))}."
        )


def is_blazingtext(image: str) -> bool:
    """Whether an image is BlazingText's, in whichever region."""
    found = ECR_URI.fullmatch(image)
    return found is not None and found["repository"] == "blazingtext" and found["account"] in ACCOUNTS.values()


def check_image(image: str, region: str) -> None:
    """Refuse an image that is not the region's `blazingtext:1`.

    Raises:
        ValidationException: another region's image in AWS's words, or an image the sandbox cannot run.
    """
    match = ECR_URI.fullmatch(image)
    if match is None or match["repository"] != "blazingtext" or match["tag"] != "1":
        raise image_not_emulated(image)
    if match["region"] != region:
        raise ValidationException(
            f"The repository {image} is in region {match['region']}: it must be in the region of the request, {region}."
        )
    if ACCOUNTS.get(region) != match["account"]:
        known = ACCOUNTS.get(region, "none")
        raise ValidationException(f"Could not find image {image}: in {region} BlazingText is published by account {known}.")
