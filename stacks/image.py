"""The BlazingText image, as a template that holds in every region and partition names it."""

import aws_cdk as cdk
from constructs import Construct

from blazingtext_lifecycle import images


def blazingtext_image(scope: Construct) -> str:
    """The URI of the BlazingText image in the region that the stack is deployed to.

    The accounts are a CloudFormation mapping and the domain a pseudo parameter, so that the template says nothing about the region
    it was synthesised for.

    Args:
        scope: where the mapping goes; once per stack.
    """
    accounts = cdk.CfnMapping(scope, "Images", mapping={region: {"account": account} for region, account in images.ACCOUNTS.items()})
    account = accounts.find_in_map(cdk.Aws.REGION, "account")
    return f"{account}.dkr.ecr.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}/{images.REPOSITORY}:{images.TAG}"
