"""Machine code is used where it is installed and worth loading, and gives what expressions give."""

import sys

import pytest

from blazingtext.corpus import byte_tables
from blazingtext.corpus.byte_tables import ByteTables
from blazingtext.corpus.corpus_lines import LineMaker, Shape
from blazingtext.corpus.normaliser import Normaliser
from blazingtext.corpus.sentence_ends import SentenceEnds
from blazingtext.corpus.utf8_text import Utf8Text

TEXT = b"Mr. O'Neil's 'dogs' bark.  They (all) do! Etc. A''s '' B.\nNext: J. R. R. said. \"Why?\" Well...\n\n x\t. Y \x06"
LINES = b"mr o'neil's dogs bark\rthey all do\retc a s b\nnext j r r said\rwhy\rwell\n\nx y"


@pytest.fixture(name="marked")
def _marked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was given to the expressions."""
    marked: list[bytes] = []
    mark = SentenceEnds.marked

    def remembered(ends: SentenceEnds, data: bytes) -> bytes:
        marked.append(data)
        return mark(ends, data)

    monkeypatch.setattr(SentenceEnds, "marked", remembered)
    return marked


def tables() -> ByteTables:
    return Utf8Text(Normaliser())._tables


def test_machine_code_comes_when_there_is_enough_text(marked: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_tables, "WORTH", 2 * len(TEXT))
    made = tables()

    found = [made.normalised(TEXT, split=True) for _ in range(4)]

    assert len(marked) == 2
    tight = [each.replace(b" \r", b"\r").replace(b"\r ", b"\r").split(b"\n") for each in found]
    assert [[line.strip() for line in each] for each in tight] == [LINES.split(b"\n")] * 4
    assert made.normalised(TEXT, split=False) == LINES.replace(b"\r", b" ")
    assert len(marked) == 2


def test_without_numba_expressions_go_on(marked: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_tables, "WORTH", -1)
    monkeypatch.setitem(sys.modules, "blazingtext.compiled.sentence_lines", None)
    monkeypatch.delattr("blazingtext.compiled.sentence_lines", raising=False)
    made = tables()

    assert made.normalised(TEXT, split=True).replace(b" ", b"") == LINES.replace(b" ", b"")
    assert len(marked) == 1


def test_lines_are_the_same_whatever_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    block = (TEXT + b"\n") * 50
    for worth in (1 << 60, -1):
        monkeypatch.setattr(byte_tables, "WORTH", worth)
        made = LineMaker(Normaliser(), Shape(), labelled=False).made([block])
        assert made.data == (LINES.replace(b"\r", b"\n").replace(b"\n\n", b"\n") + b"\n") * 50
