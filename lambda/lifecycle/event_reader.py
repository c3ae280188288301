"""Reads the parts of a launch event, which may be any JSON, and remembers everything that is wrong with them."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import TypeVar

from . import values
from .errors import RequestError, UserError
from .suggestions import did_you_mean

Value = TypeVar("Value")


class EventReader:
    """Reads one event; a part that is wrong reads as its default.

    Attributes:
        problems: what is wrong so far.
    """

    def __init__(self) -> None:
        self.problems: list[UserError] = []

    def problem(self, text: str) -> None:
        """Remembers a problem."""
        self.problems.append(RequestError(text))

    def attempt(self, read_one: Callable[[], Value], otherwise: Value) -> Value:
        """What `read_one` gives; `otherwise` when it refuses."""
        try:
            return read_one()
        except UserError as problem:
            self.problems.append(problem)
        return otherwise

    def known_keys(self, given: Mapping[str, object], known: Collection[str], path: str) -> None:
        """Remembers every key that is unknown."""
        for key in given:
            if key not in known:
                paths = [path + each for each in known]
                hint = did_you_mean(f"{path}{key}", paths) or f"Known are {', '.join(paths)}."
                self.problem(f'"{path}{values.cut(key)}" is unknown. A misspelt key would silently have no effect. {hint}')

    def section(self, event: Mapping[str, object], name: str, known: Collection[str] | None) -> Mapping[str, object]:
        """An object in the event, with known keys only; None: with any."""
        found = event.get(name, {})
        if not isinstance(found, Mapping):
            self.problem(f"{name}: {values.shown(found)} is not an object. It holds names and values. Write it as {{...}} or leave it out.")
            return {}
        if known is not None:
            self.known_keys(found, known, f"{name}.")
        return found

    def number(self, section: Mapping[str, object], path: str, default: int, maximum: int) -> int:
        """A whole number from 1; the last part of its path is its key."""
        value = section.get(path.rpartition(".")[2], default)
        # Text is refused: in a JSON event, a number in quotation marks is a mistake.
        if not isinstance(value, str):
            with suppress(ValueError):
                return values.whole_number(value, 1, maximum)
        self.problem(
            f"{path}: {values.shown(value)} is not allowed. It must be a whole number from 1 to {maximum}. Leave it out for {default}."
        )
        return default

    def flag(self, section: Mapping[str, object], name: str, default: bool) -> bool:
        """A switch."""
        value = section.get(name, default)
        if isinstance(value, bool):
            return value
        self.problem(
            f"{name}: {values.shown(value)} is neither true nor false. It is a switch. Write true or false without quotation marks."
        )
        return default
