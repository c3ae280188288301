"""What counts as a loss in what `cdk diff` says; the texts are those of the pinned version."""

from pathlib import Path

import pytest

from tests.tools.destructive_changes import UnreadableError, destructive, main

SERVING = "  Serving (blazingtext-dev-serving): AWS::SageMaker::Endpoint"
CONFIG = SERVING + "Config Hosting/EndpointConfig HostingEndpointConfig3E2CC620 will be replaced"
ROLE = "  Training (blazingtext-dev-training): AWS::IAM::Role NotebookRole/Role NotebookRole9E2CC620 will be destroyed"
BUCKET = "  Storage (blazingtext-dev-storage): AWS::S3::Bucket Corpora/Bucket CorporaBucket6BE47F9B may be replaced"
KEPT = "  Storage (blazingtext-dev-storage): AWS::S3::Bucket Corpora/Bucket CorporaBucket6BE47F9B will be orphaned"
GONE = SERVING + "Config Hosting/EndpointConfig HostingEndpointConfig3E2CC620 will be destroyed"
CUSTOM = "  Storage (blazingtext-dev-storage): Custom::Emptied Retirement/Resource/Default RetirementA1 will be destroyed"


def said(*changes: str, count: int | None = None) -> str:
    found = len(changes) if count is None else count
    heading = f"❌  Found {found} destructive change(s) (--fail-on=destructive):"
    return "\n".join(["Stack Storage (blazingtext-dev-storage)", "Resources", "", heading, *changes, "", ""])


def test_a_comparison_that_destroys_nothing_loses_nothing() -> None:
    assert destructive("Stack Storage (blazingtext-dev-storage)\nThere were no differences\n") == []


def test_an_endpoint_s_new_configuration_is_no_loss() -> None:
    assert destructive(said(CONFIG)) == []


@pytest.mark.parametrize("change", [ROLE, BUCKET, KEPT, GONE, CUSTOM])
def test_everything_else_that_is_replaced_removed_or_left_behind_is(change: str) -> None:
    assert destructive(said(CONFIG, change)) == [change.strip()]


@pytest.mark.parametrize(
    "text",
    [
        said(CONFIG, count=2),
        said(CONFIG, BUCKET, count=1),
        said(count=1),
        said("  a line of another version"),
        said(CONFIG + " (moved to x.y)"),
    ],
)
def test_what_cannot_be_read_is_not_passed_over(text: str) -> None:
    with pytest.raises(UnreadableError):
        destructive(text)


@pytest.mark.parametrize(
    ("text", "code", "expected", "words"),
    [
        ("There were no differences", 0, 0, ""),
        (said(CONFIG), 1, 0, ""),
        (said(BUCKET), 1, 1, f"This would be lost: {BUCKET.strip()}\n"),
        ("The stack is in a state that cannot be compared", 1, 1, ""),
        (said(CONFIG, count=2), 1, 1, "cannot be read"),
    ],
)
def test_the_exit_code_says_whether_anything_is_lost_or_could_not_be_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, code: int, expected: int, words: str
) -> None:
    (tmp_path / "said").write_text(text + "\n", encoding="utf-8")
    cdk = tmp_path / "cdk"
    cdk.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/asked"\ncat "{tmp_path}/said"\nexit {code}\n', encoding="utf-8")
    cdk.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    assert main(["-c", "stage=prod"]) == expected

    captured = capsys.readouterr()
    assert captured.out == text + "\n"
    assert words in captured.err
    asked = (tmp_path / "asked").read_text(encoding="utf-8").split()
    assert asked == ["diff", "--no-color", "--method", "template", "--fail-on", "destructive", "-c", "stage=prod"]


def test_a_machine_without_cdk_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main([]) == 2
    assert "cdk was not found" in capsys.readouterr().err
