"""The fastText library, as a command: prints one JSON line of its own times.

fastText reads, trains and returns in one call, so its training time is its whole call.
"""

import json
import sys
import time
from pathlib import Path

import fasttext


def main(arguments: dict[str, object]) -> None:
    """Train, save (vectors as text, or the classifier), print the times in seconds and, for a classifier, the accuracy."""
    start = time.perf_counter()
    supervised = arguments["mode"] == "supervised"
    model = _classifier(arguments) if supervised else train_vectors(arguments)
    trained = time.perf_counter()
    times: dict[str, float] = {"training": trained - start}
    if supervised:
        _, times["accuracy"], _ = model.test(str(arguments["validation"]))
        times["test"] = time.perf_counter() - trained
        model.save_model(str(arguments["output"]))
        times["saving"] = time.perf_counter() - trained - times["test"]
    else:
        _save(model, Path(str(arguments["output"])))
        times["saving"] = time.perf_counter() - trained
    print(json.dumps(times))


def train_vectors(arguments: dict[str, object]) -> "fasttext.FastText._FastText":
    """Word vectors with the settings of a benchmark."""
    subwords = arguments["subwords"] == "True"
    return fasttext.train_unsupervised(
        str(arguments["corpus"]),
        model="cbow" if arguments["mode"] == "cbow" else "skipgram",
        dim=int(str(arguments["dim"])),
        ws=int(str(arguments["window"])),
        neg=int(str(arguments["negatives"])),
        minCount=int(str(arguments["min_count"])),
        t=float(str(arguments["sample"])),
        lr=float(str(arguments["learning_rate"])),
        epoch=int(str(arguments["epochs"])),
        thread=int(str(arguments["threads"])),
        minn=3 if subwords else 0,
        maxn=6 if subwords else 0,
        verbose=0,
    )


def _classifier(arguments: dict[str, object]) -> "fasttext.FastText._FastText":
    return fasttext.train_supervised(
        str(arguments["corpus"]),
        dim=int(str(arguments["dim"])),
        minCount=int(str(arguments["min_count"])),
        lr=float(str(arguments["learning_rate"])),
        epoch=int(str(arguments["epochs"])),
        wordNgrams=int(str(arguments["word_ngrams"])),
        bucket=2_000_000,
        thread=int(str(arguments["threads"])),
        verbose=0,
    )


def _save(model: "fasttext.FastText._FastText", path: Path) -> None:
    words = model.get_words()
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{len(words)} {model.get_dimension()}\n")
        for word in words:
            file.write(word + " " + " ".join(f"{value:.6g}" for value in model.get_word_vector(word)) + "\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
