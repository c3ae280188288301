"""What the three stacks have in common: name, tags, region, outputs."""

from collections.abc import Mapping

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
from constructs import Construct

from blazingtext_lifecycle import naming

from .settings import Settings


class ProjectStack(cdk.Stack):
    """A stack of one stage, tagged as such unless it has tags of its own."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        stack_name: str,
        description: str,
        synthesizer: cdk.IStackSynthesizer | None = None,
        own_tags: Mapping[str, str] | None = None,
    ) -> None:
        tags = {**settings.tags, **(naming.tags(settings.stage) if own_tags is None else own_tags)}
        super().__init__(
            scope,
            id_,
            stack_name=stack_name,
            description=description,
            termination_protection=settings.termination_protection,
            tags=tags,
            # Without a region the stack goes wherever the command line points; an account is never written down.
            env=cdk.Environment(region=settings.region) if settings.region else None,
            synthesizer=synthesizer,
        )
        # Read where a stack refers to another: in every app, and not only under this repository's cdk.json, no export locks a stack.
        self.node.set_context("@aws-cdk/core:defaultCrossStackReferences", "weak")
        for name, value in tags.items():
            cdk.Tags.of(self).add(name, value)
        if settings.permissions_boundary:
            self._bound_roles(settings.permissions_boundary)

    def _bound_roles(self, policy: str) -> None:
        """Gives every role of this stack a permissions boundary: a managed policy of the account, by name, or of any, by ARN."""
        find = iam.ManagedPolicy.from_managed_policy_arn if policy.startswith("arn:") else iam.ManagedPolicy.from_managed_policy_name
        iam.PermissionsBoundary.of(self).apply(find(self, "Boundary", policy))

    def offer_use(self, name: str) -> None:
        """Exports this stack's name: CloudFormation deletes no stack whose export another one imports, and refuses before anything goes.

        The name never changes, so the export locks no update, as one of a value in use would.

        Args:
            name: the export's; unique in the account and region.
        """
        cdk.CfnOutput(self, "InUse", value=self.stack_name, export_name=name)

    def declare_use(self, name: str) -> None:
        """Imports the export of a stack that must not be deleted before this one."""
        cdk.CfnOutput(self, "Uses", value=cdk.Fn.import_value(name))

    def publish(self, outputs: Mapping[naming.Output, str]) -> None:
        """Makes values outputs of the stack, under the keys that clients look for."""
        for name, value in outputs.items():
            cdk.CfnOutput(self, str(name), value=value)
