"""gensim's Word2Vec in its fastest mode (corpus_file), as a command: prints one JSON line of its own times."""

import json
import sys
import time

from gensim.models import Word2Vec


def main(arguments: dict[str, object]) -> None:
    """Train, save in word2vec's text format, print the times in seconds."""
    corpus, output = str(arguments["corpus"]), str(arguments["output"])
    start = time.perf_counter()
    model = Word2Vec(
        vector_size=int(str(arguments["dim"])),
        window=int(str(arguments["window"])),
        negative=int(str(arguments["negatives"])),
        min_count=int(str(arguments["min_count"])),
        sample=float(str(arguments["sample"])),
        alpha=float(str(arguments["learning_rate"])),
        sg=0 if arguments["mode"] == "cbow" else 1,
        workers=int(str(arguments["threads"])),
        seed=int(str(arguments["seed"])),
    )
    model.build_vocab(corpus_file=corpus)
    scan_files = time.perf_counter()
    model.train(
        corpus_file=corpus, total_words=model.corpus_total_words, total_examples=model.corpus_count, epochs=int(str(arguments["epochs"]))
    )
    trained = time.perf_counter()
    model.wv.save_word2vec_format(output)
    saved = time.perf_counter()
    print(json.dumps({"vocabulary": scan_files - start, "training": trained - scan_files, "saving": saved - trained}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
