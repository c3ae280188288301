"""What AWS takes as a tag, and which tags are this project's own."""

import unicodedata

from . import naming, values


def fault(key: str, value: object) -> str:
    """What is wrong with a tag, and what to do; ``""`` when nothing is. Limits: SageMaker's ``Tag`` shape."""
    if key.lower().startswith(naming.RESERVED_TAG_PREFIXES):
        return (
            f"its prefix is reserved. {' and '.join(naming.RESERVED_TAG_PREFIXES)} belong to AWS and to this project. Choose another name."
        )
    if not isinstance(value, str):
        return f"its value {values.shown(value)} is not text. Tags carry text only. Put it in quotation marks."
    if not 1 <= len(key) <= 128 or len(value) > 256:
        return "it is too long or empty. AWS allows 1 to 128 characters for the name and 256 for the value. Shorten it."
    if not all(_allowed_in_tag(letter) for letter in key + value):
        return "it holds a forbidden character. AWS allows letters, digits, spaces and _.:/=+-@ only. Replace the others."
    return ""


def _allowed_in_tag(letter: str) -> bool:
    return letter in "_.:/=+-@" or unicodedata.category(letter)[0] in "LNZ"
