"""Where the BlazingText container lives, region by region.

The accounts are those of the SageMaker SDK (``image_uri_config/blazingtext.json``); a test holds the table equal to it.
AWS retired its own per-region pages, and CDK's region facts have no entry for BlazingText.
"""

from .errors import ConfigurationError

REPOSITORY = "blazingtext"
# AWS: ":1" is the stable tag, ":latest" is not for production.
TAG = "1"

ACCOUNTS = {
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

# Longest prefix first is not needed: no prefix begins another ("us-iso-" ends in a hyphen).
_DNS_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}


def supported_regions() -> tuple[str, ...]:
    """The regions where AWS offers BlazingText, in alphabetical order."""
    return tuple(sorted(ACCOUNTS))


def partition_regions(region: str) -> tuple[str, ...]:
    """The regions where AWS offers BlazingText in the partition of a region, in alphabetical order."""
    return tuple(each for each in supported_regions() if _partition(each) == _partition(region))


def _partition(region: str) -> str:
    """What the names of a partition's regions begin with; ``""`` for the commercial one."""
    return next((prefix for prefix in (*_DNS_SUFFIXES, "us-gov-") if region.startswith(prefix)), "")


def dns_suffix(region: str) -> str:
    """The domain under which a region's partition has its services."""
    return next((suffix for prefix, suffix in _DNS_SUFFIXES.items() if region.startswith(prefix)), "amazonaws.com")


def image_uri(region: str) -> str:
    """The BlazingText image of a region, for training and for hosting.

    Raises:
        ConfigurationError: AWS offers BlazingText there under no account we know.
    """
    if region not in ACCOUNTS:
        raise ConfigurationError(
            f'region: there is no BlazingText image for "{region}". AWS publishes one in {len(ACCOUNTS)} regions only. '
            f"Choose one of {', '.join(supported_regions())}."
        )
    return f"{ACCOUNTS[region]}.dkr.ecr.{region}.{dns_suffix(region)}/{REPOSITORY}:{TAG}"


def region_of(uri: str) -> str:
    """The region of an image in ECR; ``""`` for an image from elsewhere."""
    host = uri.split("/", maxsplit=1)[0].split(".")
    return host[3] if host[1:3] == ["dkr", "ecr"] else ""
