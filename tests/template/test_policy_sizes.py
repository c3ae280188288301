"""Every policy that the stacks make is as long as IAM takes, whatever the stage is called and wherever it is.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html ("IAM doesn't count white space")
"""

import json
import re
from typing import Any

import pytest

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import ConfigurationError
from tests.template.matrix import Synthesis

# The longest names of a partition and of its regions that BlazingText is in, together.
PSEUDO = {"AWS::Partition": "aws-us-gov", "AWS::Region": "us-gov-west-1", "AWS::AccountId": "0" * 12, "AWS::URLSuffix": "amazonaws.com.cn"}
# An ARN of a function, whose name has 64 letters at most, is the longest that a policy refers to.
LONGEST_REFERENCE = "x" * len(f"arn:aws-us-gov:lambda:us-gov-west-1:{'0' * 12}:function:{'n' * 64}")
LONGEST_STAGE = "s" * 12
LIMITS = {"AWS::IAM::ManagedPolicy": 6144, "AWS::IAM::Policy": 10_240}


def longest(value: Any) -> Any:
    """A policy with the longest text that each of its references may stand for."""
    if isinstance(value, list):
        return [longest(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value:
        between, parts = value["Fn::Join"]
        return between.join(longest(parts))
    if "Ref" in value or any(key.startswith("Fn::") for key in value):
        return PSEUDO.get(value.get("Ref", ""), LONGEST_REFERENCE)
    return {key: longest(each) for key, each in value.items()}


def test_a_stage_can_have_no_longer_name() -> None:
    naming.check_stage(LONGEST_STAGE)
    with pytest.raises(ConfigurationError):
        naming.check_stage(LONGEST_STAGE + "s")


@pytest.mark.parametrize("kind", LIMITS)
def test_a_policy_is_as_long_as_iam_takes(each: Synthesis, kind: str) -> None:
    own = f"blazingtext-{each.settings.stage}"
    written = {
        id_: json.dumps(longest(resource["Properties"]["PolicyDocument"])).replace(own, f"blazingtext-{LONGEST_STAGE}")
        for id_, resource in each.resources(kind)
    }

    sizes = {id_: len(re.sub(r"\s", "", text)) for id_, text in written.items()}

    assert {id_: size for id_, size in sizes.items() if size > LIMITS[kind]} == {}
