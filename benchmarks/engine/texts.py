"""Texts that every contestant reads whole. They are streamed: a child's peak memory counts from that of the process that started it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

WORDS_PER_LINE = 1000
_BLOCK_BYTES = 1 << 20


@contextmanager
def in_lines(corpus: Path, part: float = 1.0) -> Iterator[Path]:
    """The first part of a text, in lines of 1,000 words: gensim drops what follows word 10,000 of a line, the engine cuts at 1,024."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / corpus.name
        with path.open("wb") as file:
            line: list[bytes] = []
            for word in _words(corpus, int(corpus.stat().st_size * part)):
                line.append(word)
                if len(line) == WORDS_PER_LINE:
                    file.write(b" ".join(line) + b"\n")
                    line.clear()
            file.write(b" ".join(line) + b"\n")
        yield path


def count_words(path: Path) -> int:
    """Words of a text in lines."""
    with path.open("rb") as file:
        return sum(len(line.split()) for line in file)


def _words(path: Path, limit: int) -> Iterator[bytes]:
    """The words of a file's first bytes; the last one may be cut."""
    rest = b""
    with path.open("rb") as file:
        while block := file.read(min(_BLOCK_BYTES, limit)):
            limit -= len(block)
            *words, rest = (rest + block).replace(b"\n", b" ").split(b" ")
            yield from filter(None, words)
    if rest:
        yield rest
