"""AWS's images that processing jobs run here: scikit-learn's, for scripts in Python, and Spark's.

Source: the SageMaker Python SDK's image lists `sklearn` (training) and `spark` (processing), which a test compares with these tables; for
Spark also https://github.com/aws/sagemaker-spark-container/blob/master/available_images.md.
"""

from __future__ import annotations

import re
from typing import Final

from ..api.errors import ValidationException
from ..images import ECR_URI

SKLEARN_ACCOUNTS: Final = {
    "af-south-1": "510948584623",
    "ap-east-1": "651117190479",
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "720646828776",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "341280168497",
    "ca-west-1": "190319476487",
    "cn-north-1": "450853457545",
    "cn-northwest-1": "451049120500",
    "eu-central-1": "492215442770",
    "eu-central-2": "680994064768",
    "eu-north-1": "662702820516",
    "eu-south-1": "978288397137",
    "eu-south-2": "104374241257",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "801668240914",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "414596584902",
    "us-iso-east-1": "833128469047",
    "us-isob-east-1": "281123927165",
    "us-isof-east-1": "108575199400",
    "us-isof-south-1": "124985052026",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}
SPARK_ACCOUNTS: Final = {
    "af-south-1": "309385258863",
    "ap-east-1": "732049463269",
    "ap-east-2": "533267296287",
    "ap-northeast-1": "411782140378",
    "ap-northeast-2": "860869212795",
    "ap-northeast-3": "102471314380",
    "ap-south-1": "105495057255",
    "ap-south-2": "873151114052",
    "ap-southeast-1": "759080221371",
    "ap-southeast-2": "440695851116",
    "ap-southeast-3": "800295151634",
    "ap-southeast-4": "819679513684",
    "ap-southeast-5": "841784149062",
    "ap-southeast-6": "278240940207",
    "ap-southeast-7": "471112967968",
    "ca-central-1": "446299261295",
    "ca-west-1": "000907499111",
    "cn-north-1": "671472414489",
    "cn-northwest-1": "844356804704",
    "eu-central-1": "906073651304",
    "eu-central-2": "142351485170",
    "eu-isoe-west-1": "010264522435",
    "eu-north-1": "330188676905",
    "eu-south-1": "753923664805",
    "eu-south-2": "833944533722",
    "eu-west-1": "571004829621",
    "eu-west-2": "836651553127",
    "eu-west-3": "136845547031",
    "eusc-de-east-1": "713710892325",
    "il-central-1": "408426139102",
    "me-central-1": "395420993607",
    "me-south-1": "750251592176",
    "mx-central-1": "211125459255",
    "sa-east-1": "737130764395",
    "us-east-1": "173754725891",
    "us-east-2": "314815235551",
    "us-gov-east-1": "260923028637",
    "us-gov-west-1": "271483468897",
    "us-west-1": "667973535471",
    "us-west-2": "153931337802",
}
#: Spark's versions that AWS publishes; here runs the one that PySpark has.
SPARK_VERSIONS: Final = ("2.4", "3.0", "3.1", "3.2", "3.3", "3.5")
SPARK_VERSION: Final = "3.5"
SKLEARN_VERSIONS: Final = ("0.20.0", "0.23-1", "1.0-1", "1.2-1", "1.4-2", "1.4-2-py312", "1.9-0")
_SKLEARN, _SPARK = "sagemaker-scikit-learn", "sagemaker-spark-processing"
_ACCOUNTS: Final = {_SKLEARN: SKLEARN_ACCOUNTS, _SPARK: SPARK_ACCOUNTS}
_TAGS: Final = {
    _SKLEARN: re.compile(f"({'|'.join(map(re.escape, SKLEARN_VERSIONS))})-cpu-py3"),
    # Version, Python and, as an option, the container's version.
    _SPARK: re.compile(f"({'|'.join(map(re.escape, SPARK_VERSIONS))})-cpu-py3[0-9]+(-v[0-9.]+)?"),
}


def is_spark(image: str) -> bool:
    """Whether an image is AWS's for Spark, in whichever region."""
    found = ECR_URI.fullmatch(image)
    return found is not None and found["repository"] == _SPARK and found["account"] in SPARK_ACCOUNTS.values()


def check_image(image: str, region: str) -> None:
    """Refuse an image that nothing here stands for.

    Raises:
        ValidationException: another region's image, another account's, an unknown tag, or an image the sandbox cannot run.
    """
    match = ECR_URI.fullmatch(image)
    if match is None or match["repository"] not in _ACCOUNTS or not _TAGS[match["repository"]].fullmatch(match["tag"]):
        raise _not_emulated(image)
    if match["region"] != region:
        raise ValidationException(
            f"The repository {image} is in region {match['region']}: it must be in the region of the request, {region}."
        )
    account = _ACCOUNTS[match["repository"]].get(region, "none")
    if account != match["account"]:
        raise ValidationException(f"Could not find image {image}: in {region} {match['repository']} is published by account {account}.")
    if match["repository"] == _SPARK and not match["tag"].startswith(f"{SPARK_VERSION}-"):
        raise ValidationException(
            f"the sandbox does not emulate the image {image!r}: it runs Spark {SPARK_VERSION}. Name an image of that version, or use AWS"
        )


def _not_emulated(image: str) -> ValidationException:
    return ValidationException(
        f"the sandbox does not emulate the image {image!r} for processing jobs: it pulls none. It has containers for {_SKLEARN} and"
        f" {_SPARK}, and for images that `sandbox up --image URI=COMMAND` names. Name one of them, or use AWS"
    )
