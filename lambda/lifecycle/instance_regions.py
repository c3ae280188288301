"""Which instance types SageMaker offers in which region. Written by ``python -m tests.tools.instance_regions``; do not edit.

Source: cfn-lint 1.58.0 (2026-10-20), which reads AWS's price list. `HOSTING` is its list for real-time endpoints. It has none for
training: `TRAINING` holds the types that can train and have a price for hosting, processing or batch transform there. Only regions
with BlazingText; AWS's isolated regions are not in the list.
"""


def table(rows: tuple[tuple[str, str], ...]) -> dict[str, frozenset[str]]:
    """The regions of each instance type."""
    return {f"ml.{name}": frozenset(regions.split()) for regions, names in rows for name in names.split()}


# The regions of each instance type, for endpoints.
HOSTING = table(
    (
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 "
                "ap-southeast-3 ap-southeast-4 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 "
                "eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 "
                "us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            (
                "c5.18xlarge c5.2xlarge c5.4xlarge c5.9xlarge c5.large c5.xlarge m5.12xlarge m5.24xlarge m5.2xlarge m5.4xlarge m5.large "
                "m5.xlarge m5d.12xlarge m5d.24xlarge m5d.2xlarge m5d.large m5d.xlarge r5.12xlarge r5.24xlarge r5.4xlarge r5.large "
                "r5.xlarge"
            ),
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 "
                "ap-southeast-3 ap-southeast-4 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 "
                "eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 sa-east-1 us-east-1 us-east-2 "
                "us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            "m5d.4xlarge",
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 "
                "ap-southeast-3 ap-southeast-4 ca-central-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 "
                "eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 "
                "us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            (
                "c5d.18xlarge c5d.2xlarge c5d.4xlarge c5d.9xlarge c5d.large c5d.xlarge r5d.12xlarge r5d.24xlarge r5d.2xlarge r5d.4xlarge "
                "r5d.large r5d.xlarge"
            ),
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 "
                "ap-southeast-3 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 "
                "eu-west-1 eu-west-2 eu-west-3 me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 "
                "us-west-1 us-west-2"
            ),
            "r5.2xlarge",
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 "
                "cn-north-1 cn-northwest-1 eu-central-1 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 "
                "us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            "g4dn.12xlarge g4dn.16xlarge g4dn.2xlarge g4dn.4xlarge g4dn.8xlarge g4dn.xlarge",
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 cn-northwest-1 "
                "eu-central-1 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 "
                "us-gov-west-1 us-west-1 us-west-2"
            ),
            "inf1.2xlarge inf1.6xlarge inf1.xlarge",
        ),
        (
            (
                "ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 "
                "ap-southeast-4 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 "
                "eu-west-3 il-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-west-1 us-west-2"
            ),
            "c6g.12xlarge c6g.16xlarge c6g.2xlarge c6g.4xlarge c6g.8xlarge c6g.large c6g.xlarge",
        ),
        (
            (
                "ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-4 ca-central-1 "
                "ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 "
                "me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-west-1 us-west-2"
            ),
            "m6g.12xlarge m6g.2xlarge m6g.4xlarge m6g.8xlarge m6g.large m6g.xlarge",
        ),
        (
            (
                "ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-4 ca-central-1 "
                "ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 "
                "me-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-west-1 us-west-2"
            ),
            "r6g.16xlarge",
        ),
        (
            (
                "ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-4 ca-central-1 "
                "ca-west-1 eu-central-1 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 "
                "sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-west-1 us-west-2"
            ),
            "r6g.12xlarge r6g.2xlarge r6g.4xlarge r6g.8xlarge r6g.large r6g.xlarge",
        ),
        (
            (
                "ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-4 ca-central-1 "
                "ca-west-1 eu-central-1 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 "
                "sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-west-1 us-west-2"
            ),
            "m6g.16xlarge",
        ),
        (
            (
                "ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ca-central-1 cn-north-1 "
                "eu-central-1 eu-north-1 eu-west-1 eu-west-2 il-central-1 me-central-1 sa-east-1 us-east-1 us-east-2 us-west-2"
            ),
            "g5.12xlarge g5.16xlarge g5.24xlarge g5.2xlarge g5.48xlarge g5.4xlarge g5.8xlarge g5.xlarge",
        ),
        (
            (
                "ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 cn-northwest-1 "
                "eu-central-1 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 "
                "us-gov-west-1 us-west-1 us-west-2"
            ),
            "inf1.24xlarge",
        ),
        (
            "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 eu-central-1 eu-south-2 us-east-1 us-east-2 us-west-2",
            "g6e.12xlarge g6e.16xlarge g6e.24xlarge g6e.2xlarge g6e.48xlarge g6e.4xlarge g6e.8xlarge g6e.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 ca-west-1 eu-west-1 eu-west-2 "
                "eu-west-3 il-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            "c6i.12xlarge c6i.16xlarge c6i.24xlarge c6i.2xlarge c6i.32xlarge c6i.4xlarge c6i.8xlarge c6i.large c6i.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 cn-north-1 cn-northwest-1 "
                "eu-central-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-gov-west-1 us-west-1 us-west-2"
            ),
            "t2.2xlarge t2.large t2.medium",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 cn-north-1 cn-northwest-1 "
                "eu-central-1 eu-west-1 eu-west-2 sa-east-1 us-east-1 us-east-2 us-gov-west-1 us-west-1 us-west-2"
            ),
            "c4.2xlarge c4.4xlarge c4.8xlarge c4.large c4.xlarge m4.10xlarge m4.16xlarge m4.2xlarge m4.4xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-west-1 eu-west-2 "
                "eu-west-3 sa-east-1 us-east-1 us-east-2 us-gov-west-1 us-west-1 us-west-2"
            ),
            "t2.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-west-1 eu-west-2 "
                "sa-east-1 us-east-1 us-east-2 us-gov-west-1 us-west-1 us-west-2"
            ),
            "m4.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-west-1 eu-west-2 "
                "sa-east-1 us-east-1 us-east-2 us-gov-west-1 us-west-2"
            ),
            "p4d.24xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ca-central-1 eu-central-1 eu-central-2 eu-north-1 eu-south-2 "
                "eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-2"
            ),
            "g6.12xlarge g6.16xlarge g6.24xlarge g6.2xlarge g6.48xlarge g6.4xlarge g6.8xlarge g6.xlarge",
        ),
        (
            "ap-northeast-1 ap-northeast-2 eu-central-1 eu-south-2 eu-west-2 us-east-1 us-east-2 us-west-2",
            "g7e.12xlarge g7e.24xlarge g7e.2xlarge g7e.48xlarge g7e.4xlarge g7e.8xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-4 ca-west-1 eu-central-1 eu-central-2 "
                "eu-south-2 eu-west-1 il-central-1 me-central-1 us-east-1 us-east-2 us-west-1 us-west-2"
            ),
            "m6gd.12xlarge m6gd.16xlarge m6gd.2xlarge m6gd.4xlarge m6gd.8xlarge m6gd.large m6gd.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 ca-west-1 eu-central-1 eu-west-1 il-central-1 us-east-1 "
                "us-east-2 us-west-1 us-west-2"
            ),
            "c6gn.16xlarge c6gn.2xlarge c6gn.4xlarge c6gn.8xlarge c6gn.large c6gn.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 eu-central-1 eu-north-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 "
                "sa-east-1 us-east-1 us-east-2 us-west-2"
            ),
            "inf2.24xlarge inf2.48xlarge inf2.8xlarge inf2.xlarge",
        ),
        (
            "ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 eu-central-1 eu-west-1 us-east-1 us-east-2 us-west-1 us-west-2",
            (
                "c6gd.12xlarge c6gd.16xlarge c6gd.2xlarge c6gd.4xlarge c6gd.8xlarge c6gd.large c6gd.xlarge c6gn.12xlarge r6gd.12xlarge "
                "r6gd.16xlarge r6gd.2xlarge r6gd.4xlarge r6gd.8xlarge r6gd.large r6gd.xlarge"
            ),
        ),
        (
            "ap-northeast-1 ap-south-1 ap-southeast-1 eu-central-1 eu-north-1 eu-west-1 us-east-1 us-east-2 us-west-2",
            "c7g.2xlarge c7g.4xlarge c7g.8xlarge",
        ),
        ("ap-northeast-1 ap-south-1 ap-southeast-3 eu-north-1 eu-south-2 us-east-1 us-east-2 us-west-1 us-west-2", "p5en.48xlarge"),
        ("ap-northeast-1 ap-south-1 eu-west-2 sa-east-1 us-east-2 us-west-2", "p5.4xlarge"),
        ("ap-northeast-1 eu-central-1 us-east-1 us-west-2", "p4de.24xlarge"),
        (
            "ap-northeast-1 eu-north-1 eu-south-2 eu-west-1 us-east-1 us-east-2 us-west-2",
            (
                "c7i.12xlarge c7i.16xlarge c7i.24xlarge c7i.2xlarge c7i.48xlarge c7i.4xlarge c7i.8xlarge c7i.large c7i.xlarge "
                "m7i.12xlarge m7i.16xlarge m7i.24xlarge m7i.2xlarge m7i.48xlarge m7i.4xlarge m7i.8xlarge m7i.large m7i.xlarge "
                "r7i.12xlarge r7i.16xlarge r7i.24xlarge r7i.2xlarge r7i.48xlarge r7i.4xlarge r7i.8xlarge r7i.large r7i.xlarge"
            ),
        ),
        (
            "ap-northeast-3",
            (
                "c5.12xlarge c5.24xlarge m5.16xlarge m5.8xlarge m5d.16xlarge m5d.8xlarge r5.16xlarge r5.8xlarge t3.2xlarge t3.large "
                "t3.medium t3.xlarge"
            ),
        ),
        (
            "ap-south-1 eu-central-1 eu-north-1 eu-south-2 eu-west-1 us-east-1 us-east-2 us-west-2",
            "c8g.12xlarge c8g.16xlarge c8g.24xlarge c8g.2xlarge c8g.48xlarge c8g.4xlarge c8g.8xlarge c8g.large c8g.medium c8g.xlarge",
        ),
        ("ap-south-1 us-east-1 us-gov-east-1 us-gov-west-1", "p6-b200.48xlarge"),
        ("ap-southeast-2 ca-central-1 eu-west-2 sa-east-1 us-east-1 us-east-2 us-west-2", "p5.48xlarge"),
        ("ca-west-1", "m6g.medium"),
        (
            "eu-central-1 eu-north-1 eu-south-2 us-east-1 us-east-2 us-west-2",
            "g7.12xlarge g7.24xlarge g7.2xlarge g7.48xlarge g7.4xlarge g7.8xlarge",
        ),
        ("eu-central-1 eu-west-1 us-east-1 us-east-2 us-west-2", "c7g.xlarge"),
        ("eu-west-1 us-east-1 us-east-2 us-west-2", "c7g.12xlarge c7g.16xlarge c7g.large c7g.medium"),
        ("us-east-1 us-east-2", "trn1n.32xlarge"),
        (
            "us-east-1 us-east-2 us-west-2",
            "r8g.12xlarge r8g.16xlarge r8g.24xlarge r8g.2xlarge r8g.48xlarge r8g.4xlarge r8g.8xlarge r8g.large r8g.medium r8g.xlarge",
        ),
        ("us-east-1 us-gov-east-1 us-west-2", "p6-b300.48xlarge"),
        ("us-east-1 us-west-2", "trn1.2xlarge trn1.32xlarge"),
    )
)

# The regions of each instance type, for training jobs.
TRAINING = table(
    (
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 "
                "ap-southeast-3 ap-southeast-4 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 "
                "eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 "
                "us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            (
                "c5.18xlarge c5.2xlarge c5.4xlarge c5.9xlarge c5.xlarge m5.12xlarge m5.24xlarge m5.2xlarge m5.4xlarge m5.large m5.xlarge "
                "r5.12xlarge r5.16xlarge r5.24xlarge r5.4xlarge r5.8xlarge r5.large r5.xlarge"
            ),
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 "
                "ap-southeast-3 ap-southeast-4 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 "
                "eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 sa-east-1 us-east-1 us-east-2 "
                "us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            "t3.2xlarge t3.large t3.medium t3.xlarge",
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 "
                "ap-southeast-3 ap-southeast-4 ca-central-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 "
                "eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 "
                "us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            "r5d.12xlarge r5d.16xlarge r5d.24xlarge r5d.2xlarge r5d.4xlarge r5d.8xlarge r5d.large r5d.xlarge",
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 "
                "ap-southeast-3 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 "
                "eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 "
                "us-gov-west-1 us-west-1 us-west-2"
            ),
            "m6i.12xlarge m6i.16xlarge m6i.24xlarge m6i.2xlarge m6i.32xlarge m6i.4xlarge m6i.8xlarge m6i.large m6i.xlarge",
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 "
                "ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-west-1 eu-west-2 "
                "eu-west-3 il-central-1 me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 "
                "us-west-2"
            ),
            "r6i.12xlarge r6i.16xlarge r6i.24xlarge r6i.2xlarge r6i.32xlarge r6i.4xlarge r6i.8xlarge r6i.large r6i.xlarge",
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 "
                "ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 "
                "il-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            "c6i.12xlarge c6i.16xlarge c6i.24xlarge c6i.2xlarge c6i.32xlarge c6i.4xlarge c6i.8xlarge c6i.xlarge",
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 "
                "ap-southeast-3 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 "
                "eu-west-1 eu-west-2 eu-west-3 me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 "
                "us-west-1 us-west-2"
            ),
            "r5.2xlarge",
        ),
        (
            (
                "af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 "
                "cn-north-1 cn-northwest-1 eu-central-1 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 "
                "us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            "g4dn.12xlarge g4dn.16xlarge g4dn.2xlarge g4dn.4xlarge g4dn.8xlarge g4dn.xlarge",
        ),
        (
            (
                "af-south-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ca-central-1 ca-west-1 "
                "eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 sa-east-1 "
                "us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            "r8i.32xlarge r8i.48xlarge r8i.96xlarge r8i.large",
        ),
        (
            (
                "af-south-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 "
                "eu-north-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2"
            ),
            "c8i.32xlarge c8i.48xlarge c8i.96xlarge",
        ),
        (
            (
                "af-south-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 "
                "eu-south-2 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            "m8i.32xlarge m8i.48xlarge m8i.96xlarge m8i.large",
        ),
        (
            "af-south-1 ca-west-1 eu-central-2 eu-north-1 eu-south-1 il-central-1 us-gov-east-1",
            "r8i.12xlarge r8i.16xlarge r8i.24xlarge r8i.2xlarge r8i.4xlarge r8i.8xlarge r8i.xlarge",
        ),
        (
            (
                "ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ca-central-1 cn-north-1 "
                "cn-northwest-1 eu-central-1 eu-north-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 sa-east-1 "
                "us-east-1 us-east-2 us-west-2"
            ),
            "g5.12xlarge g5.16xlarge g5.24xlarge g5.2xlarge g5.48xlarge g5.4xlarge g5.8xlarge",
        ),
        (
            (
                "ap-east-1 ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ca-central-1 cn-north-1 "
                "cn-northwest-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 sa-east-1 us-east-1 "
                "us-east-2 us-west-2"
            ),
            "g5.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 eu-central-1 eu-north-1 eu-south-2 me-central-1 "
                "us-east-1 us-east-2 us-west-2"
            ),
            "g6e.12xlarge g6e.16xlarge g6e.24xlarge g6e.2xlarge g6e.48xlarge g6e.4xlarge g6e.8xlarge g6e.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 "
                "ca-central-1 eu-central-1 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 "
                "us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            "r7i.12xlarge r7i.16xlarge r7i.24xlarge r7i.2xlarge r7i.48xlarge r7i.4xlarge r7i.8xlarge r7i.large r7i.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 cn-north-1 "
                "cn-northwest-1 eu-central-1 eu-west-1 eu-west-2 sa-east-1 us-east-1 us-east-2 us-gov-west-1 us-west-1 us-west-2"
            ),
            "c4.2xlarge c4.4xlarge c4.8xlarge c4.xlarge m4.16xlarge m4.2xlarge m4.4xlarge m4.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-south-2 ap-southeast-2 ca-central-1 eu-central-1 eu-central-2 eu-north-1 "
                "eu-south-2 eu-west-1 eu-west-2 eu-west-3 me-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 "
                "us-west-2"
            ),
            "g6.12xlarge g6.16xlarge g6.24xlarge g6.2xlarge g6.48xlarge g6.4xlarge g6.8xlarge g6.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ca-central-1 "
                "eu-central-1 eu-north-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-gov-east-1 "
                "us-gov-west-1 us-west-1 us-west-2"
            ),
            "m7i.12xlarge m7i.16xlarge m7i.24xlarge m7i.2xlarge m7i.48xlarge m7i.4xlarge m7i.8xlarge m7i.large m7i.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 cn-north-1 cn-northwest-1 "
                "eu-central-1 eu-west-1 eu-west-2 sa-east-1 us-east-1 us-east-2 us-gov-west-1 us-west-1 us-west-2"
            ),
            "m4.10xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-south-2 "
                "eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
            ),
            "c7i.12xlarge c7i.16xlarge c7i.24xlarge c7i.2xlarge c7i.48xlarge c7i.4xlarge c7i.8xlarge c7i.large c7i.xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-west-1 eu-west-2 "
                "sa-east-1 us-east-1 us-east-2 us-gov-west-1 us-west-2"
            ),
            "p4d.24xlarge",
        ),
        (
            (
                "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-3 ca-central-1 eu-north-1 eu-west-2 sa-east-1 us-east-2 "
                "us-gov-west-1 us-west-1 us-west-2"
            ),
            "p5.4xlarge",
        ),
        (
            "ap-northeast-1 ap-northeast-2 ap-south-1 eu-central-1 eu-north-1 eu-south-2 eu-west-2 us-east-1 us-east-2 us-west-2",
            "g7e.12xlarge g7e.24xlarge g7e.2xlarge g7e.48xlarge g7e.4xlarge g7e.8xlarge",
        ),
        ("ap-northeast-1 ap-south-1 ap-southeast-3 eu-north-1 eu-south-2 us-east-1 us-east-2 us-west-1 us-west-2", "p5en.48xlarge"),
        ("ap-northeast-1 eu-central-1 us-east-1 us-west-2", "p4de.24xlarge"),
        ("ap-northeast-2 ap-south-2 sa-east-1 us-east-1 us-gov-east-1 us-west-2", "p6-b300.48xlarge"),
        ("ap-south-1 us-east-1 us-gov-east-1 us-gov-west-1", "p6-b200.48xlarge"),
        ("ap-southeast-2 ca-central-1 eu-west-2 sa-east-1 us-east-1 us-east-2 us-west-2", "p5.48xlarge"),
        (
            "eu-central-1 eu-north-1 eu-south-2 us-east-1 us-east-2 us-west-2",
            "g7.12xlarge g7.24xlarge g7.2xlarge g7.48xlarge g7.4xlarge g7.8xlarge",
        ),
        ("us-east-1 us-east-2", "trn1n.32xlarge"),
        ("us-east-1 us-gov-east-1", "m8i.12xlarge m8i.24xlarge m8i.2xlarge m8i.4xlarge m8i.8xlarge"),
        ("us-east-1 us-west-2", "trn1.2xlarge trn1.32xlarge"),
        ("us-gov-east-1", "m8i.16xlarge m8i.xlarge"),
    )
)
