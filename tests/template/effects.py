"""What each setting changes in the templates: the table of docs/settings-and-resources.md. `python -m tests.template.effects` writes it."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from blazingtext_stacks.settings import Settings, context_key
from blazingtext_stacks.stage import build
from tests.template.matrix import CDK_JSON, CONFIGURATIONS, Synthesis
from tests.template.references import name

PAGE = Path(__file__).parents[2] / "docs" / "settings-and-resources.md"
BEGIN, END = "<!-- from here on written by: python -m tests.template.effects -->\n", "<!-- to here -->\n"
# What one setting needs of others before it can be set.
_WITH = {
    "vpc_subnets": ("vpc_security_groups",),
    "vpc_security_groups": ("vpc_subnets",),
    "schedule_time_zone": ("pause_schedule",),
    "resume_schedule": ("pause_schedule",),
    "data_capture_days": ("data_capture_percent",),
    "endpoint_target_invocations": ("endpoint_maximum_instances",),
    "shadow_instance_count": ("shadow_percent",),
    "serverless_max_concurrency": ("serverless_memory_mb",),
    "endpoint_rollout_percent": ("endpoint_rollout",),
}
# Values instead of the matrix's, which go with others only.
_ALONE = {
    "training_instance_type": "ml.c5.2xlarge",
    "hyperparameters": {"epochs": 10},
    "termination_protection": True,
    "endpoint_rollout_percent": 20,
}
# Settings that change no template, and where they are seen instead.
ELSEWHERE = {
    "region": "the region that the stacks are deployed to",
    "termination_protection": "CloudFormation's protection of the stacks, which no template holds",
}
# From so many resources with the same change on they are counted, not named.
_MANY = 6
_Change = tuple[str, str]


def values() -> dict[str, Any]:
    """For each setting a value that is not the default, from the first configuration of the matrix that has one."""
    defaults, found = Settings(), dict[str, Any]()
    for context in CONFIGURATIONS.values():
        made = Settings.from_context(context)
        for field in Settings.__dataclass_fields__:
            if context_key(field) in context and getattr(made, field) != getattr(defaults, field):
                found.setdefault(field, getattr(made, field))
    return found | _ALONE


def templates(settings: Settings, folder: Path) -> Mapping[str, dict[str, Any]]:
    """The templates by stack."""
    app = cdk.App(context=CDK_JSON["context"], outdir=str(folder), analytics_reporting=False)
    build(app, settings)
    app.synth()
    return Synthesis(settings, folder).templates


def effects(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Setting, value, and what it changes in words."""
    before, given = templates(Settings(), folder / "defaults"), values()
    for field, value in given.items():
        also = {other: given[other] for other in _WITH.get(field, ())}
        changed = replace(Settings(), **{field: value}, **also)
        words = [ELSEWHERE[field]] if field in ELSEWHERE else list(_words(before, templates(changed, folder / field)))
        yield context_key(field), shown(value), words


def shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value).lower() if isinstance(value, bool) else str(value)


def _words(before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    grouped = defaultdict(list)
    for resource, change in _changes(before, after):
        grouped[change].append(resource)
    for change, resources in sorted(grouped.items()):
        where = f"{len(resources)} resources" if len(resources) >= _MANY else ", ".join(f"`{each}`" for each in resources)
        yield f"{change}: {where}"


def _changes(before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]) -> Iterator[_Change]:
    """Resource and what happens to it: it is added or removed, or some of its properties or attributes differ."""
    for stack in dict.fromkeys([*before, *after]):
        old, new = (each.get(stack, {}).get("Resources", {}) for each in (before, after))
        for logical in dict.fromkeys([*old, *new]):
            if logical not in old or logical not in new:
                yield _named(stack, logical), "added" if logical not in old else "removed"
                continue
            for key in sorted(_differing(old[logical], new[logical])):
                yield _named(stack, logical), key


def _named(stack: str, logical: str) -> str:
    return f"{stack}.{name(logical)}"


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """The properties, and the attributes such as DeletionPolicy, that differ."""
    found = {key for key in old.keys() | new.keys() if key not in ("Properties", "Metadata") and old.get(key) != new.get(key)}
    properties = [each.get("Properties", {}) for each in (old, new)]
    return found | {key for key in properties[0].keys() | properties[1].keys() if properties[0].get(key) != properties[1].get(key)}


def table(folder: Path) -> str:
    """The table in Markdown."""
    rows = [f"| `{setting}` | {value} | {'; '.join(changes)} |" for setting, value, changes in effects(folder)]
    return "\n".join(["| setting | such as | what differs from the default templates |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        written = table(Path(temporary))
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}{written}{END}{rest.partition(END)[2]}", encoding="utf-8")
