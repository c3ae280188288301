"""`blazingtext corpus`: prepare, stats, sample, fetch."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from ..corpus import lower_case, preparation, public_corpora, sources
from ..corpus.normaliser import LABEL, Normaliser, Numbers, Punctuation
from ..corpus.statistics import Statistics, statistics
from .output import count, size
from .session import Session, shared


@click.group()
def corpus() -> None:
    """Make a corpus from text, or inspect one."""


@corpus.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The file to write; - for stdout.",
)
@click.option(
    "--numbers", type=click.Choice([str(each) for each in Numbers]), default="keep", help="What happens to digits [default: keep]."
)
@click.option(
    "--punctuation",
    type=click.Choice([str(each) for each in Punctuation]),
    default="drop",
    help="Drop it, or make it words of its own [default: drop].",
)
@click.option("--keep-case", is_flag=True, help="Do not convert to lower case.")
@click.option(
    "--language",
    type=click.Choice(sorted(lower_case.LANGUAGES), case_sensitive=False),
    help="The language of the text, where its lower case is its own: I becomes dotless in Turkish and Azerbaijani.",
)
@click.option("--lines", is_flag=True, help="Keep the input's lines; do not split into sentences.")
@click.option("--wrapped", is_flag=True, help="Lines are hard-wrapped: join them up to the next blank line.")
@click.option("--min-words", type=click.IntRange(1), default=1, help="Drop shorter lines [default: 1].")
@click.option("--max-words", type=click.IntRange(2), default=preparation.LONGEST_LINE, help="Split longer lines [default: 1000].")
@click.option(
    "--encoding", default="", metavar="NAME", help="Encoding of inputs that are not Unicode, such as cp1252 [default: refuse them]."
)
@click.option(
    "--column",
    "--csv-column",
    default="",
    metavar="COLUMN",
    help="Inputs are tables (CSV, TSV) or JSON Lines; use this column, by name or number, or field.",
)
@click.option("--labels", default="", metavar="COLUMN", help="The column or field with labels, for supervised training.")
@click.option("--header/--no-header", default=None, help="The first row holds names [default: when a column is named].")
@click.option("--plain", is_flag=True, help="Inputs are plain text, whatever they look like.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@shared
def prepare(session: Session, inputs: tuple[str, ...], output: Path, **options: object) -> None:
    """Turn raw text into one sentence per line, words separated by spaces.

    INPUT is a file, a folder, a glob or - for stdin: text in any Unicode encoding, tables, JSON Lines or posts of the Blog Authorship
    Corpus; plain or packed (gzip, bzip2, xz, zstd, zip, tar, also within each other). What each file is is told by its content.
    """
    _check_options(session, output, options)
    normaliser = Normaliser(
        lower=not options["keep_case"],
        numbers=Numbers(str(options["numbers"])),
        punctuation=Punctuation(str(options["punctuation"])),
        language=str(options["language"] or ""),
    )
    shape = preparation.Shape(
        split_sentences=not options["lines"],
        wrapped=bool(options["wrapped"]),
        minimum_words=int(str(options["min_words"])),
        maximum_words=int(str(options["max_words"])),
    )
    total = sources.stored_size(sources.expand(inputs))
    with session.output.progress(f"Preparing {output}", total) as advance:
        reading = sources.Reading(
            encoding=str(options["encoding"]),
            column=str(options["column"]),
            label_column=str(options["labels"]),
            header=None if options["header"] is None else bool(options["header"]),
            plain=bool(options["plain"]),
            advance=advance,
        )
        made = preparation.prepare(inputs, output, normaliser=normaliser, shape=shape, reading=reading, force=bool(options["force"]))
    _report_prepared(session, made)


def _check_options(session: Session, output: Path, options: Mapping[str, object]) -> None:
    """Does nothing when the options fit together.

    Raises:
        UsageError: they do not.
    """
    if options["labels"] and not options["column"]:
        raise click.UsageError("--labels names a column of a table: add --column for the text.")
    if options["column"] and (options["plain"] or options["wrapped"]):
        raise click.UsageError("--column takes texts from the cells of a table: leave out --plain and --wrapped.")
    if options["language"] and options["keep_case"]:
        raise click.UsageError("--language chooses a lower case, which --keep-case does not make: leave out one of them.")
    if str(output) == preparation.STDOUT and session.json:
        raise click.UsageError(
            "--output - writes the corpus to stdout, where --json prints its document. Write to a file, or leave out --json."
        )
    if options["encoding"]:
        _check_encoding(str(options["encoding"]))


def _check_encoding(name: str) -> None:
    """Does nothing when Python knows an encoding.

    Raises:
        BadParameter: it does not.
    """
    try:
        "".encode(name)
    except LookupError as error:
        raise click.BadParameter(
            f"{name!r} is not an encoding that Python knows; try utf-8, cp1252 or latin-1.", param_hint="--encoding"
        ) from error


def _report_prepared(session: Session, made: preparation.Prepared) -> None:
    out = session.output
    if made.undecodable:
        out.warn(
            f"{count(made.undecodable, 'bytes')} in {count(len(made.garbled), 'files')} ({_first(made.garbled)}) are invalid in the "
            "encoding and were read as cp1252. If that is wrong, give the right --encoding."
        )
    for reason, number in made.left_out.items():
        out.warn(f"{_counted(number, reason)}: left out.")
    for note, number in made.notes.items():
        out.warn(f"{_counted(number, note)}.")
    if made.skipped:
        what = [f"{name} {why}" for name, why in made.skipped.items()]
        out.warn(f"{count(len(what), 'files')} left out: {_first(what)}.")
    to_stdout = str(made.path) == preparation.STDOUT
    if not to_stdout:
        out.result(made, lambda: out.text(str(made.path)))
    out.say(f"recipe: {made.recipe}")
    out.done(f"{count(made.lines, 'lines')}, {count(made.words, 'words')}, {size(made.size)} from {count(made.files, 'files')}")
    if not to_stdout:
        path = shlex.quote(str(made.path))
        out.next(session.command(f"corpus stats {path}"), session.command(f"upload {path}"))


def _counted(number: int, things: str) -> str:
    """A number with what it counts, whose first word is a plural."""
    noun, _, rest = things.partition(" ")
    return f"{count(number, noun)} {rest}"


def _first(names: Sequence[str]) -> str:
    """The first few of many names."""
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")


@corpus.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--min-count", type=click.IntRange(0), default=5, help="min_count to compute the vocabulary for [default: 5].")
@click.option("--top", type=click.IntRange(0), default=20, help="How many frequent words to show [default: 20].")
@shared
def stats(session: Session, path: Path, min_count: int, top: int) -> None:
    """Count lines, words and vocabulary, and warn about what would train badly."""
    out = session.output
    with out.progress(f"Counting {path}", path.stat().st_size if path.is_file() else None) as advance:
        found = statistics(path, min_count=min_count, top=top, advance=advance)
    out.result(found, lambda: _show_stats(session, found))
    for warning in found.warnings:
        out.warn(warning)


def _show_stats(session: Session, found: Statistics) -> None:
    out = session.output
    rows = [
        ("size", size(found.size)),
        ("lines", f"{found.lines:,}" + (f" (and {found.empty_lines:,} empty)" if found.empty_lines else "")),
        ("words", f"{found.words:,}"),
        ("distinct words", f"{found.distinct:,}"),
        (f"vocabulary at min_count {found.min_count}", f"{found.vocabulary:,}, {found.covered:.1%} of all words"),
        ("longest line", count(found.longest_line, "words")),
    ]
    if found.labels:
        rows.append(("labels", ", ".join(f"{name.removeprefix(LABEL)} {number:,}" for name, number in found.labels[:20])))
    if found.frequent:
        rows.append(("most frequent", ", ".join(f"{word} {number:,}" for word, number in found.frequent)))
    out.table(("", ""), rows, title=str(found.path))


@corpus.command()
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False), default=Path("wikipedia.txt"))
@click.option("--force", is_flag=True, help="Replace an existing file.")
@shared
def sample(session: Session, output: Path, force: bool) -> None:
    """Write the sample corpus that ships with the project: 32.7 MB of English Wikipedia.

    OUTPUT is the file to write [default: wikipedia.txt]. The text is by English Wikipedia contributors, CC BY-SA 4.0, in the
    form of text8; see blazingtext/data/sample/README.md.
    """
    _report_file(session, public_corpora.sample(output, force=force))


@corpus.command()
@click.argument("name", type=click.Choice(["text8"]))
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False), default=Path("text8"))
@click.option("--archive", type=click.Path(path_type=Path, dir_okay=False), help="A text8.zip that you downloaded yourself.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@shared
def fetch(session: Session, name: str, output: Path, archive: Path | None, force: bool) -> None:
    """Download the real text8 (31 MB, unpacked 100 MB) and check its SHA-256.

    OUTPUT is the file to write [default: text8].
    """
    with session.output.progress(f"Fetching {name}", None) as advance:
        public_corpora.text8(output, archive=archive, force=force, advance=advance)
    _report_file(session, output)


def _report_file(session: Session, path: Path) -> None:
    written = path.stat().st_size
    session.output.result({"path": path, "size": written}, lambda: session.output.text(str(path)))
    session.output.done(f"{size(written)} written")
    session.output.next(session.command(f"upload {path}"))
