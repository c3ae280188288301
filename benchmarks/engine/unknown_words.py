"""python -m benchmarks.engine.unknown_words CORPUS: vectors of words a model never saw, from their n-grams, beside fastText's.

Every word of WordSim-353 is taken out of the text, so that all its vectors are made of n-grams; the fastText library computes them from
both files, the engine's vectors.bin and its own.
"""

import statistics
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import click
import fasttext
import numpy as np

from benchmarks.engine.contestants import DEFAULTS, ENGINE, Settings, engine_environment
from benchmarks.engine.fasttext_peer import train_vectors
from benchmarks.engine.measure import run
from benchmarks.engine.texts import in_lines
from blazingtext.vectors import evaluation
from blazingtext.vectors.word_vectors import Vectors


@click.command()
@click.argument("corpus", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mode", "modes", multiple=True, type=click.Choice(["skipgram", "cbow"]), default=["skipgram", "cbow"], show_default=True)
@click.option("--runs", default=2, show_default=True)
@click.option("--part", default=0.2, show_default=True, help="Train on this part of the text.")
@click.option("--threads", default=2, show_default=True, help="The engine's.")
@click.option("--peer-threads", default=12, show_default=True, help="fastText's; the wheel diverges with few.")
def main(corpus: Path, *, modes: tuple[str, ...], runs: int, part: float, threads: int, peer_threads: int) -> None:
    """Print the mean rho of both, computed from n-grams alone."""
    asked = pair_words()
    print("| mode | engine | fastText | difference |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, in_lines(corpus, part) as whole:
        text = Path(folder) / "without.txt"
        text.write_text(without(whole.read_text(encoding="utf-8", errors="replace"), asked), encoding="utf-8")
        for mode in modes:
            settings = {**DEFAULTS, "subwords": "True", "mode": mode, "corpus": str(text)}
            ours = _mean_rho(_engine, {**settings, "threads": threads}, asked, runs)
            theirs = _mean_rho(_fasttext, {**settings, "threads": peer_threads}, asked, runs)
            print(f"| {mode} | {ours:.4f} | {theirs:.4f} | {ours - theirs:+.4f} |", flush=True)


def pair_words() -> list[str]:
    """Every word of WordSim-353, in lower case."""
    folder = files("blazingtext") / "data" / "wordsim353"
    lines = [line for name in evaluation.WORDSIM for line in (folder / name).read_text(encoding="utf-8").lower().splitlines()]
    return sorted({word for line in lines if line.strip() for word in line.split()[:2]})


def without(text: str, words: list[str]) -> str:
    """The text without these words."""
    gone = set(words)
    return "\n".join(" ".join(word for word in line.split(" ") if word not in gone) for line in text.splitlines())


def _mean_rho(train: Callable[[Settings, Path], Path], settings: Settings, asked: list[str], runs: int) -> float:
    rhos = []
    for seed in range(1, runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            model = fasttext.load_model(str(train({**settings, "seed": seed}, Path(folder))))
            matrix = np.array([model.get_word_vector(word) for word in asked], np.float32)
        rhos.append(evaluation.evaluate(Vectors(tuple(asked), matrix)).mean_rho)
        click.echo(f"{train.__name__.strip('_')} {settings['mode']} {seed}: {rhos[-1]:.4f}", err=True)
    return statistics.mean(rhos)


def _engine(settings: Settings, folder: Path) -> Path:
    run(ENGINE, engine_environment(settings, folder))
    return folder / "model" / "vectors.bin"


def _fasttext(settings: Settings, folder: Path) -> Path:
    path = folder / "fasttext.bin"
    train_vectors(settings).save_model(str(path))
    return path


if __name__ == "__main__":
    main()
