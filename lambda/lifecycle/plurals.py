"""Numbers with their nouns and verbs, as messages say them."""

# Of a verb whose singular is more than an s behind it.
_SINGULAR = {"are": "is", "were": "was", "have": "has"}


def count(number: float, noun: str, verb: str = "") -> str:
    """A number with its noun, and with a verb if there is one: 1 line, 2,000 lines; 1 word is, 2 words are.

    Args:
        number: how many.
        noun: in the plural, which ends in s.
        verb: in the plural.
    """
    if number == 1:
        return f"1 {noun.removesuffix('s')}" + (f" {_SINGULAR.get(verb, f'{verb}s')}" if verb else "")
    return f"{number:,} {noun}" + (f" {verb}" if verb else "")
