"""`blazingtext predict`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ..serving import prediction
from .output import count
from .session import Session, shared

_SHOWN_NUMBERS = 4


@click.command()
@click.argument("instances", nargs=-1, required=True, metavar="WORD...")
@click.option("--k", type=click.IntRange(1), help="For classifiers: how many labels.")
@shared
def predict(session: Session, instances: tuple[str, ...], k: int | None) -> None:
    """Ask the endpoint for vectors of words, or labels of texts.

    WORD is a word; for a classifier, a text in quotes; - reads one per line from stdin. Words that the model does not know
    get a vector of zeros from AWS, silently; they are named on stderr, and have "known": false in JSON.
    """
    asked = _instances(instances)
    out = session.output
    with out.progress("Calling the endpoint", len(asked), of_bytes=False) as advance:
        found = prediction.predict(session.cloud, asked, k=k, advance=advance)
    out.result(found, lambda: _show(session, found))
    unknown = [each.word for each in found if isinstance(each, prediction.WordVector) and not each.known]
    if unknown:
        named = ", ".join(unknown[:10]) + (" ..." if len(unknown) > 10 else "")
        out.warn(
            f"{count(len(unknown), 'words')} not in the model: {named}. The endpoint answers with zeros for words that are too rare in the "
            "corpus or not in it. Try other words, or train with a lower min_count or with subwords."
        )
    known = [each.word for each in found if isinstance(each, prediction.WordVector) and each.known]
    if known:
        out.next(session.command(f"neighbors {known[0]}"))


def _instances(instances: tuple[str, ...]) -> list[str]:
    if instances != ("-",):
        return list(instances)
    return [line.strip() for line in sys.stdin if line.strip()]


def _show(session: Session, found: Sequence[prediction.Prediction]) -> None:
    words = [each for each in found if isinstance(each, prediction.WordVector)]
    texts = [each for each in found if isinstance(each, prediction.Classification)]
    if words:
        session.output.table(("word", "length", "vector"), [_row(each) for each in words], right=(1,))
    if texts:
        rows = [(label.name, f"{label.probability:.3f}", each.text) for each in texts for label in each.labels]
        session.output.table(("label", "probability", "text"), rows, right=(1,))


def _row(word: prediction.WordVector) -> tuple[str, str, str]:
    start = " ".join(f"{number:8.4f}" for number in word.vector[:_SHOWN_NUMBERS])
    more = len(word.vector) - _SHOWN_NUMBERS
    return word.word, f"{word.norm:.3f}" if word.known else "unknown", start + (f" ... {more} more" if more > 0 else "")
