"""Whatever AWS answers in pages is read to the last one: in our code, no such operation is called but through a paginator."""

import ast
from functools import cache
from pathlib import Path

import pytest
from botocore import xform_name

from tests.unit.aws_requests import service_model

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "blazingtext").rglob("*.py"), *(ROOT / "lambda").rglob("*.py")])
SERVICES = (
    "cloudformation",
    "cloudwatch",
    "events",
    "iam",
    "lambda",
    "logs",
    "resourcegroupstaggingapi",
    "s3",
    "sagemaker",
    "service-quotas",
    "sns",
    "sqs",
    "stepfunctions",
    "sts",
)
# How the answers of AWS say that there is another page.
TOKENS = {"NextToken", "nextToken", "Marker", "NextMarker", "PaginationToken", "ContinuationToken", "NextContinuationToken"}
# With this argument the answer is one item, or all that was named.
OF_ONE = {"describe_stacks": "StackName", "get_resources": "ResourceARNList"}


@cache
def paged_operations() -> frozenset[str]:
    """The methods of boto3's clients whose answer may be only the first page."""
    found = set()
    for service in SERVICES:
        model = service_model(service)
        for name in model.operation_names:
            output = model.operation_model(name).output_shape
            if output is not None and TOKENS & set(output.members):
                found.add(xform_name(name))
    # Compiled patterns have a method of that name, too; SageMaker's is in no file here.
    return frozenset(found - {"search"})


def first_pages(source: str) -> list[str]:
    """The calls in a source that read the first page only."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return [
        f"line {call.lineno}: {call.func.attr}"
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in paged_operations()
        and OF_ONE.get(call.func.attr) not in {keyword.arg for keyword in call.keywords}
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_listing_ends_at_its_first_page(file: Path) -> None:
    assert not first_pages(file.read_text(encoding="utf-8"))


def test_such_a_listing_would_be_seen() -> None:
    source = (
        "c.list_topics()\nc.describe_stacks()\nc.describe_stacks(StackName='x')\nc.filter_log_events(logGroupName='x')\nc.head_object()"
    )

    assert first_pages(source) == ["line 1: list_topics", "line 2: describe_stacks", "line 4: filter_log_events"]
