"""python -m benchmarks.engine.scaling CORPUS PICTURE: throughput and memory by threads and by size of the text, engine and gensim."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.engine import hot_rows
from benchmarks.engine.contestants import DEFAULTS, Settings, engine, gensim, train_once
from benchmarks.engine.measure import processors
from benchmarks.engine.texts import count_words, in_lines
from blazingtext_engine.corpus.vocabulary import read_corpus
from blazingtext_engine.training.settings import Word2VecSettings

THREADS = (1, 2, 4, 8)
PARTS = (0.01, 0.03, 0.1, 0.3, 1.0)
CONTESTANTS = {"engine": engine, "gensim": gensim}
COLOURS = {"engine": "#c2410c", "gensim": "#475569"}
Curve = Mapping[str, Sequence[tuple[float, dict[str, float]]]]


@click.command()
@click.argument("corpus", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("picture", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--mode", type=click.Choice(["batch_skipgram", "skipgram"]), default="batch_skipgram", show_default=True)
@click.option(
    "--threads", "counts", multiple=True, type=click.IntRange(min=1), default=THREADS, show_default=True, help="Given once for each count."
)
@click.option("--runs", default=3, show_default=True, help="The fastest counts: what others do on the machine only slows down.")
def main(corpus: Path, picture: Path, *, mode: str, counts: tuple[int, ...], runs: int) -> None:
    """Train CORPUS for one epoch at several thread counts and sizes, print what each thread adds, and draw PICTURE."""
    settings: Settings = {**DEFAULTS, "epochs": 1, "mode": mode, "threads": processors()}
    with in_lines(corpus) as text:
        for line in hot_rows.lines_of(read_corpus([text], min_count=5, threads=processors()), Word2VecSettings()):
            click.echo(line)
        by_threads = _curve([(threads, {**settings, "threads": threads, "corpus": str(text)}) for threads in sorted(set(counts))], runs)
    for line in gains(by_threads):
        click.echo(line)
    by_size: dict[str, list[tuple[float, dict[str, float]]]] = {name: [] for name in CONTESTANTS}
    for part in PARTS:
        with in_lines(corpus, part) as text:
            for name, points in _curve([(text.stat().st_size / 1e6, {**settings, "corpus": str(text)})], runs).items():
                by_size[name] += points
    _draw(picture, by_threads, by_size)


def gains(by_threads: Curve) -> list[str]:
    """How many times the speed with the fewest threads each contestant reaches with more, a line for each."""
    lines = []
    for name, points in by_threads.items():
        fewest, first = points[0][0], points[0][1]["million_words_per_second"]
        for threads, row in points:
            speed = row["million_words_per_second"]
            share = speed / first * fewest / min(threads, max(fewest, processors()))
            lines.append(
                f"{name}, threads: {threads:g}: {speed:.3f} M words/s, {speed / first:.2f} times; {share:.0%} of what the cores allow"
            )
    return lines


def _curve(points: Sequence[tuple[float, Settings]], runs: int) -> dict[str, list[tuple[float, dict[str, float]]]]:
    curve: dict[str, list[tuple[float, dict[str, float]]]] = {name: [] for name in CONTESTANTS}
    for x, settings in points:
        words = count_words(Path(str(settings["corpus"])))
        trained: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
        for seed in range(1, runs + 1):
            for name, train in CONTESTANTS.items():
                trained[name].append(train_once(train, {**settings, "seed": seed}, words))
        for name, rows in trained.items():
            best = max(rows, key=lambda row: row["million_words_per_second"])
            curve[name].append((x, best))
            click.echo(f"{name} {x:g}: {best['million_words_per_second']:.3f} M words/s, {best['peak_mb']:.0f} MB", err=True)
    return curve


def _draw(picture: Path, by_threads: Curve, by_size: Curve) -> None:
    mpl.rcParams.update({"font.size": 10, "svg.hashsalt": "blazingtext"})
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    axes = figure.subplots(1, 3)
    _panel(axes[0], by_threads, "million_words_per_second", ("threads", "million words/s"))
    _panel(axes[1], by_size, "million_words_per_second", ("text, MB", "million words/s"))
    _panel(axes[2], by_size, "peak_mb", ("text, MB", "peak memory, MB"))
    counts = [threads for threads, _ in by_threads["engine"]]
    axes[0].set_xticks(counts, [f"{threads:g}" for threads in counts])
    axes[0].axvline(processors(), color="#cbd5e1", linewidth=1, zorder=0)
    place = (processors(), 1.0)
    axes[0].annotate(f"{processors()} cores", place, xycoords=("data", "axes fraction"), ha="center", va="bottom", color="#64748b")
    figure.savefig(picture, dpi=160)


def _panel(axes: Axes, curve: Curve, key: str, labels: tuple[str, str]) -> None:
    for name, points in curve.items():
        xs, ys = [x for x, _ in points], [row[key] for _, row in points]
        axes.plot(xs, ys, marker="o", color=COLOURS[name], label=name)
        axes.annotate(name, (xs[-1], ys[-1]), xytext=(6, 0), textcoords="offset points", va="center", color=COLOURS[name])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e2e8f0")


if __name__ == "__main__":
    main()
