"""Clients as they are, against the sandbox: every step of their flows passes, and docs/clients.md counts them as they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients import rows
from tests.clients.steps import told

pytestmark = pytest.mark.timeout(900)
Flow = Callable[..., list[dict[str, Any]]]
ROOT = Path(__file__).parents[2]


def test_boto3_lives_the_life_of_a_model(flow: Flow) -> None:
    rows.check("boto3", flow("boto3_flow.py", "clients-boto3"))


def test_the_aws_cli_lives_the_life_of_a_model(flow: Flow) -> None:
    aws = ROOT / ".venv" / "awscli" / "bin" / "aws"
    assert aws.exists(), "the AWS CLI is not installed: make .venv/awscli.ready"

    rows.check("AWS CLI 1", flow("awscli_flow.py", "clients-awscli", str(aws)))


def test_the_sdk_s_transformer_predicts_a_file(flow: Flow) -> None:
    python = ROOT / ".venv" / "sagemaker-v3" / "bin" / "python"
    assert python.exists(), "the SDK is not installed: make .venv/sagemaker-v3.ready"

    rows.check("SageMaker Python SDK 3, `Transformer`", flow("transformer_flow.py", "clients-transformer", python=python))


def test_cdk_deploys_and_destroys_somebody_else_s_app(flow: Flow) -> None:
    rows.check("`cdk`, somebody else's app", flow("cdk_flow.py", "clients-cdk", str(ROOT / "tests" / "clients" / "foreign_app")))


def test_a_step_is_found_behind_what_a_client_printed_without_an_end_of_line() -> None:
    assert told('...!client step: {"name": "fit", "passed": true, "why": ""}\nother\n') == [{"name": "fit", "passed": True, "why": ""}]


def test_the_examples_are_counted() -> None:
    rows.check_number("SageMaker Python SDK 3, the notebooks of `examples/`", rows.cells())
    rows.check_number("SageMaker Python SDK 2, `examples/sdk_v2.py`", rows.statements())
