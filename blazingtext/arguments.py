"""What a person gave to a method of the Python client, where Python itself would take something else for it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.values import shown


def several(call: str, what: str, given: Any) -> list[Any]:
    """The elements of a list of texts or paths; a text of its own would be taken letter by letter.

    Args:
        call: what was called, up to the list, as in ``predict(``.
        what: what the list holds, as in ``words``.
        given: the list.

    Raises:
        RequestError: it is one text, bytes, or no list, or an element of it is neither text nor path; the message says what to write.
    """
    if isinstance(given, str | bytes | bytearray | os.PathLike):
        raise RequestError(f"{call}...) takes a list of {what}, and {shown(given)} is no list. Write: {call}[{shown(_text(given))}])")
    if not isinstance(given, Iterable):
        raise RequestError(f'{call}...) takes a list of {what}, and {shown(given)} is no list. Write: {call}["..."])')
    found = list(given)
    for place, each in enumerate(found):
        if not isinstance(each, str | os.PathLike):
            raise RequestError(
                f"{call}...) takes a list of {what}, and element {place} of this one is {shown(each)}, which is no text. "
                f"Write: {shown(_text(each))}"
            )
    return found


def _text(given: Any) -> str:
    """What was probably meant."""
    return given.decode(errors="replace") if isinstance(given, bytes | bytearray) else str(given)
