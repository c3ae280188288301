"""Delivery: the roles by which a repository's GitHub workflows compare and deploy a stage, without a stored secret."""

from collections.abc import Sequence

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
from constructs import Construct

from blazingtext_lifecycle import naming

from .project_stack import ProjectStack
from .settings import Settings

ISSUER = "token.actions.githubusercontent.com"
# The bootstrap's: to read, to upload assets, to deploy. No image is published, and CloudFormation's own role is handed over by "deploy".
_LOOKING = ("lookup",)
_DEPLOYING = ("lookup", "file-publishing", "deploy")


class DeliveryStack(ProjectStack):
    """Two roles that may do nothing but assume roles of the CDK's bootstrap.

    GitHub's tokens say which repository they were made for and in what circumstances, in ``sub``: with an environment, its name alone
    (https://docs.github.com/en/actions/reference/security/oidc). So whoever the environment ``<stage>`` lets through deploys the stage, and
    pull requests can only read. The account's OIDC provider for GitHub is not made here: there can be only one
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html), and other teams' roles may need it.

    Not tagged with the stage: it outlasts it, so that a workflow which destroyed the stage can prove that nothing is left.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings) -> None:
        super().__init__(
            scope,
            id_,
            settings=settings,
            stack_name=naming.delivery_stack(settings.stage),
            description=f"Lets GitHub workflows of {settings.github_repository} deploy BlazingText stage {settings.stage}",
            own_tags={naming.PROJECT_TAG: naming.PROJECT},
        )
        repository, stage = f"repo:{settings.github_repository}", settings.stage
        reviewing = [f"{repository}:pull_request", f"{repository}:ref:refs/heads/main"]
        comparison = self._role("Comparison", f"Compares stage {stage} with the code", reviewing, _LOOKING)
        pipeline = self._role("Pipeline", f"Deploys stage {stage}", [f"{repository}:environment:{stage}"], _DEPLOYING)
        self.publish({naming.Output.COMPARISON_ROLE_ARN: comparison.role_arn, naming.Output.PIPELINE_ROLE_ARN: pipeline.role_arn})

    def _role(self, id_: str, description: str, subjects: Sequence[str], bootstrap_roles: Sequence[str]) -> iam.Role:
        provider = f"arn:{cdk.Aws.PARTITION}:iam::{cdk.Aws.ACCOUNT_ID}:oidc-provider/{ISSUER}"
        # StringEquals, never StringLike: a pattern would let other branches, environments or repositories in.
        told = {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": list(subjects)}}
        role = iam.Role(self, id_, assumed_by=iam.WebIdentityPrincipal(provider, told), description=description)
        role.add_to_policy(
            iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[_bootstrap_role(self, kind) for kind in bootstrap_roles])
        )
        return role


def _bootstrap_role(stack: cdk.Stack, kind: str) -> str:
    """A role that ``cdk bootstrap`` made in the stack's region, with the qualifier of the app."""
    qualifier = stack.node.try_get_context("@aws-cdk/core:bootstrapQualifier") or cdk.DefaultStackSynthesizer.DEFAULT_QUALIFIER
    name = f"cdk-{qualifier}-{kind}-role-{cdk.Aws.ACCOUNT_ID}-{stack.region}"
    return f"arn:{cdk.Aws.PARTITION}:iam::{cdk.Aws.ACCOUNT_ID}:role/{name}"
