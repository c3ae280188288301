"""What an hour of an instance costs on demand, in US dollars, by region: copies of AWS's price list with the day they were taken.

A region or a type that is not here has no known price, and none is made up for it. For today's figures ask AWS's price list itself:
https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonSageMaker/current/us-east-1/index.json, likewise for other regions.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PriceList:
    """The prices of one region.

    Attributes:
        date: the day, or the month, of the prices (ISO 8601).
        source: where they were read.
        training: US dollars per hour and instance of training jobs, by type.
        hosting: the same of real-time endpoints.
    """

    date: str
    source: str
    training: Mapping[str, float]
    hosting: Mapping[str, float]


def _prices(text: str) -> dict[str, float]:
    """A table from lines of ``family size price size price ...``."""
    found = {}
    for line in text.split("\n"):
        family, *cells = line.split() or [""]
        for size, price in zip(cells[::2], cells[1::2], strict=True):
            found[f"ml.{family}.{size}"] = float(price)
    return found


# One price for both uses: https://github.com/johbro/ocp-ai-cost-modeler lists CPU instances without telling training from hosting, and
# those of the GPU instances below are equal. p4d and p5 are here so that a limit on costs holds for them, too.
_VIRGINIA = _prices(
    """
    m5 large 0.115 xlarge 0.23 2xlarge 0.461 4xlarge 0.922 12xlarge 2.765 24xlarge 5.531
    c5 xlarge 0.204 2xlarge 0.408 4xlarge 0.816 9xlarge 1.836 18xlarge 3.672
    r5 large 0.151 xlarge 0.302 2xlarge 0.605 4xlarge 1.21
    g5 xlarge 1.408 2xlarge 1.515 4xlarge 2.03 8xlarge 3.06 12xlarge 7.09 16xlarge 5.12 24xlarge 10.18 48xlarge 20.36
    p4d 24xlarge 25.2512883
    p5 48xlarge 63.296
    """
)
_MUMBAI = _prices(
    """
    m4 xlarge 0.252 2xlarge 0.504 4xlarge 1.008 10xlarge 2.52 16xlarge 4.032
    m5 large 0.121 xlarge 0.242 2xlarge 0.485 4xlarge 0.97 12xlarge 2.909 24xlarge 5.818
    m6i large 0.121 xlarge 0.242 2xlarge 0.485 4xlarge 0.97 8xlarge 1.939 12xlarge 2.909 16xlarge 3.878 24xlarge 5.818 32xlarge 7.757
    m7i large 0.12726 xlarge 0.25452 2xlarge 0.50904 4xlarge 1.01808 8xlarge 2.03616 12xlarge 3.05424 16xlarge 4.07232 24xlarge 6.10848
    c4 xlarge 0.24 2xlarge 0.48 4xlarge 0.96 8xlarge 1.92
    c5 xlarge 0.204 2xlarge 0.408 4xlarge 0.816 9xlarge 1.836 18xlarge 3.672
    c5n xlarge 0.259 2xlarge 0.518 4xlarge 1.037 9xlarge 2.333 18xlarge 4.666
    c6i xlarge 0.204 2xlarge 0.408 4xlarge 0.816 8xlarge 1.632 12xlarge 2.448 16xlarge 3.264 24xlarge 4.896 32xlarge 6.528
    c7i large 0.1071 xlarge 0.2142 2xlarge 0.4284 4xlarge 0.8568 8xlarge 1.7136 12xlarge 2.5704 16xlarge 3.4272 24xlarge 5.1408
    r5 large 0.156 xlarge 0.312 2xlarge 0.624 4xlarge 1.248 8xlarge 2.496 12xlarge 3.744 16xlarge 4.992 24xlarge 7.488
    g4dn xlarge 0.811 2xlarge 1.035 4xlarge 1.656 8xlarge 2.994 12xlarge 5.383 16xlarge 5.989
    g5 xlarge 1.69 2xlarge 1.82 4xlarge 2.44 8xlarge 3.67 12xlarge 8.51 16xlarge 6.15 24xlarge 12.22 48xlarge 24.45
    p4d 24xlarge 30.29606
    p5 48xlarge 75.9575
    """
)
LISTS: Mapping[str, PriceList] = {
    "us-east-1": PriceList("2026-04-21", "AWS's price list, copied at github.com/johbro/ocp-ai-cost-modeler", _VIRGINIA, _VIRGINIA),
    "ap-south-1": PriceList(
        # Offer version 20260921172504. The copy has the prices of training and of processing, none of hosting.
        "2026-09-21",
        "AWS's price list, copied at github.com/Sanyamkothari/Marketing.ai-",
        _MUMBAI,
        {},
    ),
    "eu-west-1": PriceList(
        "2023-12",
        "AWS's bill of github.com/aws-samples/sagemaker-ssh-helper, Sample_Costs.md",
        _prices("m5 xlarge 0.257\n g4dn xlarge 0.822\n g5 xlarge 1.57\n p3 2xlarge 4.131"),
        _prices("m5 xlarge 0.257\n g4dn xlarge 0.821 4xlarge 1.678 12xlarge 5.453\n g5 12xlarge 7.91"),
    ),
}
