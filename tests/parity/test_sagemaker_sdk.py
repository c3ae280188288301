"""The SageMaker Python SDK as it is, with nothing but what `sandbox env` exports: it builds host names itself, and checks roles."""

import json
import subprocess
import sys
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.parity.iam_support import Roles

SCRIPT = """
import json, sys
from sagemaker.core.helper.iam_role_resolver import RoleValidationError, resolve_and_validate_role
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.config.config import load_sagemaker_config

def checked(role):
    try:
        return resolve_and_validate_role(role, "training", session)
    except RoleValidationError as refused:
        return str(refused)

session = Session()
modules = load_sagemaker_config()["SageMaker"]["PythonSDK"]["Modules"]
found = {"account": session.account_id(), "bucket": session.default_bucket(), "telemetry off": modules["TelemetryOptOut"]}
print(json.dumps({**found, "roles": [checked(role) for role in sys.argv[1:]]}))
"""


@pytest.fixture
def told(account: Sandbox, roles: Roles) -> Any:
    """What the SDK says of the account and two roles: one with AWS's policy below a path, one with nothing."""
    service, managed = "sagemaker.amazonaws.com", ("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess",)
    able = roles.make("AmazonSageMaker-ExecutionRole-3", service=service, managed=managed, Path="/service-role/")
    bare = roles.make("bare", service=service)
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, able, bare]
    done = subprocess.run(command, env=account.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    yield json.loads(done.stdout.splitlines()[-1]), able
    account.boto3("s3").delete_bucket(Bucket="sagemaker-us-east-1-000000000000")


@pytest.mark.patch(name="policy_simulation")
def test_the_sdk_finds_account_bucket_and_roles_as_on_aws(told: Any) -> None:
    found, able = told

    assert (found["account"], found["bucket"]) == ("000000000000", "sagemaker-us-east-1-000000000000")
    assert found["telemetry off"] is True
    assert found["roles"][0] == able
    assert "cannot be used for 'training' workloads" in found["roles"][1]
    for missing in ("cloudwatch:PutMetricData", "ecr:GetAuthorizationToken", "ec2:CreateNetworkInterface"):
        assert missing in found["roles"][1]
