"""Corpora at the edges of what is counted, split, skipped and warned of."""

import io
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from blazingtext.corpus import (
    batches,
    blog_posts,
    decoding,
    input_files,
    json_lines,
    plain_lines,
    preparation,
    public_corpora,
    sources,
    statistics,
)
from blazingtext.corpus.shares import Share
from blazingtext_lifecycle.errors import CorpusError

LABELLED = "__label__a x\n__label__b "


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("a b c d\n" * 250_000, ""),
        ("a b c d\n" * 249_999, "999,996 words are few: the vectors of 4 words will be poor"),
        # A text with labels need not be long.
        (LABELLED + "a " * 1023 + "\n", ""),
        (LABELLED + "a " * 1024 + "\n", "The longest line has 1,025 words: trainers split lines after 1,024."),
        # One in fifty may end in punctuation, and one in twenty have capitals.
        (LABELLED + "a " * 97 + "b. b. \n", ""),
        (LABELLED + "a " * 96 + "b. b! b? \n", "3% of the words end in punctuation"),
        (LABELLED + "a " * 94 + "B " * 5 + "\n", ""),
        (LABELLED + "a " * 93 + "B " * 6 + "\n", "6% of the words have capitals"),
    ],
    ids=["enough", "few words", "a line of 1024", "a line of 1025", "2 %", "3 %", "5 %", "6 %"],
)
def test_a_warning_begins_where_it_is_meant_to(tmp_path: Path, text: str, warned: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    found = statistics.statistics(path).warnings

    assert [warned in each for each in found] == ([True] if warned else [])


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("__label__a x x x x x\n__label__b y\n", []),
        (
            "__label__a x x x x x\n__label__a y\n",
            ["There is only one label: a classifier has nothing to learn. Add lines with other labels."],
        ),
        ("__label__a\n__label__b\n", ["There are labels only, and no word. Training would fail. Put words behind the labels."]),
        (
            "__label__a x x x x x\n__label__b y\nz\n",
            ["1 of 3 lines without a label: supervised training ignores them. Label them or drop them."],
        ),
    ],
)
def test_labels_are_judged_by_themselves(tmp_path: Path, text: str, warnings: list[str]) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)

    assert list(statistics.statistics(path).warnings) == warnings


def test_statistics_count_by_the_minimum_and_tell_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("b b b a a c\n\n \nlast line")
    heard: list[int] = []

    found = statistics.statistics(path, min_count=2, top=2, advance=heard.append)

    assert (found.path, found.size, found.lines, found.empty_lines, found.words, found.distinct) == (path, 24, 2, 2, 8, 5)
    assert (found.vocabulary, found.covered, found.min_count, found.longest_line) == (2, 5 / 8, 2, 6)
    assert (found.frequent, found.labels, found.unlabelled) == ((("b", 3), ("a", 2)), (), 0)
    assert sum(heard) == 24


@pytest.mark.parametrize("size", [1, 5, 8, 9, 100])
@pytest.mark.parametrize("text", ["one two three four\nfive six\n", "nospaceatall" * 3, "a b c", "\n\n", "one two\n" * 3])
def test_pieces_of_a_long_line_lose_nothing_and_end_between_words(monkeypatch: pytest.MonkeyPatch, size: int, text: str) -> None:
    monkeypatch.setattr(plain_lines, "PIECE", size)

    found = list(plain_lines.lines(io.StringIO(text)))

    assert "".join(found) == text
    assert [word for piece in found for word in piece.split()] == text.split() or max(map(len, text.split())) >= size


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("one two three four\nfive", ["one two ", "three ", "four\n", "five"]),
        ("one two 3", ["one two ", "3"]),
        ("nospaceatall more", ["nospacea", "tall ", "more"]),
        ("\ufeffone twothree", ["one ", "twothree"]),
        ("\ufeffone\n\ufefftwo", ["one\n", "two"]),
        ("\ufeff", []),
    ],
)
def test_a_long_line_is_cut_behind_a_space_or_where_there_is_none_anywhere(
    monkeypatch: pytest.MonkeyPatch, text: str, pieces: list[str]
) -> None:
    monkeypatch.setattr(plain_lines, "PIECE", 8)

    assert list(plain_lines.lines(io.StringIO(text))) == pieces


def test_texts_are_grouped_by_their_length_and_blocks_of_lines_stay_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_BLOCK", 8)
    texts: list[Any] = [("", "four"), ("label", "abc"), ("", "x"), ("", "y"), b"lines\n", ("", "z")]

    assert list(sources._grouped(texts)) == [texts[:3], texts[3:4], b"lines\n", texts[5:]]


def test_a_paragraph_ends_at_a_blank_line_or_when_it_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def joined(*texts: str) -> list[str]:
        found = list(sources.paragraphs(("ignored", text) for text in texts))
        assert {label for label, _ in found} <= {""}
        return [text for _, text in found]

    assert joined(" one\n", "two \n", "\n", "\n", "three\n") == ["one two", "three"]
    monkeypatch.setattr(plain_lines, "PIECE", 8)
    assert joined("one\n", "two\n", "three\n", "\n") == ["one two", "three"]


def test_files_are_found_once_in_the_order_of_their_names_without_hidden_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.txt", "a.txt", ".hidden", ".git/c.txt", "sub/d.txt"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text("x\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "in"
    wanted = [folder / "a.txt", folder / "b.txt", folder / "sub/d.txt"]

    assert input_files.expand([str(folder)]) == wanted
    assert input_files.expand(["~/in", str(folder / "a.txt")]) == wanted
    assert input_files.expand([str(folder / "**/*.txt")]) == wanted
    assert input_files.expand(["-", str(folder / "b.txt")]) == [Path("-"), folder / "b.txt"]
    assert Share().size(wanted) == 6
    assert Share().size([Path("-"), *wanted]) is None
    (tmp_path / "empty").mkdir()
    for nothing in (tmp_path / "empty", folder / "*.csv", folder / "s*"):
        with pytest.raises(CorpusError, match="was not found"):
            input_files.expand([str(nothing)])


def made(tmp_path: Path, *inputs: Path, shape: preparation.Shape | None = None, **reading: Any) -> tuple[preparation.Prepared, list[str]]:
    out = tmp_path / "out.txt"
    found = preparation.prepare([str(each) for each in inputs], out, shape=shape, reading=sources.Reading(**reading), force=True)
    return found, out.read_text().splitlines()


def test_what_is_left_out_of_the_files_is_not_counted_among_them(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("label,text\nx,one two\ny,three\n")
    (folder / "b.csv").write_text("other,words\nx,one two\ny,three\n")
    (folder / "c.txt").write_bytes(b"")

    found, lines = made(tmp_path, folder, column="text", label_column="label")

    assert lines == ["__label__x one two", "__label__y three"]
    assert (found.files, found.skipped, found.labelled) == (2, {"b.csv": 'has no column "text"'}, True)
    assert (found.lines, found.words, found.size) == (2, 3, len("\n".join(lines)) + 1)
    with pytest.raises(CorpusError, match='no column "text"'):
        made(tmp_path, folder / "b.csv", column="text")


@pytest.mark.parametrize(("least", "lines"), [(1, ["a", "b c", "d e f"]), (2, ["b c", "d e f"]), (3, ["d e f"])])
def test_lines_shorter_than_the_minimum_are_dropped(tmp_path: Path, least: int, lines: list[str]) -> None:
    (tmp_path / "a.txt").write_text("a\nb c\nd e f\n")
    (tmp_path / "b.csv").write_text("label,text\nx,a\nx,b c\nx,d e f\n,no label\nx,...\n")
    (tmp_path / "c.txt").write_text("".join(f"__label__x {line}\n" for line in ("a", "b c")))
    shape = preparation.Shape(minimum_words=least)

    assert made(tmp_path, tmp_path / "a.txt", shape=shape)[1] == lines
    found, examples = made(tmp_path, tmp_path / "b.csv", shape=shape, column="text", label_column="label")
    assert examples == [f"__label__x {line}" for line in lines]
    assert found.left_out == {
        **({"rows shorter than the minimum": 3 - len(lines)} if len(lines) < 3 else {}),
        "rows with an empty label": 1,
        "rows without a word": 1,
    }
    # Of a line that comes with its label, the label counts.
    assert made(tmp_path, tmp_path / "c.txt", shape=shape)[1] == {
        1: ["__label__x a", "__label__x b c"], 2: ["__label__x a", "__label__x b c"], 3: ["__label__x b c"],
    }[least]  # fmt: skip


def test_a_longer_line_is_split_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a b c d e\nf g\n")

    assert made(tmp_path, tmp_path / "a.txt", shape=preparation.Shape(maximum_words=2))[1] == ["a b", "c d", "e", "f g"]
    assert made(tmp_path, tmp_path / "a.txt", shape=preparation.Shape(maximum_words=5))[1] == ["a b c d e", "f g"]


def test_when_no_words_are_left_the_reasons_are_told(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("label,text\n,no label\nx,...\n")

    with pytest.raises(CorpusError, match=r"No words were found in 1 files.*\(1 rows with an empty label; 1 rows without a word\)"):
        made(tmp_path, tmp_path / "b.csv", column="text", label_column="label")
    (tmp_path / "b.txt").write_text("...\n")
    with pytest.raises(CorpusError, match=r"nothing is left after normalisation\. Check"):
        made(tmp_path, tmp_path / "b.txt")


@pytest.mark.parametrize("piece", [8, 13, 1000])
def test_posts_are_what_lies_between_their_tags(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(blog_posts, "_PIECE", piece)
    text = "<Blog>no<post>\none urlLink &amp; two\nmore\n</post> none <POST>three<post>four</post>five</Blog><post>\nsix"

    found = [line.strip() for line in blog_posts.posts(io.StringIO(text)) if line.strip()]

    assert " ".join(" ".join(found).split()) == "one & two more three four six"


def test_a_field_may_be_deep_a_list_or_missing(tmp_path: Path) -> None:
    lines = ['{"a": {"b": "deep"}}', '{"a.b": "flat"}', '{"a": {"b": ["one", 2]}}', '{"a": {"b": [null]}}', '{"a": 1}', "[1]", "no", ""]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines))

    found, texts = made(tmp_path, path, column="a.b")

    assert texts == ["deep", "flat", "one 2"]
    assert found.left_out == {json_lines.NOT_JSON: 2, json_lines.NO_FIELD: 2}
    assert json_lines.fields_of('\ufeff {"a": 1, "b": 2}\nrest') == "a, b"
    assert [json_lines.fields_of(head) for head in ("[1]\n", "{no", "[" * 100_000)] == ["", "", ""]
    with pytest.raises(CorpusError, match=r'no field "z" with a text\. Its fields are: a, a\.b'):
        made(tmp_path, path, column="z")


def test_readings_of_bytes_that_are_no_unicode_are_offered_with_three_words_each(tmp_path: Path) -> None:
    text = "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440 \u0438 \u0441\u043b\u043e\u0432\u0430\n"
    (tmp_path / "a.txt").write_bytes(text.encode("cp1251") * 5)

    with pytest.raises(CorpusError) as refusal:
        made(tmp_path, tmp_path / "a.txt")

    offered = str(refusal.value).partition("--encoding: ")[2].split("; ")
    assert [each.partition(" gives ")[0] for each in offered] == ["cp1252", "cp1251"]
    assert offered[1].startswith('cp1251 gives "\u041f\u0440\u0438\u0432\u0435\u0442", "\u043c\u0438\u0440", "\u0438"')
    assert decoding._foreign_words("x\u00e9".encode() * 30, "utf-8", cut=False) == f'"{("x" + chr(0xE9)) * 10}"'


def test_a_download_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, Any, float]] = []

    def urlopen(request: urllib.request.Request, timeout: float = 1e9) -> None:
        asked.append((request.full_url, request.get_header("User-agent"), timeout))
        raise TimeoutError

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)

    with pytest.raises(Exception, match="could not be downloaded"):
        public_corpora.text8(tmp_path / "text8")

    assert asked == [("https://mattmahoney.net/dc/text8.zip", "blazingtext-cdk", asked[0][2])]
    assert 10 <= asked[0][2] <= 120


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_statistics_of_a_long_line_do_not_depend_on_the_pieces_that_it_is_read_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a bb ccc bb\n\nccc ddd a last")
    monkeypatch.setattr(statistics, "_PIECE", size)

    found = statistics.statistics(path)

    assert (found.lines, found.empty_lines, found.words, found.distinct, found.longest_line) == (2, 1, 8, 5, 4)


@pytest.mark.parametrize("piece", range(8, 40, 3))
@pytest.mark.parametrize("text", ["<post>aaaa bbbb cccccccccccccccccccc dd\nee ff</post> no <post>gg", "no <post>a\n\nb</post>" * 4])
def test_words_of_posts_are_whole_whatever_the_pieces_they_are_read_in(monkeypatch: pytest.MonkeyPatch, piece: int, text: str) -> None:
    monkeypatch.setattr(blog_posts, "_PIECE", piece)

    found = [word for line in blog_posts.posts(io.StringIO(text)) for word in line.split()]

    longest = "c" * 20
    if longest in text and piece < len(longest):  # a word longer than a piece is cut
        assert "".join(found) == "aaaabbbb" + longest + "ddeeffgg"
        assert [word for word in found if set(word) != {"c"}] == ["aaaa", "bbbb", "dd", "ee", "ff", "gg"]
    else:
        assert found == re.sub(r"(^|</post>)[^<]*<post>|</post>$", " ", text).split()


@pytest.mark.parametrize("block", [1, 10, 1000])
@pytest.mark.parametrize("wrapped", [False, True])
def test_lines_do_not_depend_on_how_much_is_normalised_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, wrapped: bool
) -> None:
    (tmp_path / "a.txt").write_text("One. Two\nthree.\n\n__label__x four. five\nSix seven! Eight\n")
    monkeypatch.setattr(plain_lines, "BLOCK", block)
    monkeypatch.setattr(sources, "_BLOCK", block)
    monkeypatch.setattr(batches, "SIZE", block)

    lines = made(tmp_path, tmp_path / "a.txt", shape=preparation.Shape(wrapped=wrapped))[1]

    assert lines == (
        ["one", "two three", "__label__x four five six seven eight"]
        if wrapped
        else ["one", "two", "three", "__label__x four five", "six seven", "eight"]
    )


def test_a_line_without_end_is_read_by_the_megabyte(tmp_path: Path) -> None:
    text, heard = "ab " * (1 << 20), list[int]()
    (tmp_path / "a.txt").write_text(text)

    statistics.statistics(tmp_path / "a.txt", advance=heard.append)
    plain = [len(piece) for piece in plain_lines.lines(io.StringIO(text))]
    posted = [len(piece) for piece in blog_posts.posts(io.StringIO(f"<post>{text}</post>"))]

    assert sum(heard) == sum(plain) == sum(posted) == len(text)
    assert all((1 << 20) - 3 < size <= (1 << 20) + 3 for size in (*heard[:-1], *plain[:-1]))
    assert 1 << 20 < posted[0] <= 2 << 20
