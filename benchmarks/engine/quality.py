"""python -m benchmarks.engine.quality CORPUS: is the engine as good as gensim over the whole range the contract allows?

Trains one text at the edges of every hyperparameter's range with both and prints the mean rho of each and the difference.
"""

import json
import statistics
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import click

from benchmarks.engine.contestants import DEFAULTS, Settings, engine, gensim, train_once
from benchmarks.engine.measure import processors
from benchmarks.engine.texts import count_words, in_lines

# Each differs from the defaults in what is named: the edges of what the contract allows, and where people work.
GRID: tuple[Settings, ...] = (
    {},
    {"learning_rate": 0.005},
    {"learning_rate": 0.1},
    {"window": 1},
    {"window": 10},
    {"window": 30},
    {"negatives": 1},
    {"negatives": 25},
    {"dim": 32},
    {"dim": 300},
    {"dim": 512},
    {"min_count": 1},
    {"min_count": 100},
    {"learning_rate": 0.1, "negatives": 25},
    {"learning_rate": 0.1, "window": 30},
)
BATCH_SIZES: tuple[Settings, ...] = ({"batch_size": 8}, {"batch_size": 32}, {"batch_size": 32, "learning_rate": 0.1})
PEER_MODE = {"batch_skipgram": "skipgram", "skipgram": "skipgram", "cbow": "cbow"}
CONTESTANTS = {"engine": engine, "gensim": gensim}


class Ledger:
    """The mean rho of every run, kept in a file: a long grid can be stopped, continued, and given more seeds later."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._known: dict[str, float] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def rhos(self, name: str, settings: Settings, seeds: int) -> list[float]:
        """One figure for each seed from 1 on, trained unless it is known; runs of one thread share the cores."""
        at_once = processors() if settings["threads"] == 1 else 1
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(lambda seed: self._rho(name, {**settings, "seed": seed}), range(1, seeds + 1)))

    def _rho(self, name: str, settings: Settings) -> float:
        key = f"{name} {json.dumps({**settings, 'corpus': Path(str(settings['corpus'])).name}, sort_keys=True)}"
        if key not in self._known:
            words = count_words(Path(str(settings["corpus"])))
            row = train_once(CONTESTANTS[name], settings, words)
            with self._lock:
                self._known[key] = row["quality"]
                self._path.write_text(json.dumps(self._known, indent=1), encoding="utf-8")
            click.echo(f"{key}: {row['quality']:.4f}, {row['training']:.1f} s", err=True)
        return self._known[key]


@click.command()
@click.argument("corpus", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mode", "modes", multiple=True, type=click.Choice(list(PEER_MODE)), default=list(PEER_MODE), show_default=True)
@click.option("--seeds", default=4, show_default=True, help="Runs of the engine for each setting.")
@click.option("--peer-seeds", default=2, show_default=True, help="Runs of gensim for each setting.")
@click.option("--part", default=1.0, show_default=True, help="Train on this part of the text.")
@click.option("--threads", default=2, show_default=True)
@click.option("--ledger", default="quality.json", type=click.Path(path_type=Path), show_default=True, help="Keeps every run's figure.")
def main(corpus: Path, *, modes: tuple[str, ...], seeds: int, peer_seeds: int, part: float, threads: int, ledger: Path) -> None:
    """Train CORPUS over the grid and print one row for each setting."""
    known = Ledger(ledger)
    print("| mode | settings | engine | gensim | difference |\n|---|---|---|---|---|")
    with in_lines(corpus, part) as text:
        for mode in modes:
            for changes in (*GRID, *(BATCH_SIZES if mode == "batch_skipgram" else ())):
                settings = {**DEFAULTS, **changes, "threads": threads, "corpus": str(text)}
                ours = known.rhos("engine", {**settings, "mode": mode}, seeds)
                # gensim has no batch_size: all of them have one peer. Of several workers each believes it reads the whole file, and the
                # learning rate of gensim falls only in part: one worker does what the settings say.
                peer = {**settings, "mode": PEER_MODE[mode], "batch_size": DEFAULTS["batch_size"], "threads": 1}
                theirs = known.rhos("gensim", peer, peer_seeds)
                shown = ", ".join(f"{name} {value}" for name, value in changes.items()) or "defaults"
                mean, reference = statistics.mean(ours), statistics.mean(theirs)
                print(f"| {mode} | {shown} | {mean:.4f} | {reference:.4f} | {mean - reference:+.4f} |", flush=True)


if __name__ == "__main__":
    main()
