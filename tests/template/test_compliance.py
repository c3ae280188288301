"""cdk-nag, cfn-lint and the CDK's own validation, over the whole matrix; and proof that each of them still finds something."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
import aws_cdk.aws_s3 as s3
import pytest

from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build
from tests.template import compliance
from tests.template.matrix import CDK_JSON, CONFIGURATIONS, Synthesis

# Accepted findings of cfn-lint, with their reasons.
ACCEPTED_BY_CFN_LINT = {
    "W3005": "the CDK writes every dependency of a function down, also those that a reference implies already",
    "W6001": "the output Uses is there for the import: it makes CloudFormation refuse to delete Storage under the other stacks",
}
# What cfn-lint does not know yet: PutMetricAlarm and the CDK have it.
UNKNOWN_TO_CFN_LINT = "E3002 Additional properties are not allowed ('WarmUpConfiguration' was unexpected)"
NAG = "AwsSolutions"


def violations(synthesis: Synthesis) -> list[tuple[str, str, str]]:
    return [
        (plugin, violation["ruleName"], construct["constructPath"])
        for plugin, report in synthesis.reports.items()
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    ]


@cache
def cfn_lint() -> Any:
    """As on its command line: the rules are read once, however many templates they judge."""
    from cfnlint.config import ConfigMixIn
    from cfnlint.runner import Runner

    return Runner(ConfigMixIn(regions=["us-east-1"], ignore_checks=sorted(ACCEPTED_BY_CFN_LINT)))


def lint(template: dict[str, Any]) -> set[str]:
    from cfnlint.decode.decode import decode_str

    decoded, unreadable = decode_str(json.dumps(template))
    assert not unreadable
    return {f"{match.rule.id} {match.message}" for match in cfn_lint().validate_template(decoded)} - {UNKNOWN_TO_CFN_LINT}


def test_no_rule_finds_anything_that_is_not_accepted(each: Synthesis) -> None:
    assert NAG in each.reports
    assert violations(each) == []


def test_the_rules_looked_at_a_whole_app(each: Synthesis) -> None:
    # An app that lost its stacks would pass every rule.
    assert len(list(each.resources())) > 30


def test_every_accepted_finding_is_still_found(defaults: Synthesis) -> None:
    found = {
        (violation["ruleName"], violation["acknowledgedAt"], violation["reason"])
        for violation in defaults.reports[NAG]["suppressedViolations"]
    }
    accepted = {(each.finding, path, each.reason) for each in compliance.accepted(defaults.settings) for path in each.paths}

    assert found == accepted


def test_a_planted_fault_is_reported_by_cdk_nag_and_by_the_cdk(tmp_path: Path) -> None:
    app = cdk.App(context=CDK_JSON["context"], outdir=str(tmp_path), analytics_reporting=False)
    settings = Settings()
    storage, *_ = build(app, settings)
    s3.Bucket(storage, "Planted")
    role = iam.Role(storage, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:*"], resources=["*"]))
    s3.CfnBucket(storage, "Misnamed", bucket_name="No_Such_Name")
    compliance.add_rules(app, settings)

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()

    found = violations(Synthesis(settings, tmp_path))
    assert (NAG, "AwsSolutions-S10", "Storage/Planted/Resource") in found
    assert (NAG, "AwsSolutions-IAM5[Action::s3:*]", "Storage/Role/DefaultPolicy/Resource") in found
    assert {plugin for plugin, _, path in found if path == "Storage/Misnamed"} > {NAG}


def lintable(synthesis: Synthesis) -> set[str]:
    """The templates with one stage for all and without the values of environment variables: texts that cfn-lint does not judge."""
    templates = copy.deepcopy(list(synthesis.templates.values()))
    for function in [each for template in templates for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function"]:
        variables = function["Properties"].get("Environment", {}).get("Variables", {})
        variables.update({name: "value" for name, value in variables.items() if isinstance(value, str)})
    texts = (json.dumps(template, sort_keys=True) for template in templates)
    return {text.replace(f"blazingtext-{synthesis.settings.stage}", "blazingtext-any") for text in texts}


def test_cfn_lint_finds_nothing_that_is_not_accepted(whole_matrix: dict[str, Synthesis]) -> None:
    # A stack is the same in most configurations, and linted once.
    templates = set().union(*(lintable(each) for each in whole_matrix.values()))

    assert len(templates) > len(CONFIGURATIONS)
    assert set().union(*(lint(json.loads(template)) for template in templates)) == set()


def test_a_planted_fault_is_reported_by_cfn_lint(defaults: Synthesis) -> None:
    broken = copy.deepcopy(defaults.templates["Serving"])
    model = next(each for each in broken["Resources"].values() if each["Type"] == "AWS::SageMaker::Model")
    model["Properties"]["ExecutionRoleArn"] = {"Fn::GetAtt": ["Nowhere", "Arn"]}
    model["Properties"]["PrimaryContainer"]["ModelDataURL"] = "s3://misspelt"

    found = lint(broken)

    assert any(each.startswith("E1010") for each in found)
    assert any("ModelDataURL" in each for each in found)
