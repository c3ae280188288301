"""`python -m benchmarks.corpus.articles OUTPUT`: English Wikipedia articles as raw text, a paragraph a line, from a dump that gensim ships.

The dump (gensim/test/test_data) has the first articles of enwiki; the text of Wikipedia is under CC BY-SA 4.0.
"""

import argparse
import bz2
from pathlib import Path

import gensim
from gensim.corpora.wikicorpus import extract_pages, filter_wiki

_DUMP = Path(gensim.__file__).parent / "test/test_data/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"


def main() -> None:
    """Writes the articles, as often as it takes to fill the size asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus.articles", description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--megabytes", type=int, default=100)
    told = parser.parse_args()
    with bz2.open(_DUMP) as dump:
        pages = [filter_wiki(text) for _, text, _ in extract_pages(dump)]
    text = "".join(f"{line.strip()}\n" for page in pages for line in page.splitlines() if len(line) > 80).encode()
    print(f"{len(pages)} articles, {len(text) / 1e6:.1f} MB of paragraphs, {1 - len(text.decode()) / len(text):.2%} of them beyond ASCII")
    with told.output.open("wb") as stream:
        for _ in range(max(1, round(told.megabytes * 1e6 / len(text)))):
            stream.write(text)


if __name__ == "__main__":
    main()
