"""Label and text of the objects of a JSON Lines file (one on each line, jsonlines.org). Every line is given, or counted under a name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO

from .table_rows import Lines
from .tables import LABEL_SEPARATOR, Columns, NoColumnError, Report, labelled

NOT_JSON = "lines that are not JSON objects"
NO_FIELD = "lines without the field of the text or label"


def objects(name: str, text: IO[str], columns: Columns, report: Report) -> Iterator[tuple[str, str]]:
    """Label and text of the objects of a JSON Lines file (one on each line).

    A list of labels gives several; a list of texts, one text. ``a.b`` names a field within a field.

    Raises:
        NoColumnError: no object has the field of the text.
    """
    lines = Lines(name, text)
    found = 0
    fields: dict[str, None] = {}
    while line := lines.read():
        if not line.strip():
            continue
        try:
            item = json.loads(line.lstrip("\ufeff"))
        except (ValueError, RecursionError):
            item = None
        if not isinstance(item, dict):
            report.lost[NOT_JSON] += 1
            continue
        if len(fields) < 50:
            fields.update(dict.fromkeys(item))
        words = _scalars(_field(item, columns.text))
        labels = _scalars(_field(item, columns.label)) if columns.label else None
        found += words is not None
        if words is None or (columns.label and labels is None):
            report.lost[NO_FIELD] += 1
            continue
        yield from labelled(None if labels is None else LABEL_SEPARATOR.join(labels), "\n".join(words), report)
    if not found:
        raise NoColumnError(f'{name} has no field "{columns.text}" with a text. Its fields are: {", ".join(fields)[:200] or "(none)"}.')


def fields_of(head: str) -> str:
    """The names of the fields of the first object of a JSON Lines file."""
    try:
        first = json.loads(head.lstrip("\ufeff \t\r\n").partition("\n")[0])
    except (ValueError, RecursionError):
        return ""
    return ", ".join(first) if isinstance(first, dict) else ""


def _field(item: dict[str, object], path: str) -> object:
    if path in item:
        return item[path]
    value: object = item
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _scalars(value: object) -> list[str] | None:
    """The texts of a field: one, or those of a list; None when it is neither."""
    values = value if isinstance(value, list) else [value]
    if any(each is None or isinstance(each, (dict, list)) for each in values):
        return None
    return [str(each) for each in values]
