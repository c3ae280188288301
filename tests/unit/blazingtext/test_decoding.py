"""Texts in any encoding: read as they are, or refused with what they could be; never with letters lost."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blazingtext_lifecycle.errors import CorpusError
from tests.unit.blazingtext.corpora import prepared

TEXT = "caf\u00e9 na\u00efve\n\u65e5\u672c\u8a9e\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_every_unicode_encoding_is_read_with_and_without_a_mark(tmp_path: Path, encoding: str) -> None:
    lines, made = prepared(tmp_path, "a", TEXT.encode(encoding))

    assert (lines, made.undecodable) == (TEXT.splitlines(), 0)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "caf\u00e9 au lait"),
        ("latin-1", "caf\u00e9 au lait"),
        ("cp1251", "\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440"),
        ("shift_jis", "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8"),
        ("gb18030", "\u4e2d\u6587\u6587\u672c"),
    ],
)
def test_another_encoding_is_refused_until_it_is_given(tmp_path: Path, encoding: str, text: str) -> None:
    with pytest.raises(CorpusError, match=r"is not UTF-8.*--encoding"):
        prepared(tmp_path, "a", text.encode(encoding))

    lines, _ = prepared(tmp_path, "a", text.encode(encoding), encoding=encoding)
    assert lines == [text]


def test_the_refusal_shows_the_words_that_each_encoding_gives(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match='cp1252 gives "caf\u00e9"'):
        prepared(tmp_path, "a", b"caf\xe9 au lait")


def test_a_given_encoding_does_not_spoil_unicode(tmp_path: Path) -> None:
    lines, _ = prepared(tmp_path, "a", TEXT, encoding="cp1252")

    assert lines == TEXT.splitlines()


def test_a_few_stray_bytes_are_read_as_cp1252_and_told(tmp_path: Path) -> None:
    lines, made = prepared(tmp_path, "a", b"plain words\n" * 400 + b"caf\xe9 \x93so\x94\n")

    assert lines[-1] == "caf\u00e9 so"
    assert (made.undecodable, made.garbled) == (3, ("a",))


def test_many_stray_bytes_behind_a_good_beginning_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is not utf-8: 30,000 of 258,000 bytes"):
        prepared(tmp_path, "a", b"plain words\n" * 9000 + b"caf\xe9\n" * 30_000)

    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_wrong_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is not shift_jis"):
        prepared(tmp_path, "a", b"words \xff\xfe\xff\n" * 20, encoding="shift_jis")


@pytest.mark.parametrize("codec", ["idna", "utf-7", "unicode_escape", "punycode"])
def test_odd_codecs_end_in_a_sentence_too(tmp_path: Path, codec: str) -> None:
    try:
        prepared(tmp_path, "a", b"x" * 70 + b"\xff\\u12 +++\n", encoding=codec)
    except CorpusError as error:
        assert "--encoding" in str(error)  # noqa: PT017 - either it is read, or the message says what to do


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/"><page>', "is a MediaWiki dump.*WikiExtractor"),
        ('<?xml version="1.0"?><rss version="2.0"><item>words</item></rss>', "is XML.*xmllint"),
        ("<!DOCTYPE html><p>words</p>", "is HTML.*pandoc"),
        ('[{"text": "words"}]', "is JSON.*jq"),
    ],
)
def test_markup_is_refused_with_what_extracts_the_text(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(CorpusError, match=why):
        prepared(tmp_path, "a.txt", text)

    assert prepared(tmp_path, "a.txt", text, plain=True)[0]


def test_posts_without_end_are_read_in_linear_time_and_none_is_lost(tmp_path: Path) -> None:
    lines, _ = prepared(tmp_path, "a.xml", "<Blog>\n" + "<post>word\n" * 200_000 + "</post><date>no</date><POST>last</Post></Blog>")

    assert (len(lines), lines[-1]) == (200_001, "last")


def test_a_tag_of_a_post_may_be_cut_by_a_piece(tmp_path: Path) -> None:
    filler = "x " * ((1 << 19) - 6)

    lines, _ = prepared(tmp_path, "a", f"<Blog>{filler}<post>in side</post>out<post>{filler}y</post></Blog>")

    assert " ".join(lines).split() == ["in", "side", *filler.split(), "y"]


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=300), st.sampled_from(["", "text"]), st.sampled_from(["", "cp1252", "utf-16", "gb18030"]))
def test_any_bytes_are_read_or_refused_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, column: str, encoding: str
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    try:
        lines, made = prepared(folder, "a", content, column=column, encoding=encoding)
    except CorpusError as error:
        assert "a" in str(error)  # noqa: PT017 - the alternative to being read
    else:
        assert made.lines == len(lines) > 0
        assert "\ufffd" not in "".join(lines)


@pytest.mark.parametrize(("size", "read"), [(1000, True), (999, False)])
def test_one_stray_byte_in_a_thousand_is_a_slip_and_more_are_another_encoding(tmp_path: Path, size: int, read: bool) -> None:
    content = b"caf\xe9 " + b"plain " * 200

    if read:
        assert prepared(tmp_path, "a", content[:size])[1].undecodable == 1
    else:
        with pytest.raises(CorpusError, match="a is not UTF-8: 1 of 999 bytes are invalid"):
            prepared(tmp_path, "a", content[:size])


GREEK = "\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1 \u03ba\u03cc\u03c3\u03bc\u03b5 \u03ba\u03b1\u03b9 \u03c6\u03af\u03bb\u03bf\u03b9"
JAPANESE = "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0 \u3053\u308c\u306f\u6587\u5b57\u306e\u8a66\u9a13\u3067\u3059"


@pytest.mark.parametrize(("encoding", "text"), [("iso8859_7", GREEK), ("shift_jis", JAPANESE)])
def test_what_an_encoding_is_guessed_to_be_is_offered_with_its_words(tmp_path: Path, encoding: str, text: str) -> None:
    with pytest.raises(CorpusError) as refusal:
        prepared(tmp_path, "a", f"{text}\n".encode(encoding) * 40)

    assert f'gives "{text.split(maxsplit=1)[0]}"' in str(refusal.value)
