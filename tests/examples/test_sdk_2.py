"""The example of SageMaker Python SDK 2 is true: executed as it stands, in a deployed stage."""

from collections.abc import Callable
from pathlib import Path

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.examples.support import left

pytestmark = pytest.mark.timeout(900)
ROOT = Path(__file__).parents[2]


def test_a_text_becomes_an_endpoint_with_sdk_2_and_nothing_is_left(run: Callable[..., str], account: Sandbox) -> None:
    said = run("v2", str(ROOT / "examples" / "sdk_v2.py"))

    assert "{'awesome': 50, 'blazing': 50}" in said
    assert left(account, "blazingtext-dev-estimator") == []
    assert "Completed" in said.splitlines()[-1]
