"""`blazingtext corpus`: prepare, stats, sample, fetch."""

from __future__ import annotations

from pathlib import Path

import click

from ..corpus import preparation, public_corpora, sources
from ..corpus.normaliser import LABEL, Normaliser, Numbers, Punctuation
from ..corpus.statistics import Statistics, statistics
from .output import count, size
from .session import Session, shared


@click.group()
def corpus() -> None:
    """Make a corpus from text, or inspect one."""


@corpus.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
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
@click.option("--lines", is_flag=True, help="Keep the input's lines; do not split into sentences.")
@click.option("--wrapped", is_flag=True, help="Lines are hard-wrapped: join them up to the next blank line.")
@click.option("--min-words", type=click.IntRange(1), default=1, help="Drop shorter lines [default: 1].")
@click.option("--max-words", type=click.IntRange(2), default=preparation.LONGEST_LINE, help="Split longer lines [default: 1000].")
@click.option("--encoding", default="utf-8", metavar="NAME", help="Encoding of inputs without a byte order mark [default: utf-8].")
@click.option("--csv-column", default="", metavar="COLUMN", help="Inputs are CSV (.tsv: tabs); use this column, by name or number.")
@click.option("--labels", default="", metavar="COLUMN", help="The CSV column with labels, for supervised training.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@shared
def prepare(session: Session, inputs: tuple[str, ...], output: Path, **options: object) -> None:
    """Turn raw text into one sentence per line, words separated by spaces.

    INPUT is a file, a folder, a glob or - for stdin. Files may be .gz, .bz2, .xz or .zip; .xml files are read as posts of
    the Blog Authorship Corpus.
    """
    if options["labels"] and not options["csv_column"]:
        raise click.UsageError("--labels names a column of CSV files: add --csv-column for the text.")
    if str(options["encoding"]) and not _is_encoding(str(options["encoding"])):
        raise click.BadParameter(
            f"{options['encoding']!r} is not an encoding that Python knows; try utf-8, cp1252 or latin-1.", param_hint="--encoding"
        )
    normaliser = Normaliser(
        lower=not options["keep_case"], numbers=Numbers(str(options["numbers"])), punctuation=Punctuation(str(options["punctuation"]))
    )
    shape = preparation.Shape(
        split_sentences=not options["lines"],
        wrapped=bool(options["wrapped"]),
        minimum_words=int(str(options["min_words"])),
        maximum_words=int(str(options["max_words"])),
    )
    total = sources.stored_size(sources.expand(inputs))
    with session.output.progress(f"Preparing {output}", total) as advance:
        reading = sources.Reading(str(options["encoding"]), str(options["csv_column"]), str(options["labels"]), advance)
        made = preparation.prepare(inputs, output, normaliser=normaliser, shape=shape, reading=reading, force=bool(options["force"]))
    _report_prepared(session, made, str(options["encoding"]))


def _is_encoding(name: str) -> bool:
    try:
        "".encode(name)
    except LookupError:
        return False
    return True


def _report_prepared(session: Session, made: preparation.Prepared, encoding: str) -> None:
    out = session.output
    if made.undecodable:
        files = ", ".join(made.garbled[:3]) + (" ..." if len(made.garbled) > 3 else "")
        out.warn(
            f"{count(made.undecodable, 'bytes')} in {count(len(made.garbled), 'files')} ({files}) are not {encoding} and were dropped. "
            "If these are many, give the right --encoding (cp1252, latin-1)."
        )
    out.result(made, lambda: out.text(str(made.path)))
    out.done(f"{count(made.lines, 'lines')}, {count(made.words, 'words')}, {size(made.size)} from {count(made.files, 'files')}")
    out.next(session.command(f"corpus stats {made.path}"), session.command(f"upload {made.path}"))


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
