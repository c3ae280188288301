"""The documents are executed: what README and docs name exists, and what exists is named."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

import blazingtext
from blazingtext_stacks.settings import Settings, context_key

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("[a-z]*/README.md"), *ROOT.glob("sandbox/*/README.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PATH_IN_BACKTICKS = re.compile(r"`((?:[\w.-]+/)+[\w.*-]*|[\w-]+\.(?:md|py|toml|json|txt))`")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
OUR_VARIABLE = re.compile(r"(BLAZINGTEXT|ENGINE|SAGEMAKER|SANDBOX)_[A-Z_]*[A-Z]")
# Written by commands, or in somebody's account: named in the pages, not in the repository.
MADE = re.compile(
    r"^(corpora|runs|captured|transforms|raw|processing|staging|company-raw|outputs|cdk\.out|opt|input|output|model|train|validation|application|text|AWS|aws)/|^(eval|model|vectors)\."
)


def pages_named(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


def shell_lines(page: Path) -> Iterator[str]:
    """The commands of a page's sh blocks, without comments and prompts."""
    for language, block in FENCE.findall(page.read_text(encoding="utf-8")):
        if language in {"sh", "bash", "console"}:
            for line in block.replace("\\\n", " ").splitlines():
                if command := line.split(" #")[0].strip().removeprefix("$ "):
                    yield command


@pytest.mark.parametrize("page", PAGES, ids=pages_named(PAGES))
def test_every_path_a_page_names_exists(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    named = {name for name in PATH_IN_BACKTICKS.findall(text) if not MADE.match(name)}

    missing = {name for name in named if not any(list(base.glob(name.rstrip("/"))) for base in (ROOT, page.parent, ROOT / "lambda"))}

    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=pages_named(PAGES))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = {link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()}

    assert not broken


def settings_table() -> str:
    """The table of docs/configuration.md, as the settings themselves have it."""
    rows = ["| setting | default | must be | meaning |", "|---|---|---|---|"]
    defaults = Settings()
    for field in fields(Settings):
        value = getattr(defaults, field.name)
        default = "empty" if value in ("", None, ()) else f"`{json.dumps(value)}`"
        rows.append(f"| `{context_key(field.name)}` | {default} | {field.metadata['type'].allowed} | {field.metadata['meaning']} |")
    return "\n".join(rows)


def test_the_settings_table_is_what_the_settings_say() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")

    assert settings_table() in page, f"docs/configuration.md must hold this table:\n{settings_table()}"


def variables_in_the_code() -> set[str]:
    """The environment variables of ours: texts of that form, which stand in the code for nothing else."""
    files = [
        ROOT / "app.py",
        *(path for part in ("blazingtext", "engine", "lambda", "sandbox", "stacks") for path in (ROOT / part).rglob("*.py")),
    ]
    texts = (
        node.value for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Constant)
    )
    return {text for text in texts if isinstance(text, str) and OUR_VARIABLE.fullmatch(text)}


def test_the_table_of_environment_variables_names_exactly_those_of_the_code() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)

    assert sorted(rows) == sorted(variables_in_the_code())


def test_the_newest_release_of_the_changelog_is_the_version_of_the_package() -> None:
    released = [
        version
        for version in re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
        if version != "Unreleased"
    ]

    assert released[0] == blazingtext.__version__


def test_every_make_target_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {line.split()[1] for page in PAGES for line in shell_lines(page) if re.match(r"make [a-z]", line)}

    assert named
    assert named <= targets


def test_every_decision_is_listed_in_the_readme_of_decisions() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")

    unlisted = [page.name for page in (ROOT / "docs/decisions").glob("0*.md") if page.name not in index]

    assert not unlisted
