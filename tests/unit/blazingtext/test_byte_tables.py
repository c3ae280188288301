"""Expressions over bytes make lines of words."""

from blazingtext.corpus.byte_tables import ByteTables
from blazingtext.corpus.normaliser import Normaliser
from blazingtext.corpus.utf8_text import Utf8Text

TEXT = b"Mr. O'Neil's 'dogs' bark.  They (all) do! Etc. A''s '' B.\nNext: J. R. R. said. \"Why?\" Well...\n\n x\t. Y \x06"
LINES = b"mr o'neil's dogs bark\rthey all do\retc a s b\nnext j r r said\rwhy\rwell\n\nx y"


def tables() -> ByteTables:
    return Utf8Text(Normaliser())._tables


def test_lines_stay_and_sentences_are_marked() -> None:
    tight = tables().normalised(TEXT, split=True).replace(b" \r", b"\r").replace(b"\r ", b"\r").split(b"\n")

    assert [line.strip() for line in tight] == LINES.split(b"\n")


def test_sentences_are_left_alone_where_nobody_asks_for_them() -> None:
    lines = tables().normalised(TEXT, split=False).split(b"\n")

    assert [line.strip() for line in lines] == LINES.replace(b"\r", b" ").split(b"\n")
