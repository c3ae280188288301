"""python -m benchmarks.engine CORPUS: the engine and its peers train the same text in turn; a table of medians and ratios."""

import json
import platform
import statistics
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from benchmarks.engine.contestants import DEFAULTS, Contestant, Settings, compiled, engine, fasttext, gensim, train_once
from benchmarks.engine.measure import instruction_set, processors
from benchmarks.engine.texts import count_words, in_lines

Rows = dict[str, list[dict[str, float]]]


@click.command()
@click.argument("corpus", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mode",
    "modes",
    multiple=True,
    type=click.Choice(["batch_skipgram", "skipgram", "cbow", "supervised"]),
    default=["batch_skipgram"],
    show_default=True,
    help="The engine's; peers train the first one's.",
)
@click.option(
    "--peer", "peers", multiple=True, default=["gensim"], show_default=True, help="gensim, fasttext, or the path of a built binary."
)
@click.option("--validation", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Labelled text for the mode supervised.")
@click.option("--runs", default=3, show_default=True, help="Interleaved runs of each, seeds 1, 2, 3 ...")
@click.option("--threads", default=2, show_default=True)
@click.option("--peer-threads", type=int, help="The peers', where they differ: fastText's wheel diverges with few.")
@click.option("--set", "overrides", multiple=True, metavar="NAME=VALUE", help=f"One of {', '.join(DEFAULTS)}.")
@click.option("--json", "as_json", is_flag=True, help="Print every run as JSON instead of the table.")
def main(corpus: Path, *, modes: tuple[str, ...], validation: Path | None, peers: tuple[str, ...], runs: int, **options: Any) -> None:
    """Train CORPUS with the engine and with each peer in turn, and print throughput, wall time, memory and quality side by side."""
    overrides = dict(item.split("=", 1) for item in options["overrides"])
    settings: Settings = {**DEFAULTS, **overrides, "mode": modes[0], "threads": options["threads"]}
    settings |= {"validation": str(validation.resolve())} if validation else {}
    contestants: dict[str, Contestant] = {f"engine {mode}": _in_mode(mode) for mode in modes}
    contestants |= {Path(peer).name: _with_threads(_peer(peer), options["peer_threads"]) for peer in peers}
    # Labelled lines are examples and stay as they are.
    with nullcontext(corpus.resolve()) if validation else in_lines(corpus) as text:
        rows = _compare(contestants, {**settings, "corpus": str(text)}, runs)
    click.echo(json.dumps(rows) if options["as_json"] else _table(rows, settings))


def _compare(contestants: dict[str, Contestant], settings: Settings, runs: int) -> Rows:
    rows: Rows = {name: [] for name in contestants}
    words = count_words(Path(str(settings["corpus"])))
    for seed in range(1, runs + 1):
        for name, train in contestants.items():
            rows[name].append(train_once(train, {**settings, "seed": seed}, words))
            click.echo(f"{name} {json.dumps(rows[name][-1])}", err=True)
    return rows


def _in_mode(mode: str) -> Contestant:
    return lambda settings, folder: engine({**settings, "mode": mode}, folder)


def _with_threads(train: Contestant, threads: int | None) -> Contestant:
    return train if threads is None else lambda settings, folder: train({**settings, "threads": threads}, folder)


def _peer(name: str) -> Contestant:
    known: dict[str, Contestant] = {"gensim": gensim, "fasttext": fasttext}
    return known[name] if name in known else compiled(Path(name).resolve())


def _table(rows: Rows, settings: Settings) -> str:
    shown = {key: value for key, value in settings.items() if key not in {"corpus", "validation"}}
    machine = f"{platform.machine()}, {_processor()}, {instruction_set()}, cores: {processors()}"
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}, Python {platform.python_version()}; {shown}",
        "",
        "| | M words/s | training s | wall s | processors it had | peak MB | quality (mean) | first is faster, training / wall |",
        "|---|---|---|---|---|---|---|---|",
    ]
    first = next(iter(rows.values()))
    ours = {key: _median(first, key) for key in ("training", "wall")}
    for name, runs in rows.items():
        speed = " / ".join(f"{_median(runs, key) / ours[key]:.1f}" for key in ("training", "wall"))
        figures = [f"{_median(runs, 'million_words_per_second'):.2f}", f"{_median(runs, 'training'):.2f}", f"{_median(runs, 'wall'):.2f}"]
        figures.append(f"{_median(runs, 'processors'):.1f}")
        quality = statistics.mean(run["quality"] for run in runs)
        lines.append(f"| {name} | {' | '.join(figures)} | {_median(runs, 'peak_mb'):.0f} | {quality:.4f} | {speed} |")
    return "\n".join(lines)


def _median(runs: list[dict[str, float]], key: str) -> float:
    return statistics.median(run[key] for run in runs)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())


if __name__ == "__main__":
    main()
