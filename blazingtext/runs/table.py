"""Runs as a table: a value for every name, by which they are filtered and sorted, and CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from blazingtext_lifecycle import costs, hyperparameters
from blazingtext_lifecycle.combinations import MODES
from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.suggestions import did_you_mean

from .training_jobs import Run

Value = str | float | None


@dataclass(frozen=True)
class Row:
    """A run in the table.

    Attributes:
        run: the run.
        region: where it ran; its price depends on it.
        speed: million words a second; None when it is not known.
    """

    run: Run
    region: str
    speed: float | None

    @property
    def cost(self) -> float | None:
        """US dollars of the billed time, on demand; None while it is not over, and where no price is known."""
        run = self.run
        if run.billable_seconds is None:
            return None
        # What is billed is the time of all instances together.
        return costs.of_training(run.instance_type, 1, self.region).for_seconds(run.billable_seconds)

    def value(self, name: str) -> Value:
        """What a column holds; None for nothing."""
        if name in COLUMNS:
            return COLUMNS[name](self)
        return self.run.metrics.get(name, self.run.hyperparameters.get(name))


def _moment(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


COLUMNS: Mapping[str, Callable[[Row], Value]] = {
    "job": lambda row: row.run.job,
    "status": lambda row: row.run.status,
    "corpus": lambda row: row.run.corpus,
    "corpus_hash": lambda row: row.run.corpus_hash,
    "recipe": lambda row: row.run.recipe,
    "mode": lambda row: row.run.mode,
    "instance_type": lambda row: row.run.instance_type,
    "instance_count": lambda row: row.run.instance_count,
    "created": lambda row: _moment(row.run.created),
    "ended": lambda row: _moment(row.run.ended),
    "training_seconds": lambda row: row.run.training_seconds,
    "billable_seconds": lambda row: row.run.billable_seconds,
    "cost": lambda row: row.cost,
    "speed": lambda row: row.speed,
    "mean_rho": lambda row: row.run.metrics.get("train:mean_rho"),
    "accuracy": lambda row: accuracy(row.run),
    "failure": lambda row: row.run.failure,
}
_CONDITION = re.compile(r"([\w:]+)\s*(!=|>=|<=|=|>|<)\s*(.*)")
_HOLDS: Mapping[str, Callable[[float | str, float | str], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,  # type: ignore[operator] # both are numbers, or both texts
    "<=": lambda a, b: a <= b,  # type: ignore[operator] # likewise
    ">": lambda a, b: a > b,  # type: ignore[operator] # likewise
    "<": lambda a, b: a < b,  # type: ignore[operator] # likewise
}


def accuracy(run: Run) -> float | None:
    """A classifier's accuracy: of the validation channel, else of training."""
    return run.metrics.get("validation:accuracy", run.metrics.get("train:accuracy"))


def condition(text: str) -> Callable[[Row], bool]:
    """What a filter such as ``mode=cbow`` or ``mean_rho>=0.6`` asks of a run; a run without the value fulfils only ``!=``.

    Numbers are compared as numbers, anything else as text.

    Raises:
        UserError: it has another form, or there is no column of that name.
    """
    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        raise UserError(f'"{text}" is no filter. Write a column, one of = != > >= < <=, and a value, such as mode=cbow or "mean_rho>0.6".')
    name, sign, wanted = found.groups()
    check_column(name)

    def holds(row: Row) -> bool:
        value = row.value(name)
        if value is None:
            return sign == "!="
        numbers = _number(value), _number(wanted)
        if numbers[0] is not None and numbers[1] is not None:
            return _HOLDS[sign](numbers[0], numbers[1])
        return _HOLDS[sign](str(value), wanted)

    return holds


def check_column(name: str) -> None:
    """Refuses a name that no run has a value for.

    Raises:
        UserError: there is no such column; the message suggests those spelt like it.
    """
    known = [*COLUMNS, *(each for mode in MODES for each in hyperparameters.names(mode))]
    if name not in known and ":" not in name:
        hint = did_you_mean(name, known) or f"There are {', '.join(COLUMNS)}, every metric and every hyperparameter."
        raise UserError(f'Runs have no "{name}". {hint}')


def in_order(rows: Iterable[Row], name: str, *, reverse: bool = False) -> list[Row]:
    """Rows by a column: numbers with the largest first, texts from A to Z; those without a value come last.

    Raises:
        UserError: there is no such column.
    """
    check_column(name)
    found = [(row, row.value(name)) for row in rows]
    has = [(row, value) for row, value in found if value is not None]
    without = [row for row, value in found if value is None]
    numbers = [_number(value) for _, value in has]
    if None not in numbers:
        ranked = [
            row for _, _, row in sorted((-number, place, has[place][0]) for place, number in enumerate(numbers) if number is not None)
        ]
    else:
        ranked = [row for row, _ in sorted(has, key=lambda pair: str(pair[1]))]
    return [*(ranked[::-1] if reverse else ranked), *without]


def _number(value: float | str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def complete(rows: Sequence[Row]) -> tuple[list[str], list[list[Value]]]:
    """The names of all columns, metrics and hyperparameters that a run has, and their values for each run; None where it has none."""
    metrics = sorted({name for row in rows for name in row.run.metrics})
    told = sorted({name for row in rows for name in row.run.hyperparameters} - set(COLUMNS))
    names = [*COLUMNS, *metrics, *told]
    return names, [[row.value(name) for name in names] for row in rows]


def as_csv(rows: Sequence[Row]) -> str:
    """All columns, then every metric and every hyperparameter that a run has; empty where a run has none (RFC 4180, lines end in LF)."""
    names, values = complete(rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(["" if value is None else value for value in row] for row in values)
    return text.getvalue()
