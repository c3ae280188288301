"""The GitHub workflows: what zizmor thinks of them, what they pin, what they may, and what they ask of the Makefile."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
PINNED = re.compile(r"uses: (\S+?)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")


def zizmor(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Every rule, the strictest, without asking anybody: no token, no network."""
    environment = {name: value for name, value in os.environ.items() if name not in {"GH_TOKEN", "GITHUB_TOKEN", "ZIZMOR_GITHUB_TOKEN"}}
    command = ["zizmor", "--offline", "--no-config", "--no-progress", "--persona", "auditor", "--format", "plain", *map(str, paths)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


def load(path: Path) -> dict[Any, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_zizmor_finds_nothing() -> None:
    ran = zizmor(*WORKFLOWS)

    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    ("good", "bad", "rule"),
    [
        ("permissions: {}\n", "", "excessive-permissions"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "unpinned-uses"),
        ("persist-credentials: false", "persist-credentials: true", "artipacked"),
        ('destroy $STAGE" ]', 'destroy ${{ inputs.stage }}" ]', "template-injection"),
    ],
)
def test_zizmor_finds_a_planted_fault(tmp_path: Path, good: str, bad: str, rule: str) -> None:
    text = (ROOT / ".github" / "workflows" / "destroy.yml").read_text(encoding="utf-8")
    assert good in text
    (tmp_path / "planted.yml").write_text(text.replace(good, bad), encoding="utf-8")

    ran = zizmor(tmp_path / "planted.yml")

    assert ran.returncode != 0
    assert f"[{rule}]" in ran.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_with_its_release_and_one_release_everywhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    pins = {found.groups() for each in WORKFLOWS for found in PINNED.finditer(each.read_text(encoding="utf-8"))}

    assert text.count("uses: ") == len(PINNED.findall(text)) > 0
    assert sorted(action for action, _, _ in pins) == ["actions/checkout", "aws-actions/configure-aws-credentials"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_may_read_the_code_and_where_it_touches_aws_ask_for_a_token(path: Path) -> None:
    workflow = load(path)

    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        touches = any("aws-actions" in step.get("uses", "") for step in job["steps"])
        assert job["permissions"] == {"contents": "read", **({"id-token": "write"} if touches else {})}


def test_what_they_make_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    made = {target for path in WORKFLOWS for target in re.findall(r"\bmake (\S+)", path.read_text(encoding="utf-8"))}

    assert {"check", "test", "vulnerabilities", ".venv/project.ready"} == made
    assert [target for target in made if not re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE)] == []


def test_only_reviewed_code_meets_the_roles_that_deploy() -> None:
    for path in WORKFLOWS:
        workflow = load(path)
        pipeline = [job for job in workflow["jobs"].values() if "AWS_PIPELINE_ROLE" in str(job)]
        assert not pipeline or "pull_request" not in workflow[True], path.name
        assert all("environment" in job for job in pipeline), path.name
