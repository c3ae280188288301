"""The tables of docs/permissions.md, from what the stacks grant and why: `python -m tests.faults.page` writes them."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.faults.attempts import ALL, NAMES, REGISTRY
from tests.faults.deployments import SCHEMA_PAGE, actions
from tests.faults.grants import Grant, grants
from tests.faults.people import PEOPLE, need_of
from tests.faults.stage import APPROVED, EVERYTHING, all_permissions, approval_permissions
from tests.template.matrix import Synthesis, synthesise_with

PERMISSIONS = Path(__file__).parents[2] / "docs" / "permissions.md"
_BEGIN, _END = "<!-- from here on written by: python -m tests.faults.page -->\n", "<!-- to here -->\n"
_NOT_SHOWN = "not asked for in the sandbox"


@dataclass(frozen=True)
class Row:
    """A grant, and on which of the two stages it is."""

    grant: Grant
    stage: str


def permissions(everything: Synthesis, approval: Synthesis) -> str:
    """The tables, a section a role, then who may do what else."""
    held = [Row(grant, EVERYTHING) for grant in grants(everything)]
    known = {row.grant.key for row in held}
    held += [Row(grant, APPROVED) for grant in grants(approval) if grant.key not in known]
    held.sort(key=lambda row: (list(NAMES).index(row.grant.role), row.stage == APPROVED, row.grant.statement, row.grant.action))
    sections = [_section(role, list(of_role)) for role, of_role in groupby(held, key=lambda row: row.grant.role)]
    return "\n".join([*sections, _attempts(), *_deployments()])


def _section(role: str, held: list[Row]) -> str:
    title = NAMES[role]
    column = "what they cannot do without it" if role in PEOPLE else "what fails without it"
    return "\n".join([f"### {title[0].upper()}{title[1:]}\n", f"| on | action | {column} |", "|---|---|---|", *_rows(held), ""])


def _rows(held: list[Row]) -> Iterator[str]:
    for row in held:
        need = need_of(row.grant, row.stage)
        assert need is not None, row
        said = f"{need.fails} ([{_NOT_SHOWN}]({need.page}))" if need.unseen else need.fails
        yield f"| {_on(row.grant.on)} | `{row.grant.action}` | {'with `approval`: ' if row.stage == APPROVED else ''}{said} |"


def _on(resources: str) -> str:
    return ", ".join("everything" if each == "*" else f"`{_written(each)}`" for each in resources.split(", "))


_FOLDERS = tuple(f"{name}/" for name in ("corpora", "runs", "transforms", "raw", "processing", "staging", "company-raw"))


def _written(resource: str) -> str:
    """The end of an ARN is told from a path."""
    return f"...:{resource}" if "/" in resource and not resource.startswith(_FOLDERS) else resource


def _attempts() -> str:
    rows = [f"| {each.what} | {', '.join(NAMES[role] for role in each.may) or 'nobody'} |" for each in (*ALL, *REGISTRY)]
    return "\n".join(["## Who may do what, and who is refused\n", "| attempt | who may |", "|---|---|", *rows, ""])


def _deployments() -> Iterator[str]:
    yield "## CloudFormation\n"
    for policy, held in groupby(actions(), key=lambda each: each.policy):
        yield f"### `bootstrap/{policy}-policy.json`\n\n| statement | action | what it cannot do without it |\n|---|---|---|"
        for each in held:
            yield f"| {each.sid} | `{each.action}` | {each.fails}{'' if each.is_asked else f' ([{_NOT_SHOWN}]({SCHEMA_PAGE}))'} |"
        yield ""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        table = permissions(
            *(synthesise_with(settings, Path(folder) / settings.stage) for settings in (all_permissions(), approval_permissions()))
        )
    before, _, rest = PERMISSIONS.read_text(encoding="utf-8").partition(_BEGIN)
    PERMISSIONS.write_text(f"{before}{_BEGIN}{table}{_END}{rest.partition(_END)[2]}", encoding="utf-8")
