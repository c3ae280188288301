"""`blazingtext predict`: the endpoint's answers, or those of a model on this machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from blazingtext_lifecycle.plurals import count

from ..predictions import Classification, Prediction, WordVector, check_instances, label_rows
from ..serving import prediction, questions
from .model_source import KINDS, MODEL, opened
from .output import Output, first_of
from .session import Session, shared

_SHOWN_CHANGES = 10


@click.command()
@click.argument("instances", nargs=-1, required=True, metavar="WORD...")
@click.option("--prepare", is_flag=True, help="Prepare WORD first as the model's corpus was, by its recipe.")
@click.option("-k", "--k", type=click.IntRange(1), help="For classifiers: how many labels; without it, one.")
@click.option("--model", metavar="PATH", type=MODEL, help=f"Ask this model, without an endpoint: {KINDS}")
@shared
def predict(session: Session, instances: tuple[str, ...], prepare: bool, k: int | None, model: Path | None) -> None:
    """Ask for vectors of words, or labels of texts.

    The endpoint answers, or with --model a model on this machine, without AWS. WORD is a word; for a classifier, a text in quotes; -
    reads one per line from stdin. Words that the model does not know get a vector of zeros, from AWS silently; they are named on
    stderr, and have "known": false in JSON.

    With --prepare, WORD may be any text: capitals, digits and punctuation become what `corpus prepare` made of them; for word vectors,
    each word of a text is asked for. What was changed is told on stderr, and "asked" in JSON is what was typed. The recipe is that of the
    live model's run, or lies in the model's folder.
    """
    asked = _instances(instances)
    found = _of_endpoint(session, asked, k, prepare=prepare) if model is None else _of_model(session, model, asked, k, prepare=prepare)
    out = session.output
    _say_changed(out, found)
    out.result(found, lambda: _show(out, found))
    _say_unknown(out, found)
    known = next((each.word for each in found if isinstance(each, WordVector) and each.known), None)
    if known is not None:
        out.next(session.command(f"neighbors {known}" if model is None else f"neighbors --model {model} {known}"))


def _of_endpoint(session: Session, asked: Sequence[str], k: int | None, *, prepare: bool) -> list[Prediction]:
    ask = questions.predict if prepare else prediction.predict
    with session.output.progress("Calling the endpoint", len(asked), of_bytes=False) as advance:
        return ask(session.cloud, asked, k=k, advance=advance)


def _of_model(session: Session, model: Path, asked: Sequence[str], k: int | None, *, prepare: bool) -> Sequence[Prediction]:
    check_instances(asked)
    found = opened(session, model)
    with session.output.waiting("Asking the model"):
        return questions.predict_offline(found, model, asked, k=k) if prepare else found.predict(asked, k=k)


def _say_changed(out: Output, found: Sequence[Prediction]) -> None:
    """What texts were asked for as."""
    became: dict[str, list[str]] = {}
    for each in found:
        became.setdefault(each.asked, []).append(each.word if isinstance(each, WordVector) else each.text)
    changed = {asked: " ".join(words) for asked, words in became.items() if asked and dict.fromkeys([asked]) != dict.fromkeys(words)}
    for asked, words in list(changed.items())[:_SHOWN_CHANGES]:
        out.say(f'"{asked}" was prepared: {words}')
    if len(changed) > _SHOWN_CHANGES:
        out.say(f"{count(len(changed) - _SHOWN_CHANGES, 'texts')} more were changed; --json has them all.")


def _instances(instances: tuple[str, ...]) -> list[str]:
    if instances != ("-",):
        return list(instances)
    return [line.strip() for line in sys.stdin if line.strip()]


def _say_unknown(out: Output, found: Sequence[Prediction]) -> None:
    words = [each.word for each in found if isinstance(each, WordVector) and not each.known]
    texts = [each.text for each in found if isinstance(each, Classification) and not each.labels]
    if words:
        out.warn(
            f"{count(len(words), 'words')} not in the model: {first_of(words)}. What is too rare in the corpus or not in it gets zeros. "
            "Try other words, or train with a lower min_count or with subwords."
        )
    if texts:
        out.warn(f"{count(len(texts), 'texts')} without a label: {first_of(texts)}. The model knows no word of it. Try other words.")


def _show(out: Output, found: Sequence[Prediction]) -> None:
    words = [each for each in found if isinstance(each, WordVector)]
    texts = [each for each in found if isinstance(each, Classification)]
    if words:
        out.table(("word", "length", "vector"), [each.row for each in words], right=(1,))
    if texts:
        out.table(("label", "probability", "text"), label_rows(texts), right=(1,))
