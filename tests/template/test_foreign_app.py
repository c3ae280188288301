"""The stacks and the constructs in a CDK app that is not this repository's: none of our cdk.json, other scopes, other tags."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import aws_cdk.aws_s3 as s3
import pytest
from constructs import Construct

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_stacks.execution_role import execution_role
from blazingtext_stacks.launcher import Launcher
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build
from tests.template.matrix import STACKS

Templates = dict[str, dict[str, Any]]
SETTINGS = {"dev": Settings(), "prod": Settings(stage="prod", endpoint_instance_count=2, delete_data=False)}


def scopes_of_stages(app: cdk.App) -> list[Construct]:
    return [cdk.Stage(app, "Dev"), cdk.Stage(app, "Prod")]


def scopes_in_the_app(app: cdk.App) -> list[Construct]:
    return [app, Construct(app, "Prod")]


def synthesise(app: cdk.App) -> Templates:
    """Synthesises an app; every template by the name of its stack."""

    def stacks(assembly: Any) -> Iterator[Any]:
        yield from assembly.stacks
        for nested in assembly.nested_assemblies:
            yield from stacks(nested.nested_assembly)

    return {stack.stack_name: json.loads(Path(stack.template_full_path).read_text(encoding="utf-8")) for stack in stacks(app.synth())}


@pytest.fixture(scope="module", params=[scopes_of_stages, scopes_in_the_app])
def two_stages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Templates]:
    folder = tmp_path_factory.mktemp("foreign")
    app = cdk.App(outdir=str(folder))
    cdk.Tags.of(app).add("owner", "somebody")
    theirs = cdk.Stack(app, "Theirs", stack_name="theirs")
    s3.Bucket(theirs, "Bucket")
    for scope, settings in zip(request.param(app), SETTINGS.values(), strict=True):
        build(scope, settings)
    return folder, synthesise(app)


def resources(templates: Templates, stage: str) -> Iterator[dict[str, Any]]:
    for part in STACKS:
        yield from templates[naming.stack(stage, part.lower())]["Resources"].values()


def test_two_stages_stand_side_by_side(two_stages: tuple[Path, Templates]) -> None:
    _, templates = two_stages

    assert set(templates) == {"theirs", *(naming.stack(stage, part.lower()) for stage in SETTINGS for part in STACKS)}


def test_no_two_resources_share_a_name(two_stages: tuple[Path, Templates]) -> None:
    _, templates = two_stages
    names = {
        stage: {
            value
            for resource in resources(templates, stage)
            for key, value in resource.get("Properties", {}).items()
            # Text is a name of ours; names that CloudFormation makes up are missing or references. A policy's name is its role's affair.
            if key.endswith("Name") and key not in {"MetricName", "PolicyName"} and isinstance(value, str)
        }
        for stage in SETTINGS
    }

    assert names == {stage: {naming.endpoint(stage), naming.endpoint_log_group(stage), naming.serving_update(stage)} for stage in SETTINGS}
    assert not names["dev"] & names["prod"]


def test_a_stage_refers_to_its_own_stacks_only_and_locks_none(two_stages: tuple[Path, Templates]) -> None:
    _, templates = two_stages
    for stage, other in (("dev", "prod"), ("prod", "dev")):
        text = json.dumps([templates[naming.stack(stage, part.lower())] for part in STACKS])

        assert "Fn::GetStackOutput" in text
        assert text.count("Fn::ImportValue") == 2
        assert f"blazingtext-{other}" not in text


def test_the_code_of_the_functions_is_in_the_assembly_of_each_stage(two_stages: tuple[Path, Templates]) -> None:
    folder, templates = two_stages
    for stage in SETTINGS:
        keys = {each["Properties"]["Code"]["S3Key"] for each in resources(templates, stage) if each["Type"] == "AWS::Lambda::Function"}

        (key,) = keys
        assert (folder / f"asset.{key.removesuffix('.zip')}" / "launch_training.py").is_file()


def test_only_the_stacks_of_a_stage_carry_its_tags(two_stages: tuple[Path, Templates]) -> None:
    _, templates = two_stages

    def tags(resource: dict[str, Any]) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}

    for stage in SETTINGS:
        (bucket,) = (each for each in resources(templates, stage) if each["Type"] == "AWS::S3::Bucket")
        # The tags of the app come on top, except in a cdk.Stage: the CDK does not carry them across its border.
        assert naming.tags(stage).items() <= tags(bucket).items()
    (theirs,) = templates["theirs"]["Resources"].values()
    assert tags(theirs) == {"owner": "somebody"}


def test_a_single_construct_stands_in_a_foreign_stack(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Theirs")
    bucket = s3.Bucket(stack, "Bucket")
    role = execution_role(stack, "Role", bucket=bucket, stage="search")
    environment = LaunchEnvironment("search", bucket.bucket_name, role.role_arn, "image:1", volume_gb=50)
    launcher = Launcher(stack, "Launcher", environment=environment, bucket=bucket, execution_role=role, log_retention_days=7)
    cdk.CfnOutput(stack, "Function", value=launcher.function.function_name)

    (template,) = synthesise(app).values()

    (function,) = (each for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function")
    assert function["Properties"]["Environment"]["Variables"]["TRAINING_VOLUME_GB"] == "50"
    asset = tmp_path / f"asset.{function['Properties']['Code']['S3Key'].removesuffix('.zip')}"
    assert (asset / "launch_training.py").is_file()
    assert "training-job/blazingtext-search-*" in json.dumps(template)
