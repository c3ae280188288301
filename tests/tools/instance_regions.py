"""Writes ``lambda/lifecycle/instance_regions.py`` from AWS's price list in cfn-lint: ``python -m tests.tools.instance_regions``."""

import json
import subprocess
import sys
import textwrap
from collections import defaultdict
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import botocore.loaders

from blazingtext_lifecycle import images

TARGET = Path(__file__).parents[2] / "lambda/lifecycle/instance_regions.py"
Table = Mapping[str, frozenset[str]]

_HEADER = '''"""Which instance types SageMaker offers in which region. Written by ``python -m tests.tools.instance_regions``; do not edit.

Source: cfn-lint 1.58.0 (2026-10-20), which reads AWS's price list. `HOSTING` is its list for real-time endpoints. It has none for
training: `TRAINING` holds the types that can train and have a price for hosting, processing or batch transform there. Only regions
with BlazingText; AWS's isolated regions are not in the list.
"""

'''


def listed(work: str) -> Table:
    """The instance types of one kind of work, by region with BlazingText."""
    text = resources.files(f"cfnlint.data.schemas.extensions.aws_sagemaker_{work}").joinpath("instancetype_enum.json").read_text("utf-8")
    return {region: frozenset(row["enum"]) for region, row in json.loads(text).items() if region in images.ACCOUNTS}


def can_train() -> frozenset[str]:
    """Every instance type that CreateTrainingJob takes."""
    model = botocore.loaders.Loader().load_service_model("sagemaker", "service-2")
    return frozenset(model["shapes"]["TrainingInstanceType"]["enum"])


def hosting() -> Table:
    """What real-time endpoints may run on."""
    return listed("hosting")


def training() -> Table:
    """What training jobs may well run on; see the header of the module that is written."""
    tables = [listed(work) for work in ("hosting", "processing", "transform")]
    trains = can_train()
    return {region: trains & frozenset().union(*(table.get(region, frozenset()) for table in tables)) for region in tables[0]}


def source(name: str, meaning: str, table: Table) -> str:
    """A table as Python: instance types that have the same regions share a row."""
    regions: dict[str, list[str]] = defaultdict(list)
    for region, types in sorted(table.items()):
        for type_ in types:
            regions[type_].append(region)
    rows: dict[str, list[str]] = defaultdict(list)
    for type_, found in sorted(regions.items()):
        rows[" ".join(found)].append(type_.removeprefix("ml."))
    body = "\n".join(f"    ({_text(found)},\n     {_text(' '.join(types))})," for found, types in sorted(rows.items()))
    return f"# {meaning}\n{name} = table((\n{body}\n))\n"


def _text(words: str) -> str:
    lines = textwrap.wrap(words, 120, break_on_hyphens=False, break_long_words=False)
    text = "\n".join(json.dumps(line + (" " if line is not lines[-1] else "")) for line in lines)
    return f"({text})" if len(lines) > 1 else text


_TABLE = '''

def table(rows: tuple[tuple[str, str], ...]) -> dict[str, frozenset[str]]:
    """The regions of each instance type."""
    return {f"ml.{name}": frozenset(regions.split()) for regions, names in rows for name in names.split()}


'''


def module() -> str:
    """The whole module, formatted."""
    text = (
        _HEADER
        + _TABLE.lstrip("\n")
        + source("HOSTING", "The regions of each instance type, for endpoints.", hosting())
        + "\n"
        + source("TRAINING", "The regions of each instance type, for training jobs.", training())
    )
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    TARGET.write_text(module(), encoding="utf-8")
