"""What is said of the beginning of a file before anything is paid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazingtext_lifecycle import corpus_text
from blazingtext_lifecycle.table_shape import Table, rows_of, table_of

MARK = b"\xef\xbb\xbf"


def told(text: str | bytes, *, supervised: bool = False) -> list[tuple[bool, str]]:
    sample = text.encode() if isinstance(text, str) else text
    return [(each.fatal, each.text) for each in corpus_text.check(sample, "a.txt", whole=True, supervised=supervised)]


@pytest.mark.parametrize(
    ("text", "supervised", "fatal", "why"),
    [
        (MARK + b"__label__x good\r\n__label__y bad\r\n", True, True, "begins with a byte order mark, which is part of the"),
        ("__label__x\n__label__y\n", True, True, "labels only: none of its 2 lines has a word"),
        ("__label__x a\nb\n", True, True, "line 2 has no __label__ word (1 of 2"),
        ("__label__x, a\n__label__y b\n", True, False, 'such as "__label__x,": another class than "__label__x"'),
        ("".join(f"__label__{n}\u00a0text w\n" for n in range(12)), True, False, "12 labels in 12 lines"),
        ("__label__a\u00a0good film\n", False, False, "U+00A0 NO-BREAK SPACE 1 times"),
        ("\u72ac\u3000\u306f\u3000\u732b\n", False, False, "U+3000 IDEOGRAPHIC SPACE 2 times"),
        ("good\u200bfilm\n", False, False, "U+200B ZERO WIDTH SPACE 1 times"),
        ("good\x85film\n", False, False, "U+0085 NEXT LINE 1 times"),
        ("1\tgood\tx\n2\tbad\ty\n3\tfine\tz\n", False, False, "looks like a table of 3 columns (1, good, x)"),
        ("__label__ a b\n__label__x c\n", True, False, 'a.txt: 1 label has no name ("__label__"). Name the class'),
        (" \n\t\n", False, True, "is empty: its first 4 bytes are white space"),
        ('{"source": "a b", "label": 1}\n', False, True, "is JSON Lines"),
        ("<Blog><post>a</post></Blog>", False, True, "is blog posts"),
        (b"caf\xe9 au lait\n", False, False, "is not UTF-8 (byte 4)"),
    ],
)
def test_what_is_wrong_is_told(text: str | bytes, supervised: bool, fatal: bool, why: str) -> None:
    assert [(found, True) for found, message in told(text, supervised=supervised) if why in message] == [(fatal, True)]


@pytest.mark.parametrize(
    ("text", "supervised"),
    [
        ("one sentence a line\nof plain words\n", False),
        ("__label__x\tgood film\n__label__y\tbad film\n__label__x\tfine\n", True),
        ("<s> so he said </s>\n", False),
        ("He came, saw, won.\nShe came, saw, won.\nThey came, saw, won.\n", False),
        ("", False),
    ],
)
def test_nothing_is_said_of_good_text(text: str, supervised: bool) -> None:
    assert told(text, supervised=supervised) == []


@given(st.text(alphabet=st.characters(exclude_characters="\x1c\x1d\x1e\x1f", exclude_categories=["Zs", "Zl", "Zp", "Cs"])))
def test_separators_are_only_seen_where_there_are_some(text: str) -> None:
    found = [message for _, message in told(text) if "separators that BlazingText does not see" in message]

    assert not found or set(text) & {"\x85", "\u200b"}


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("label,text\n1,a\n2,b\n", Table(",", ("label", "text"), 3)),
        ('1,"Good, bad"\n2,"two\nlines"\n3,c\n', Table(",", ("1", "Good, bad"), 3)),
        ("a;b;c\nd;e;f\ng;h;i\n", Table(";", ("a", "b", "c"), 3)),
        ('5\t"Cheap\n1\tb\n2\tc\n', Table("\t", ("5", '"Cheap'), 3)),
        ("a,b\nc\nd,e\n", None),
        ("a,b\n", None),
        ("__label__a\tb\n__label__a\tb\n__label__a\tb\n", None),
    ],
)
def test_a_table_is_known_by_its_rows(text: str, table: Table | None) -> None:
    assert table_of(text, whole=True) == table


@pytest.mark.parametrize(("whole", "seen"), [(True, "of 2 lines without one)"), (False, "1 of 2 lines without one in the first 20 bytes)")])
def test_of_a_beginning_it_is_said_how_long_it_is(whole: bool, seen: str) -> None:
    found = corpus_text.check(b"__label__x a\nb\nc d e", "a.txt", whole=whole, supervised=True)

    assert [seen in each.text for each in found if "has no __label__ word" in each.text] == [True] if not whole else True


def test_labels_are_looked_for_where_a_table_begins() -> None:
    def table(before: int) -> str:
        return "a" * before + "__label__\tb\nc\td\ne\tf\n"

    assert table_of(table(4096 - 9), whole=True) is None
    assert table_of(table(4096 - 8), whole=True) == Table("\t", ("a" * (4096 - 8) + "__label__", "b"), 3)


def test_the_last_row_of_a_beginning_may_be_cut_and_fifty_rows_are_enough() -> None:
    rows = ["a\tb\n"] * 60

    assert table_of("".join(rows[:3]) + "c") == Table("\t", ("a", "b"), 3)
    assert table_of("".join(rows[:3]) + "c", whole=True) is None
    assert table_of("".join([*rows[:50], "c\n", *rows])) == Table("\t", ("a", "b"), 50)
    assert table_of("".join([*rows[:49], "c\n", *rows])) is None


def many(labels: int, lines: int) -> str:
    return "".join(f"__label__{number if number < labels else 0} word\n" for number in range(lines))


@pytest.mark.parametrize(("labels", "lines", "told_so"), [(6, 10, True), (5, 10, False), (9, 9, False), (7, 12, True), (6, 12, False)])
def test_more_classes_than_half_of_ten_lines_are_no_classes(labels: int, lines: int, told_so: bool) -> None:
    said = [text for _, text in told(many(labels, lines), supervised=True)]

    assert [f"{labels} labels in {lines} lines: nearly every line" in text for text in said] == [True] * told_so


@pytest.mark.parametrize("mark", [",", ";", ":"])
def test_a_label_that_ends_in_punctuation_is_told_and_one_that_is_punctuation_is_not(mark: str) -> None:
    (said,) = [text for _, text in told(f"__label__x{mark} a\n__label__y b\n__label__{mark} c\n", supervised=True)]

    assert said.startswith(f'a.txt: 1 label ends in punctuation, such as "__label__x{mark}": another class than "__label__x".')


def test_one_label_alone_is_told() -> None:
    (said,) = told("__label__x a\n__label__x b\n", supervised=True)

    assert said == (False, "a.txt begins with lines of one label only (__label__x). A classifier needs several: shuffle the lines.")


def test_the_first_80_characters_of_a_tables_head_are_shown() -> None:
    (said,) = told(f"{'h' * 90},b\n1,2\n3,4\n")

    assert said[1].startswith(f"a.txt looks like a table of 2 columns ({'h' * 80}): all of them")


def test_the_rows_of_a_beginning_are_those_that_end_in_it() -> None:
    assert rows_of("a,b\n\nc,", ",") == [["a", "b"]]
    assert rows_of("a,b\n\nc,", ",", whole=True) == [["a", "b"], ["c", ""]]
    assert rows_of("a,b", ",") == [["a", "b"]]
    assert len(rows_of("a,b\n" * 60, ",")) == 50
    assert len(rows_of("a,b\n" * 60, ",", most=7)) == 7


def test_quotation_marks_hold_a_separator_unless_one_stays_open() -> None:
    assert rows_of('a,"b,c"\n', ",", whole=True) == [["a", "b,c"]]
    assert rows_of('a,"b,c\nd,e\n', ",", whole=True) == [["a", '"b', "c"], ["d", "e"]]
    assert len(rows_of('"a,b\n' * 60, ",", most=7)) == 7


def test_of_unseen_separators_the_three_most_frequent_are_named() -> None:
    (found,) = [
        text for _, text in told("a\u2003b\u00a0c\u00a0d\u3000e\u3000f\u3000g\u200bh\u200bi\u200bj\u200bk\n") if "separators" in text
    ]

    listed = found.partition("does not see: ")[2].partition(". What")[0]
    assert listed == "U+200B ZERO WIDTH SPACE 4 times, U+3000 IDEOGRAPHIC SPACE 3 times, U+00A0 NO-BREAK SPACE 2 times"
