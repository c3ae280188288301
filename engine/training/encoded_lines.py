"""The lines of a labelled text as a classifier's kernels take them: as words, or encoded once as input rows to train on."""

import mmap
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Integers
from ..corpus.scanning import temporary_file
from ..corpus.vocabulary import Corpus
from ..corpus.words import END_OF_LINE_WORD, word_hash
from ..errors import StoppedError
from ..kernels.constants import END_OF_LINE
from ..kernels.line_features import EncodedLines, LabelledLines, encode_lines, index_lines, new_line_buffers
from ..kernels.row_operations import AHEAD
from .settings import ClassifierSettings, StopRequested

# Features encoded before they are written; more for a longer line.
_BLOCK_FEATURES = 262_144


@dataclass(frozen=True)
class EncodedCorpus:
    """The lines to train on.

    Attributes:
        lines: for the kernels; the features are in a temporary file mapped into memory, so that their size costs no memory.
        buckets: how many buckets n-grams are hashed into; 0 without n-grams.
        bucket_ids: the buckets n-grams fell into, in the order of their input rows, which follow those of the words.
    """

    lines: EncodedLines
    buckets: int
    bucket_ids: Integers
    _pages: mmap.mmap

    def release(self) -> None:
        """Give the pages read so far back to the system; they come again when read."""
        if hasattr(self._pages, "madvise"):
            self._pages.madvise(mmap.MADV_DONTNEED)


def encode_corpus(corpus: Corpus, settings: ClassifierSettings, stop: StopRequested) -> EncodedCorpus:
    """The lines of a corpus read with labels=True, to train on.

    Raises:
        StoppedError: `stop`, called several times a second, returned true.
    """
    buckets = _buckets(settings)
    documents, labels, longest = _documents(corpus, settings, np.full(buckets, -1, np.int32))
    count = len(documents.starts) - 1
    lines = EncodedLines(
        features=np.empty(0, np.int32),
        starts=np.zeros(count + 1, np.int64),
        labels=np.zeros(labels, np.int32),
        label_starts=np.zeros(count + 1, np.int64),
        words=np.zeros(count, np.int32),
    )
    pages, bucket_ids = _encode(documents, longest, lines, stop)
    return EncodedCorpus(lines._replace(features=np.frombuffer(pages, np.int32)), buckets, bucket_ids, pages)


def labelled_lines_of(corpus: Corpus, settings: ClassifierSettings, bucket_ids: Integers) -> tuple[LabelledLines, int]:
    """The lines of any corpus read with labels=True, and the tokens of the longest.

    Args:
        corpus: in the vocabulary of the model.
        settings: of the model.
        bucket_ids: the buckets the model has an input row for, in the order of the rows. N-grams that fall into another have the row
            after the last.
    """
    words, ngrams = len(corpus.vocabulary.words), len(bucket_ids)
    rows = np.full(_buckets(settings), words + ngrams, np.int32)
    rows[bucket_ids] = np.arange(words, words + ngrams)
    documents, _, longest = _documents(corpus, settings, rows)
    return documents, longest


def _buckets(settings: ClassifierSettings) -> int:
    return settings.buckets if settings.word_ngrams > 1 else 0


def _documents(corpus: Corpus, settings: ClassifierSettings, rows: Integers) -> tuple[LabelledLines, int, int]:
    """The lines, how many labels they have together, and the tokens of the longest."""
    ids, vocabulary = corpus.tokens.ids, corpus.vocabulary
    lines, labels, longest = index_lines(ids, np.empty(0, np.int64))
    starts = np.zeros(lines + 1, np.int64)
    index_lines(ids, starts)
    hashes = np.append(corpus.tokens.hashes, np.uint32(word_hash(END_OF_LINE_WORD))).astype(np.uint32).view(np.int32)
    line_end = vocabulary.ids.get(END_OF_LINE_WORD, END_OF_LINE)
    ngrams = longest_ngram(settings, longest)
    return LabelledLines(ids, starts, hashes, len(vocabulary.words), line_end, ngrams, rows), labels, longest


def longest_ngram(settings: ClassifierSettings, longest_line: int) -> int:
    """The words of the longest n-gram that a text has: those of its longest line and `</s>`, however many the settings allow."""
    return min(settings.word_ngrams, longest_line + 1)


def _encode(documents: LabelledLines, longest: int, lines: EncodedLines, stop: StopRequested) -> tuple[mmap.mmap, NDArray[np.int32]]:
    """Fill `lines`; gives the features in a mapped file without a name, and the buckets that have a row."""
    buffers = new_line_buffers(longest, documents.ngrams)
    used = np.empty(len(documents.rows), np.int32)
    block = np.empty(max(_BLOCK_FEATURES, len(buffers.features)), np.int32)
    line = count = 0
    with temporary_file() as file:
        while line < len(lines.words):
            if stop():
                raise StoppedError
            line, count, written = encode_lines(documents, line, buffers, used, count, lines, block)
            file.write(block[:written].data)
        file.write(bytes(4 * AHEAD))
        file.flush()
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return pages, used[:count].copy()
