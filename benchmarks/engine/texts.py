"""Texts that every contestant reads whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

WORDS_PER_LINE = 1000


@contextmanager
def in_lines(corpus: Path, part: float = 1.0) -> Iterator[Path]:
    """The first part of a text, in lines of 1,000 words: gensim drops what follows word 10,000 of a line, the engine cuts at 1,024."""
    words = corpus.read_bytes().split()
    words = words[: int(len(words) * part)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / corpus.name
        with path.open("wb") as file:
            for first in range(0, len(words), WORDS_PER_LINE):
                file.write(b" ".join(words[first : first + WORDS_PER_LINE]) + b"\n")
        yield path
