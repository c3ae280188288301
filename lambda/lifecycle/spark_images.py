"""Where AWS's Spark container lives, region by region, for the regions that have BlazingText, too.

The accounts are those of the SageMaker SDK (``image_uri_config/spark.json``); a test holds the table equal to it. AWS's isolated regions
have no such image. Versions: https://github.com/aws/sagemaker-spark-container/blob/master/available_images.md.
"""

from . import images
from .errors import ConfigurationError

REPOSITORY = "sagemaker-spark-processing"
# Spark 3.5 on Python 3.12, which has boto3. The image of Python 3.9 is too old for this project, whose syntax is that of 3.11.
TAG = "3.5-cpu-py312-v1.0"

ACCOUNTS = {
    "af-south-1": "309385258863",
    "ap-east-1": "732049463269",
    "ap-northeast-1": "411782140378",
    "ap-northeast-2": "860869212795",
    "ap-northeast-3": "102471314380",
    "ap-south-1": "105495057255",
    "ap-south-2": "873151114052",
    "ap-southeast-1": "759080221371",
    "ap-southeast-2": "440695851116",
    "ap-southeast-3": "800295151634",
    "ap-southeast-4": "819679513684",
    "ca-central-1": "446299261295",
    "ca-west-1": "000907499111",
    "cn-north-1": "671472414489",
    "cn-northwest-1": "844356804704",
    "eu-central-1": "906073651304",
    "eu-central-2": "142351485170",
    "eu-north-1": "330188676905",
    "eu-south-1": "753923664805",
    "eu-south-2": "833944533722",
    "eu-west-1": "571004829621",
    "eu-west-2": "836651553127",
    "eu-west-3": "136845547031",
    "il-central-1": "408426139102",
    "me-central-1": "395420993607",
    "me-south-1": "750251592176",
    "sa-east-1": "737130764395",
    "us-east-1": "173754725891",
    "us-east-2": "314815235551",
    "us-gov-east-1": "260923028637",
    "us-gov-west-1": "271483468897",
    "us-west-1": "667973535471",
    "us-west-2": "153931337802",
}


def image_uri(region: str) -> str:
    """The Spark image of a region.

    Raises:
        ConfigurationError: AWS publishes none there.
    """
    if region not in ACCOUNTS:
        raise ConfigurationError(
            f'region: there is no Spark image for "{region}". AWS publishes one in {len(ACCOUNTS)} of the regions with BlazingText. '
            "Prepare the corpus on a machine of your own: blazingtext corpus prepare."
        )
    return f"{ACCOUNTS[region]}.dkr.ecr.{region}.{images.dns_suffix(region)}/{REPOSITORY}:{TAG}"
