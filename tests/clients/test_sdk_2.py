"""The flows of AWS's own BlazingText notebooks, with the SDK that they are written for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients import rows

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(1800)


def test_aws_s_notebooks_do_here_what_they_do_on_aws(flow: Callable[..., list[dict[str, Any]]]) -> None:
    python = ROOT / ".venv" / "sagemaker-v2" / "bin" / "python"
    assert python.exists(), "the SDK is not installed: make .venv/sagemaker-v2.ready"

    rows.check("SageMaker Python SDK 2, the flows of AWS's notebooks", flow("notebooks_flow.py", "clients-notebooks", python=python))
