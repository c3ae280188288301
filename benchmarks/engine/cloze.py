"""python -m benchmarks.engine.cloze CORPUS TRAIN TEST: a text classification set with a hundred labels, made from any running text.

The label of a line is the word that was taken out of its middle: which of a hundred words stood here? Real language, many classes,
and nothing to download.
"""

import random
from collections import Counter
from pathlib import Path

import click

LABELS = range(200, 300)  # ranks by frequency: beyond the function words
AROUND = 15
LINES_PER_LABEL = 800
TEST_EVERY = 4


@click.command()
@click.argument("corpus", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("train", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("test", type=click.Path(dir_okay=False, path_type=Path))
def main(corpus: Path, train: Path, test: Path) -> None:
    """Write the labelled lines of CORPUS, three quarters to TRAIN and one quarter to TEST."""
    words = corpus.read_text(encoding="utf-8", errors="replace").split()
    ranked = [word for word, _ in Counter(words).most_common(LABELS.stop)]
    places: dict[str, list[int]] = {word: [] for word in ranked[LABELS.start :]}
    for place in range(AROUND, len(words) - AROUND):
        if words[place] in places:
            places[words[place]].append(place)
    chooser = random.Random(1)  # noqa: S311 - a benchmark's choice, not a secret
    chosen = [place for found in places.values() for place in chooser.sample(found, min(LINES_PER_LABEL, len(found)))]
    chooser.shuffle(chosen)
    lines = [" ".join([f"__label__{words[at]}", *words[at - AROUND : at], *words[at + 1 : at + AROUND + 1]]) + "\n" for at in chosen]
    test.write_text("".join(lines[::TEST_EVERY]), encoding="utf-8")
    train.write_text("".join(line for number, line in enumerate(lines) if number % TEST_EVERY), encoding="utf-8")
    click.echo(f"{len(lines)} lines, {len(places)} labels", err=True)


if __name__ == "__main__":
    main()
