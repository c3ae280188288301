"""The network that jobs and endpoints run in: subnets and security groups of the account's."""

from collections.abc import Sequence
from typing import NamedTuple

import aws_cdk as cdk
import aws_cdk.aws_iam as iam

_LOOKING = ("NetworkInterfaces", "Vpcs", "DhcpOptions", "Subnets", "SecurityGroups")


class Network(NamedTuple):
    """Subnets and security groups; both are empty when jobs and endpoints run in none of the account's networks."""

    subnets: Sequence[str] = ()
    security_groups: Sequence[str] = ()

    def request(self) -> dict[str, list[str]]:
        """SageMaker's ``VpcConfig``; empty for no network."""
        if not self.subnets:
            return {}
        return {"Subnets": list(self.subnets), "SecurityGroupIds": list(self.security_groups)}

    def allow(self, role: iam.Role) -> None:
        """Lets SageMaker make network interfaces with a role, in these subnets and no others.

        The nine actions: "a private VPC", https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html. Which of them can be
        limited to what: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html.
        """
        if not self.subnets:
            return
        # A shared subnet belongs to another account.
        subnets = [_arn("subnet", each, account="*") for each in self.subnets]
        interfaces = _arn("network-interface", "*")
        groups = [_arn("security-group", each, account="*") for each in self.security_groups]
        for statement in (
            iam.PolicyStatement(actions=["ec2:CreateNetworkInterface"], resources=[*subnets, *groups, interfaces]),
            iam.PolicyStatement(
                actions=[
                    "ec2:CreateNetworkInterfacePermission",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DeleteNetworkInterfacePermission",
                ],
                resources=[interfaces],
                conditions={"ArnLike": {"ec2:Subnet": subnets}},
            ),
            # IAM knows no resource for looking.
            iam.PolicyStatement(actions=[f"ec2:Describe{what}" for what in _LOOKING], resources=["*"]),
        ):
            role.add_to_policy(statement)


def _arn(kind: str, name: str, account: str = cdk.Aws.ACCOUNT_ID) -> str:
    return f"arn:{cdk.Aws.PARTITION}:ec2:{cdk.Aws.REGION}:{account}:{kind}/{name}"


NO_NETWORK = Network()
