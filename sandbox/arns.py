"""ARNs, and the one partition of the sandbox.

ministack writes `aws` into every ARN and `AWS::Partition`, whatever the region. What the sandbox adds must be of that partition, too: an
ARN of `aws-cn` would match no policy and no template beside it. The day ministack knows partitions, this is the place to change.
"""

from __future__ import annotations

from typing import Final

PARTITION: Final = "aws"


def arn(service: str, region: str, account: str, resource: str) -> str:
    """An ARN of this sandbox; region and account may be empty, as in AWS's own."""
    return f"arn:{PARTITION}:{service}:{region}:{account}:{resource}"
