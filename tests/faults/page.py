"""The tables of docs/permissions.md, from what the stacks grant and why: `python -m tests.faults.page` writes them."""

import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tests.faults.attempts import ALL, NAMES
from tests.faults.grants import Grant, grants
from tests.faults.needs import SERVICES
from tests.faults.people import PIPELINES, need_of
from tests.faults.stage import all_permissions
from tests.template.matrix import Synthesis, synthesise_with

PERMISSIONS = Path(__file__).parents[2] / "docs" / "permissions.md"
_BEGIN, _END = "<!-- from here on written by: python -m tests.faults.page -->\n", "<!-- to here -->\n"
_NOT_SHOWN = "not asked for in the sandbox"


def permissions(synthesis: Synthesis) -> str:
    """The tables, a section a role, then who may do what else."""
    held = sorted(grants(synthesis), key=lambda grant: (list(NAMES).index(grant.role), grant.statement, grant.action))
    sections = [_section(role, list(of_role)) for role, of_role in groupby(held, key=lambda grant: grant.role)]
    return "\n".join([*sections, _attempts()])


def _section(role: str, held: list[Grant]) -> str:
    title = NAMES[role]
    column = "what fails without it" if role in {*SERVICES, *PIPELINES} else "what they cannot do without it"
    return "\n".join([f"### {title[0].upper()}{title[1:]}\n", f"| on | action | {column} |", "|---|---|---|", *_rows(held), ""])


def _rows(held: list[Grant]) -> Iterator[str]:
    for grant in held:
        need = need_of(grant)
        assert need is not None, grant
        said = f"{need.fails} ([{_NOT_SHOWN}]({need.page}))" if need.unseen else need.fails
        yield f"| {_on(grant.on)} | `{grant.action}` | {said} |"


def _on(resources: str) -> str:
    return ", ".join("everything" if each == "*" else f"`{_written(each)}`" for each in resources.split(", "))


def _written(resource: str) -> str:
    """The end of an ARN is told from a path."""
    return f"...:{resource}" if "/" in resource and not resource.startswith(("corpora/", "runs/")) else resource


def _attempts() -> str:
    rows = [f"| {each.what} | {', '.join(NAMES[role] for role in each.may) or 'nobody'} |" for each in ALL]
    return "\n".join(["## Who may do what, and who is refused\n", "| attempt | who may |", "|---|---|", *rows, ""])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        table = permissions(synthesise_with(all_permissions("all"), Path(folder)))
    before, _, rest = PERMISSIONS.read_text(encoding="utf-8").partition(_BEGIN)
    PERMISSIONS.write_text(f"{before}{_BEGIN}{table}{_END}{rest.partition(_END)[2]}", encoding="utf-8")
