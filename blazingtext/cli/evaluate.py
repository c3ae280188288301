"""`blazingtext evaluate`: a model judged: word vectors by people's judgement and analogies, classifiers on labelled text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.plurals import count as _count

from ..runs import local_models, model_scores, validation
from ..vectors import benchmark, evaluation, public_sets
from ..vectors.benchmark import Benchmark, Rules
from ..vectors.evaluation import Evaluation, Score
from .classifier_display import show
from .model_source import artifact_of, model_options, name_of, of_artifact, refuse_both, vectors_of
from .output import Output, first_of
from .session import Session, shared

if TYPE_CHECKING:
    from ..runs.artifacts import Artifact

_FILE = click.Path(path_type=Path)


@dataclass(frozen=True)
class _Asked:
    """What was typed, by what it is about."""

    on: tuple[str | Path, ...]
    compute: bool
    pairs: tuple[Path, ...]
    rules: Rules
    k: int
    threshold: float
    output: Path | None
    force: bool
    as_csv: bool


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...", type=_FILE)
@model_options
@click.option(
    "--on",
    multiple=True,
    metavar="SETS",
    help=f"Public sets, separated by commas ({', '.join(public_sets.NAMES)}), or a file, as FILE; repeatable.",
)
@click.option("--compute", is_flag=True, help="Compute WordSim-353 here, even if the run has its own scores.")
@click.option(
    "--pairs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of word pairs to score as the container scores WordSim-353 (word, word, score per line); repeatable.",
)
@click.option("--vocabulary-only", is_flag=True, help="Leave words outside the vocabulary out, as the container and gensim do.")
@click.option(
    "--top",
    type=click.IntRange(1),
    metavar="N",
    default=benchmark.MOST_FREQUENT,
    help="Know only the N most frequent words [default: 300000].",
)
@click.option("--match-case", is_flag=True, help="Take Paris and paris for two words.")
@click.option(
    "--count-unknown", is_flag=True, help="Count what has no vector as similarity 0, or a wrong answer, instead of leaving it out."
)
@click.option("--k", type=click.IntRange(1), default=1, help="Of a classifier: labels answered per line [default: 1].")
@click.option(
    "--threshold", type=click.FloatRange(0, 1), default=0.0, help="Of a classifier: least probability of an answer [default: 0.0]."
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Of a classifier: draw confusions; .png, .svg or .pdf."
)
@click.option("--force/--no-force", default=True, help="Replace an existing picture [default: replace].")
@click.option("--csv", "as_csv", is_flag=True, help="The table as CSV.")
@shared
def evaluate(
    session: Session,
    *,
    files: tuple[Path, ...],
    job: str | None,
    model: Path | None,
    on: tuple[str, ...],
    compute: bool,
    pairs: tuple[Path, ...],
    vocabulary_only: bool,
    top: int,
    match_case: bool,
    count_unknown: bool,
    k: int,
    threshold: float,
    output: Path | None,
    force: bool,
    as_csv: bool,
) -> None:
    """Score word vectors by people's judgement, or a classifier on text.

    Without --on and FILE, word vectors are scored on WordSim-353: mean_rho is what BlazingText reports as train:mean_rho; about 0.7 is
    good, and WordSim-353 is English. With them, each set has a row: Spearman's rank correlation for word pairs, accuracy for analogies,
    a 95 % interval (bootstrap), and how many pairs or questions have vectors; values are gensim's. A word of a pair that is outside the
    vocabulary has the vector of its character n-grams, if the run was trained with subwords.

    FILE holds word pairs with a score, analogies of four words, or relations as BATS has them (also a folder of those); for a classifier,
    text with labels, without which the run's validation channel is taken. Its figures are those of fastText's test and test_label.
    """
    if as_csv and session.json:
        raise click.UsageError("--csv and --json are two forms of the same. Choose one.")
    if model is not None:
        refuse_both(job)
    named = [each.strip() for listed in on for each in (listed.split(",") if not Path(listed).exists() else [listed]) if each.strip()]
    rules = Rules(top, match_case, count_unknown, not vocabulary_only)
    asked = _Asked((*named, *files), compute, pairs, rules, k, threshold, output, force, as_csv)
    artifact = artifact_of(session, job) if model is None else None
    classifier = _classifier(artifact, model)
    if classifier is not None:
        _refuse("word vectors", "a classifier", _typed("compute", "pairs", "vocabulary_only", "top", "match_case", "count_unknown"))
        _judge_classifier(session, classifier, artifact, model, asked)
        return
    _refuse("classifiers", "word vectors", _typed("k", "threshold", "output", "force"))
    if asked.on:
        _refuse("WordSim-353 as the container scores it", "--on and FILE", _typed("compute", "pairs"))
        _judge_vectors(session, artifact, model, asked)
    else:
        _refuse("--on and FILE", "WordSim-353 as the container scores it", _typed("top", "match_case", "count_unknown"))
        _judge_as_the_container(session, artifact, model, asked)


def _typed(*names: str) -> list[str]:
    """Those of some options that were typed."""
    context = click.get_current_context()
    return [f"--{name.replace('_', '-')}" for name in names if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]


def _refuse(theirs: str, here: str, options: Sequence[str]) -> None:
    if options:
        belong = "is an option" if len(options) == 1 else "are options"
        advice = f"Leave {'it' if len(options) == 1 else 'them'} out."
        raise click.UsageError(f"{', '.join(options)} {belong} for {theirs}, and this is about {here}. {advice}")


def _classifier(artifact: Artifact | None, model: Path | None) -> Path | None:
    """The classifier that a run or a path holds; None for word vectors."""
    if model is not None:
        return local_models.classifier(model)
    return None if artifact is None else local_models.classifier(artifact.folder)


def _source(artifact: Artifact | None, model: Path | None) -> str:
    return str(model) if artifact is None else name_of(artifact)


def _judge_classifier(session: Session, classifier: Path, artifact: Artifact | None, model: Path | None, asked: _Asked) -> None:
    from ..classifiers import confusion  # noqa: PLC0415 - Matplotlib takes a second to load
    from ..classifiers import evaluation as judged  # noqa: PLC0415 - likewise
    from ..classifiers.metrics import LabelScore  # noqa: PLC0415 - likewise

    out, source = session.output, _source(artifact, model)
    if asked.output is not None:
        confusion.check(asked.output, force=asked.force)
    texts = [Path(each) for each in asked.on]
    if not texts and artifact is None:
        raise click.UsageError(
            f"No text is named to judge the classifier on. Name text with labels: blazingtext evaluate --model {model} FILE"
        )
    texts = texts or validation.texts(session.cloud, source)
    with out.progress("Asking the model", None, of_bytes=False) as advance:
        found = judged.evaluate(classifier, texts, k=asked.k, threshold=asked.threshold, source=source, advance=advance)
    drawn = None if asked.output is None else confusion.draw(found, asked.output, force=asked.force)
    if asked.as_csv:
        _write_csv(out, [item.name for item in fields(LabelScore)], map(astuple, found.labels))
    else:
        out.result(found, lambda: show(out, found))
    if found.left_out:
        unknown = f", with labels that the model does not know on some ({', '.join(list(found.unknown)[:5])})" if found.unknown else ""
        out.warn(
            f"{_count(found.left_out, 'lines')} left out{unknown}: only lines with a label that the model knows count, as in fastText."
        )
    if drawn is not None:
        _say_drawn(out, drawn.path, drawn.left_out, drawn.without_font)


def _say_drawn(out: Output, path: Path, left_out: int, without_font: Sequence[str]) -> None:
    out.done(f"{path} shows the confusions" + (f", without the {_count(left_out, 'labels')} of fewest lines" if left_out else ""))
    if without_font:
        number = _count(len(without_font), "labels", "have")
        out.warn(f"{number} characters that no font installed here has, drawn as boxes: {first_of(without_font)}.")


def _judge_vectors(session: Session, artifact: Artifact | None, model: Path | None, asked: _Asked) -> None:
    out = session.output
    sets = model_scores.sets_of(asked.on)
    vectors = vectors_of(session, None, model) if artifact is None else of_artifact(session, artifact)
    total = sum(len(each) for each in sets)
    with out.progress("Scoring", total, of_bytes=False) as advance:
        found = benchmark.score(vectors, sets, asked.rules, source=_source(artifact, model), advance=advance)
    if asked.as_csv:
        _write_csv(out, benchmark.FIELDS, found.records())
    else:
        out.result(found, lambda: _show_benchmark(out, found))
    for each in found.results:
        if each.score is None:
            out.warn(f"{each.name} has no score: the model has vectors for none of it. Is it of another language or spelling?")
        elif each.of_ngrams:
            out.say(f"{each.name}: {_count(each.of_ngrams, 'pairs')} with a word outside the vocabulary, by its character n-grams.")


def _show_benchmark(out: Output, found: Benchmark) -> None:
    out.table(benchmark.COLUMNS, found.rows(), title=found.source, right=(2, 3, 4, 5))


def _write_csv(out: Output, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Full numbers; an empty cell where there is none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    out.out.file.write(text.getvalue())


def _judge_as_the_container(session: Session, artifact: Artifact | None, model: Path | None, asked: _Asked) -> None:
    found = _as_the_container(session, artifact, model, asked)
    rows = [(score.name, f"{score.rho:.4f}", _found(score)) for score in found.scores]
    rows.append(("mean_rho", f"{found.mean_rho:.4f}", ""))
    out = session.output
    if asked.as_csv:
        scored = [(each.name, each.rho, each.pairs - each.not_found, each.pairs, each.of_ngrams) for each in found.scores]
        _write_csv(out, ("pairs", "rho", "found", "total", "of_ngrams"), [*scored, ("mean_rho", found.mean_rho, None, None, None)])
    else:
        out.result(found, lambda: out.table(("pairs", "rho", "found"), rows, title=found.source, right=(1, 2)))
    for score in found.scores:
        if score.skipped:
            number, line = score.skipped[0]
            out.warn(
                f'{score.name}: {_count(len(score.skipped), "lines")} without a word pair left out, the first is line {number}: "{line}".'
            )
    out.next(session.command("neighbors music"))


def _as_the_container(session: Session, artifact: Artifact | None, model: Path | None, asked: _Asked) -> Evaluation:
    """The container's scores of a run where they are what is asked for, else computed here."""
    ngrams = asked.rules.ngrams
    if artifact is None:
        return evaluation.evaluate(vectors_of(session, None, model), asked.pairs, source=str(model), ngrams=ngrams)
    run = naming.job_of_artifact(artifact.uri)
    if "eval.json" in artifact.files and not asked.compute and not asked.pairs:
        return evaluation.read_eval_json(artifact.path("eval.json"), source=f"{run}: its eval.json", stage=session.client.cloud.stage)
    vectors = of_artifact(session, artifact)
    return evaluation.evaluate(vectors, asked.pairs, source=f"{run}: computed from vectors.txt", ngrams=ngrams)


def _found(score: Score) -> str:
    made = f", {score.of_ngrams} by n-grams" if score.of_ngrams else ""
    return f"{score.pairs - score.not_found} of {score.pairs}{made}"
