"""`blazingtext corpus phrases`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from blazingtext_lifecycle.plurals import count

from ..corpus import phrase_joining
from ..corpus.phrase_counts import ENGLISH, PhraseSettings, Scoring
from ..figures import size
from .session import Session, shared

_FILE = click.Path(path_type=Path, dir_okay=False)
# None of them is click's default: --like goes with none that was typed.
_USUAL = PhraseSettings()


def _connector_words(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    return None if value is None else ENGLISH if value == "english" else tuple(dict.fromkeys(value.split()))


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="CORPUS...", type=_FILE)
@click.option("--output", "-o", required=True, type=_FILE, help="The file to write.")
@click.option(
    "--min-count", "minimum_count", type=click.IntRange(1), help=f"What is rarer is no phrase; without it, {_USUAL.minimum_count}."
)
@click.option("--threshold", type=float, help=f"A phrase has a higher score; without it, {_USUAL.threshold:g}. For npmi, from -1 to 1.")
@click.option(
    "--scoring", type=click.Choice([str(each) for each in Scoring]), help=f"How far words belong together; without it, {_USUAL.scoring}."
)
@click.option("--delimiter", help=f"What joins the words of a phrase; without it, {_USUAL.delimiter}")
@click.option(
    "--connector-words",
    callback=_connector_words,
    metavar="WORDS",
    help='Words that may stand within a phrase, as "der die das"; english: a, an, the, of and the like.',
)
@click.option(
    "--max-vocabulary",
    "maximum_vocabulary",
    type=click.IntRange(1),
    help=f"Words and pairs in memory; more, and the rarest are forgotten; without it, {_USUAL.maximum_vocabulary}.",
)
@click.option("--like", type=_FILE, metavar="CORPUS", help="Join the phrases of this corpus, such as those of train in validation.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@shared
def phrases(session: Session, inputs: tuple[Path, ...], output: Path, like: Path | None, force: bool, **options: Any) -> None:
    """Join the phrases of a corpus: new york becomes new_york, a word of its own.

    Which words are phrases is found by counting, as gensim's Phrases does it, with the same result. CORPUS is what `corpus prepare`
    wrote; several are one corpus, such as all shares in order. Labels are no part of phrases.

    The phrases go into the recipe, so `predict --prepare` joins them in a question, too. For phrases of more than two words, join once
    more: new_york times becomes new_york_times.
    """
    told = {name: value for name, value in options.items() if value is not None}
    if like is not None and told:
        raise click.UsageError("--like takes the phrases that another corpus has: leave out the options that find some.")
    if told.get("scoring") == Scoring.NPMI and "threshold" not in told:
        raise click.UsageError("--scoring npmi needs a --threshold from -1 to 1; 0.5 is a start.")
    settings = None if like is not None else PhraseSettings(**{**told, "scoring": Scoring(told.get("scoring", Scoring.DEFAULT))})
    known = None if like is None else phrase_joining.of_corpus(like)
    total = sum(path.stat().st_size for path in inputs if path.is_file()) * (2 if known is None else 1)
    with session.output.progress(f"Joining phrases into {output}", total) as advance:
        joined = phrase_joining.join(inputs, output, settings=settings, phrases=known, force=force, advance=advance)
    _report(session, joined)


def _report(session: Session, joined: phrase_joining.Joined) -> None:
    out = session.output
    for note in joined.notes:
        out.warn(note)
    if not joined.joined:
        out.warn("No words were joined: try a lower --threshold or --min-count, or more text.")
    out.result(joined, lambda: out.text(str(joined.path)))
    if joined.frequent:
        out.say("most frequent: " + ", ".join(f"{phrase} {number:,}" for phrase, number in joined.frequent))
    out.say(f"recipe in {joined.recipe_file}" if joined.recipe_file else "without a recipe")
    out.done(
        f"{count(joined.phrases, 'phrases')}, joined {count(joined.joined, 'times')}: {count(joined.lines, 'lines')}, "
        f"{count(joined.words, 'words')}, {size(joined.size)}"
    )
    path = shlex.quote(str(joined.path))
    out.next(session.command(f"corpus stats {path}"), session.command(f"upload {path}"))
