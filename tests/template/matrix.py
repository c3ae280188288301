"""The configurations that every template test looks at, and one synthesis of each."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from blazingtext_lifecycle import naming
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build
from tests.template import compliance

ROOT = Path(__file__).parents[2]
#: Set by `tests/tools/mutants`, whose tests read templates and no reports.
WITHOUT_REPORTS = "BLAZINGTEXT_TESTS_WITHOUT_REPORTS"
CDK_JSON = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))
STACKS = ("Storage", "Training", "Serving")

GIVEN_KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000"

CONFIGURATIONS: dict[str, dict[str, object]] = {
    "defaults": {},
    "another-stage": {"stage": "prod"},
    "region-set": {"region": "eu-west-1"},
    "deleted-data": {"deleteData": "true"},
    "gpu-training": {"trainingInstanceType": "ml.p3.2xlarge", "hyperparameters": '{"mode": "skipgram", "subwords": true}'},
    "distributed-training": {"trainingInstanceCount": "4", "trainingVolumeGb": "100", "trainingMaxRuntimeSeconds": "86400"},
    "spot": {"trainingSpot": "true"},
    "limits": {
        "allowedInstanceTypes": "ml.c5.*, ml.m4.xlarge",
        "maximumTrainingInstances": "2",
        "maximumTrainingSeconds": "7200",
        "maximumTrainingCost": "5",
        "notebookRole": "true",
    },
    "source-buckets": {"sourceBuckets": "company-raw, company-news"},
    "upload-trigger": {"trainOnUpload": "true"},
    "manual-promotion": {"autoPromote": "never"},
    "every-promotion": {"autoPromote": "always"},
    "approval": {"approval": "manual"},
    "approval-with-everything": {
        "approval": "manual",
        "kmsKey": "make",
        "deleteData": "true",
        "peoplePolicies": "true",
        "tags": '{"cost-center": "42"}',
        "permissionsBoundary": "company-boundary",
    },
    "quality-gate": {"minimumMeanRho": "0.5", "minimumAccuracy": "0.9"},
    "budget": {"monthlyBudget": "50"},
    "pauses": {
        "pauseSchedule": "cron(0 20 ? * MON-FRI *)",
        "resumeSchedule": "cron(30 7 ? * MON-FRI *)",
        "scheduleTimeZone": "Europe/Berlin",
    },
    "pause-only": {"pauseSchedule": "cron(0 20 * * ? *)", "idleAlarmHours": "24"},
    "email": {"notificationEmail": "someone@example.org"},
    "two-endpoint-instances": {"endpointInstanceCount": "2", "endpointInstanceType": "ml.m5.xlarge", "endpointBakeSeconds": "600"},
    "notebook-role": {"notebookRole": "true"},
    "made-key": {"kmsKey": "make"},
    "given-key": {"kmsKey": GIVEN_KEY, "notebookRole": "true", "trainOnUpload": "true", "peoplePolicies": "true"},
    "network": {
        "vpcSubnets": "subnet-0a1b2c3d,subnet-1a1b2c3d",
        "vpcSecurityGroups": "sg-0a1b2c3d",
        "trainingNetworkIsolation": "true",
        "trainingTrafficEncryption": "true",
        "accessLogBucket": "company-access-logs",
        "dashboard": "true",
    },
    "boundary-and-tags": {"permissionsBoundary": "company-boundary", "tags": '{"cost-center": "42", "team": "search"}'},
    "github": {"githubRepository": "company/search", "permissionsBoundary": "company-boundary"},
    "short-logs": {"logRetentionDays": "7"},
    "autoscaling": {
        "endpointInstanceCount": "2",
        "endpointMaximumInstances": "4",
        "endpointTargetInvocations": "600",
        "endpointInstanceType": "ml.m5.xlarge",
    },
    "shadow": {
        "shadowPercent": "25",
        "shadowInstanceCount": "1",
        "endpointInstanceCount": "2",
        "endpointMaximumInstances": "4",
        "pauseSchedule": "cron(0 20 ? * MON-FRI *)",
    },
    "linear-rollout": {"endpointInstanceCount": "4", "endpointRollout": "linear", "endpointRolloutPercent": "50"},
    "wide-canary": {"endpointInstanceCount": "4", "endpointRolloutPercent": "25"},
    "serverless": {"serverlessMemoryMb": "2048", "serverlessMaxConcurrency": "10", "kmsKey": "make", "region": "eu-west-3"},
    "data-capture": {"dataCapturePercent": "20", "dataCaptureDays": "7", "kmsKey": "make"},
}


@dataclass(frozen=True)
class Synthesis:
    """What synthesis wrote for one configuration."""

    settings: Settings
    folder: Path

    @cached_property
    def templates(self) -> Mapping[str, dict[str, Any]]:
        """The templates by construct id of their stacks."""
        return {name: json.loads(self.template_file(name).read_text(encoding="utf-8")) for name in self.stacks}

    @property
    def stacks(self) -> tuple[str, ...]:
        return (*STACKS, "Delivery") if self.settings.github_repository else STACKS

    @cached_property
    def reports(self) -> Mapping[str, dict[str, Any]]:
        """The validation plugins' reports by plugin."""
        report = json.loads((self.folder / "validation-report.json").read_text(encoding="utf-8"))
        return {each["pluginName"]: each for each in report["pluginReports"]}

    def template_file(self, stack: str) -> Path:
        return self.folder / f"{stack}.template.json"

    def resources(self, type_: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        """Logical id and resource of one type, or of all, in all stacks."""
        for template in self.templates.values():
            for logical_id, resource in template["Resources"].items():
                if type_ in ("", resource["Type"]):
                    yield logical_id, resource

    def properties(self, type_: str) -> list[dict[str, Any]]:
        return [resource.get("Properties", {}) for _, resource in self.resources(type_)]

    def one(self, type_: str, **wanted: object) -> dict[str, Any]:
        """The properties of the one resource of a type that has some values."""
        found = [each for each in self.properties(type_) if all(each.get(key) == value for key, value in wanted.items())]
        assert len(found) == 1, f"{len(found)} resources of type {type_} with {wanted}"
        return found[0]

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every identity policy statement, with the logical id of its policy."""
        for logical_id, resource in self.resources("AWS::IAM::Policy"):
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                yield logical_id, statement


def synthesise(context: Mapping[str, object], folder: Path) -> Synthesis:
    """Synthesises one configuration with cdk-nag and the CDK's own validation; findings go to the report, for the tests to read."""
    return synthesise_with(Settings.from_context(context), folder)


def synthesise_with(settings: Settings, folder: Path) -> Synthesis:
    """The same of settings made in Python."""
    reports = WITHOUT_REPORTS not in os.environ
    app = cdk.App(context=CDK_JSON["context"], outdir=str(folder), analytics_reporting=False, builtin_cloud_formation_validation=reports)
    build(app, settings)
    if reports:
        compliance.add_rules(app, settings)
    try:
        app.synth()
    except RuntimeError as failure:
        # The report says what was found; anything else than findings is a failure of its own.
        if "ValidationFailed" not in str(failure):
            raise
    return Synthesis(settings, folder)


def normalised(synthesis: Synthesis) -> dict[str, Any]:
    """The templates without what changes by itself: the hash of the asset, and the tables of images and prices, which have own tests."""
    text = json.dumps(synthesis.templates, sort_keys=True)
    templates: dict[str, Any] = json.loads(re.sub(r"\b[0-9a-f]{64}\b", "<asset>", text))
    for template in templates.values():
        if "Images" in template.get("Mappings", {}):
            template["Mappings"]["Images"] = "<lifecycle.images>"
        for mapping in template.get("Mappings", {}):
            if "Prices" in mapping:
                template["Mappings"][mapping] = "<lifecycle.instance_prices>"
    return templates


def lists(value: object) -> list[Any]:
    """IAM writes one value alone and several as a list."""
    return value if isinstance(value, list) else [value]


def prefix(synthesis: Synthesis) -> str:
    return naming.job_prefix(synthesis.settings.stage)
