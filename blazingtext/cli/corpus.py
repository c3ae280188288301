"""`blazingtext corpus`: prepare, phrases, stats, sample, fetch."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import click

from blazingtext_lifecycle.plurals import count

from ..corpus import input_files, lower_case, object_requests, objects, preparation, processes, public_corpora, sources
from ..corpus.corpus_lines import Deduplication, Unit
from ..corpus.duplicates import SEEN
from ..corpus.normaliser import LABEL, Normaliser, Numbers, Punctuation
from ..corpus.shares import Share
from ..corpus.statistics import Statistics, statistics
from ..figures import size
from ..spark.options import Preparing
from . import corpus_jobs
from .phrases import phrases
from .session import Session, shared


def _share(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Share:
    try:
        return Share() if value is None else Share.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


class _Output(click.Path):
    """A file, or an address of S3, which stays a text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if objects.is_address(str(value)) else super().convert(value, param, ctx)


@click.group()
def corpus() -> None:
    """Make a corpus from text, or inspect one."""


corpus.add_command(phrases)


@corpus.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--output",
    "-o",
    type=_Output(path_type=Path, dir_okay=False, allow_dash=True),
    help="The file to write, or the object: s3://bucket/key; - for stdout. Needed, but for --on aws.",
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
    "--deduplicate",
    type=click.Choice([str(each) for each in Unit]),
    help="Leave out lines, or documents (a text of the input: a row, an object, a post, a paragraph), that were there before.",
)
@click.option(
    "--near",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="SIMILARITY",
    help="With --deduplicate: also those that resemble an earlier one, by the Jaccard similarity of five words in a row, such as 0.8.",
)
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
@click.option("--workers", type=click.IntRange(1, 1024), help="How many processes share the work; without it, one for each usable core.")
@click.option("--shard", metavar="I/N", callback=_share, help="Prepare the I-th of N shares; all outputs in order are the whole corpus.")
@click.option("--force", is_flag=True, help="Replace an existing file, or an existing corpus.")
@corpus_jobs.aws_options
@shared
def prepare(session: Session, inputs: tuple[str, ...], output: Path | str | None, **options: object) -> None:
    """Turn raw text into one sentence per line, words separated by spaces.

    INPUT is a file, a folder, a glob, the same in S3 (s3://bucket/folder/*.gz) or - for stdin: text in any Unicode encoding, tables,
    JSON Lines or posts of the Blog Authorship Corpus; plain or packed (gzip, bzip2, xz, zstd, zip, tar, also within each other). What
    each file is is told by its content.

    With --on aws, INPUT is keys and prefixes (they end in a slash) of S3, and the corpus goes to the stage's bucket: Spark prepares it on
    as many instances as it takes, byte for byte as this machine would. The request is checked, and priced, before it costs anything; the
    same request over the same objects gets the same job.

    Beside the corpus, OUTPUT.recipe.json says how it was made: settings, version, counts, hashes. `upload` sends it along, and `predict
    --prepare` asks by it.
    """
    corpus_jobs.check(inputs, output, options)
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
        deduplicate=_deduplication(options),
    )
    if output is None:
        corpus_jobs.start(session, inputs, Preparing(normaliser, shape, _reading(options)), options)
        return
    share = cast("Share", options["shard"])
    access = objects.Access(session.region, session.profile)
    target = object_requests.target(output, access) if isinstance(output, str) else output
    total = share.size(input_files.expand(inputs, access))
    with session.output.progress(f"Preparing {output}", total) as advance:
        reading = replace(_reading(options), share=share, access=access, advance=advance)
        workers = processes.usable_cores() if options["workers"] is None else int(str(options["workers"]))
        made = preparation.prepare(
            inputs, target, normaliser=normaliser, shape=shape, reading=reading, workers=workers, force=bool(options["force"])
        )
    _report_prepared(session, made)


def _reading(options: Mapping[str, object]) -> sources.Reading:
    """How sources are read, as it was typed."""
    return sources.Reading(
        encoding=str(options["encoding"]),
        column=str(options["column"]),
        label_column=str(options["labels"]),
        header=None if options["header"] is None else bool(options["header"]),
        plain=bool(options["plain"]),
    )


def _deduplication(options: Mapping[str, object]) -> Deduplication | None:
    unit = options["deduplicate"]
    return None if unit is None else Deduplication(Unit(str(unit)), cast("float | None", options["near"]))


def _check_options(session: Session, output: Path | str | None, options: Mapping[str, object]) -> None:
    """Does nothing when the options fit together.

    Raises:
        UsageError: they do not.
    """
    if options["labels"] and not options["column"]:
        raise click.UsageError("--labels names a column of a table: add --column for the text.")
    if options["column"] and (options["plain"] or options["wrapped"]):
        raise click.UsageError("--column takes texts from the cells of a table: leave out --plain and --wrapped.")
    if options["wrapped"] and not cast("Share", options["shard"]).is_all:
        raise click.UsageError("--shard divides texts between lines, which --wrapped joins: join them first, or leave out one of the two.")
    if options["near"] is not None and not options["deduplicate"]:
        raise click.UsageError("--near says how alike duplicates are: add --deduplicate lines or documents.")
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
            f"{count(made.undecodable, 'bytes')} in {count(len(made.garbled), 'files')} ({_first(made.garbled)}), invalid in the encoding, "
            "read as cp1252. If that is wrong, give the right --encoding."
        )
    for reason, number in made.left_out.items():
        # Duplicates are left out because somebody asked for it.
        (out.say if reason.endswith(SEEN) else out.warn)(f"{_counted(number, reason)}: left out.")
    for note, number in made.notes.items():
        out.warn(f"{_counted(number, note)}.")
    if made.skipped:
        what = [f"{name} {why}" for name, why in made.skipped.items()]
        out.warn(f"{count(len(what), 'files')} left out: {_first(what)}.")
    to_stdout = str(made.path) == preparation.STDOUT
    if not to_stdout:
        out.result(made, lambda: out.text(str(made.path)))
    out.say(f"recipe: {made.recipe} ({f'in {made.recipe_file}' if made.recipe_file else 'not kept: only a file has one beside it'})")
    out.done(f"{count(made.lines, 'lines')}, {count(made.words, 'words')}, {size(made.size)} from {count(made.files, 'files')}")
    if not to_stdout and isinstance(made.path, Path):
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
        ("SHA-256", found.sha256),
    ]
    if found.recipe:
        rows.append(("recipe", found.recipe))
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


corpus.add_command(corpus_jobs.jobs)
