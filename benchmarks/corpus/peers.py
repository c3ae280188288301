"""One library as a command: `python peers.py NAME TEXT OUTPUT` cleans or divides a text and prints the seconds that this took.

It runs in `.venv/peers` (make .venv/peers.ready) and imports nothing of the project. Reading and writing are in the time, as they are in
that of `corpus prepare`; imports, and Punkt's training on the beginning of the text, are not.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Divide = Callable[[str], Iterator[str]]
# Punkt learns its abbreviations from so many characters of the text.
_LEARNT = 2_000_000


def simple_preprocess(_: str) -> Divide:
    """Gensim's words of a line, in lower case and without punctuation; it knows no sentences."""
    from gensim.utils import simple_preprocess as words  # noqa: PLC0415 - each library is imported where it alone runs

    return lambda line: iter([" ".join(words(line, min_len=1, max_len=1000))])


def punkt(text: str) -> Divide:
    """NLTK's Punkt, trained on the beginning of the same text; it leaves the words as they are."""
    from nltk.tokenize.punkt import PunktSentenceTokenizer  # noqa: PLC0415 - as above

    tokenizer = PunktSentenceTokenizer(text[:_LEARNT])
    return lambda line: iter(tokenizer.tokenize(line))


def sentencizer(_: str) -> Divide:
    """SpaCy's sentencizer, which needs its tokens; it leaves the words as they are."""
    import spacy  # noqa: PLC0415 - as above

    language = spacy.blank("en")
    language.add_pipe("sentencizer")
    language.max_length = 1 << 30
    return lambda line: (each.text for each in language(line).sents)


def formatter(_: str) -> Divide:
    """Datatrove's FTFYFormatter, which repairs characters; it knows neither words nor sentences."""
    from datatrove.pipeline.formatters import FTFYFormatter  # noqa: PLC0415 - as above

    repaired = FTFYFormatter().format
    return lambda line: iter([repaired(line)])


PEERS = {"simple_preprocess": simple_preprocess, "punkt": punkt, "sentencizer": sentencizer, "formatter": formatter}


def main(name: str, source: Path, output: Path) -> None:
    """Cleans or divides a text line by line, writes what comes out, a line each, and prints the seconds of processor time."""
    divide = PEERS[name](source.read_text(encoding="utf-8")[:_LEARNT])
    begun = time.process_time()
    with source.open(encoding="utf-8") as lines, output.open("w", encoding="utf-8") as found:
        for line in lines:
            found.writelines(f"{each}\n" for each in divide(line.rstrip("\n")) if each.strip())
    print(time.process_time() - begun)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
