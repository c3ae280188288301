"""Rows of tables and of JSON Lines: every row in is a line out, or counted under a name."""

import csv
import io
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blazingtext.corpus import json_lines, table_rows, tables
from blazingtext_lifecycle.errors import CorpusError
from tests.unit.blazingtext.corpora import prepared

BOTH = {"column": "text", "label_column": "label"}
CELLS = st.text(alphabet=st.sampled_from(list("ab \"',;\t|\\n\n\u00e9\u200d\u00a0{[<")), max_size=12)


def test_tsv_has_no_quotes(tmp_path: Path) -> None:
    text = 'label\ttext\n5\tGreat, really\n1\t"Cheap plastic\n5\tfine\n4\tA 7" screen\n5\t"Awesome" thing\n2\t"Said ""so"" once"\n'

    lines, made = prepared(tmp_path, "reviews", text, **BOTH)

    assert lines == [
        "__label__5 great really",
        "__label__1 cheap plastic",
        "__label__5 fine",
        "__label__4 a 7 screen",
        "__label__5 awesome thing",
        "__label__2 said so once",
    ]
    assert made.left_out == {}


def test_tsv_of_a_spreadsheet_has_quotes_where_the_number_of_cells_says_so(tmp_path: Path) -> None:
    lines, made = prepared(tmp_path, "a.tsv", 'label\ttext\n1\t"two\nlines"\n2\tplain\n3\t"a\ttab"\n', **BOTH)

    assert lines == ["__label__1 two lines", "__label__2 plain", "__label__3 a tab"]
    assert made.left_out == {}


def test_a_quote_that_is_not_closed_costs_no_other_row(tmp_path: Path) -> None:
    text = 'label,text\n1,"Great, cheap\n2,fine\n3,"He said ""so"", twice"\n4,"a "b" c"\n5,last\n'

    lines, made = prepared(tmp_path, "a", text, **BOTH)

    assert lines == [
        "__label__1 great cheap",
        "__label__2 fine",
        "__label__3 he said so twice",
        "__label__4 a b c",
        "__label__5 last",
    ]
    assert made.notes == {table_rows.OPEN_QUOTE: 2}


def test_separators_that_no_quotes_protect_belong_to_the_last_column(tmp_path: Path) -> None:
    lines, made = prepared(tmp_path, "a.csv", "label,text\n1,good, really good\n2,bad\n", **BOTH)

    assert (lines, made.left_out) == (["__label__1 good really good", "__label__2 bad"], {})


def test_rows_that_cannot_be_lines_are_counted_by_reason(tmp_path: Path) -> None:
    lines, made = prepared(tmp_path, "a.csv", "text,label\ngood,1\na, b,2\nshort\n,3\nok,\n...,4\n \u200b,5\nx,\u200b\n", **BOTH)

    assert lines == ["__label__1 good"]
    assert made.left_out == {tables.OTHER_WIDTH: 2, tables.EMPTY_TEXT: 1, tables.EMPTY_LABEL: 2, "rows without a word": 2}


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        ({"column": "2", "label_column": "1"}, ["__label__label text", "__label__1 good"]),
        ({"column": "2", "label_column": "1", "header": True}, ["__label__1 good"]),
        ({"column": "2", "label_column": "label"}, ["__label__1 good"]),
        ({"column": "text", "label_column": "1"}, ["__label__1 good"]),
    ],
)
def test_columns_go_by_name_or_number_with_and_without_a_header(tmp_path: Path, columns: dict[str, object], lines: list[str]) -> None:
    found, made = prepared(tmp_path, "a.csv", "label,text\n1,good\n", **columns)

    assert found == lines
    assert any("add --header" in note for note in made.notes) is (len(lines) == 2)


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_the_separator_is_known_by_the_columns(tmp_path: Path, delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in [("label", "text"), ("1", "well, this; that"), ("2", "fine")])

    lines, _ = prepared(tmp_path, "a.txt", text if delimiter != "," else text.replace("well, this; that", '"well, this; that"'), **BOTH)

    assert lines == ["__label__1 well this that", "__label__2 fine"]


@pytest.mark.parametrize(
    ("name", "text", "columns"),
    [
        ("a", "label,text\n1,a\n2,b\n", "label, text"),
        ("a.csv", "label,text\n1,a\n", "label, text"),
        ("a.tsv", "label\ttext\n1\ta\n", "label, text"),
        ("a.TAB", "label\ttext\n1\ta\n", "label, text"),
        ("a", '{"review": "good", "stars": 5}\n', "review, stars"),
    ],
)
def test_a_table_whose_column_is_not_named_is_refused_with_its_columns(tmp_path: Path, name: str, text: str, columns: str) -> None:
    with pytest.raises(CorpusError, match=f"with: {columns}.*--column"):
        prepared(tmp_path, name, text)

    lines, _ = prepared(tmp_path, name, text, plain=True)
    assert lines


def test_escaped_line_breaks_separate_words_and_paths_stay(tmp_path: Path) -> None:
    lines, _ = prepared(tmp_path, "a.csv", 'label,text\n1,"Great.\\nloved\\tit \\"so\\" C:\\new"\n', **BOTH)

    assert lines == ["__label__1 great loved it so c new"]


def test_json_lines_give_the_field_and_several_labels(tmp_path: Path) -> None:
    objects = [
        {"text": "good\nfilm caf\u00e9", "label": ["a b", "c"]},
        {"text": ["one", "two"], "label": 5},
        {"text": None, "label": 1},
        {"label": 1},
        {"text": "x", "label": []},
        {"text": "\ud83d y", "label": "\ud83d"},
        ["no object"],
    ]
    text = "\n".join(map(json.dumps, objects)) + "\n{broken\n" + "[" * 100_000 + "\n" + '{"text": "big", "label": ' + "9" * 10_000 + "}\n\n"

    lines, made = prepared(tmp_path, "a", text, **BOTH)

    assert lines == ["__label__a_b __label__c good film caf\u00e9", "__label__5 one two", "__label__? y"]
    assert made.left_out == {json_lines.NO_FIELD: 2, tables.EMPTY_LABEL: 1, json_lines.NOT_JSON: 4}


def test_a_field_within_a_field_is_named_with_a_dot(tmp_path: Path) -> None:
    lines, _ = prepared(tmp_path, "a", '{"data": {"body": "some words"}}\n', column="data.body")

    assert lines == ["some words"]


def test_a_field_that_no_object_has_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r'no field "body".*review, stars'):
        prepared(tmp_path, "a", '{"review": "good", "stars": 5}\n', column="body")


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=8),
    st.sampled_from([",", ";", "|", "\t"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_no_row_of_a_csv_writer_is_lost(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str, quoting: int, end: str
) -> None:
    if delimiter == "\t":
        # TSV has no quoted line breaks: a line with the right number of cells is a row.
        rows = [(label.replace("\n", " "), text.replace("\n", " ")) for label, text in rows]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type] # one of csv's constants
    writer.writerows([("label", "text"), ("first", "row"), *rows])

    lines, made = prepared(tmp_path_factory.mktemp("rows"), "a", out.getvalue(), **BOTH)

    assert len(lines) + sum(made.left_out.values()) == len(rows) + 1


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=st.sampled_from(list('ab1,\t"\n\\ ')), max_size=60))
def test_every_line_of_any_table_is_a_row_or_a_count(tmp_path_factory: pytest.TempPathFactory, body: str) -> None:
    for delimiter in ("\t", ","):
        text = f"label{delimiter}text\nx{delimiter}y\n{body}"
        lines, made = prepared(tmp_path_factory.mktemp("rows"), "a", text, **BOTH)

        words = " ".join(lines).count("a") + " ".join(lines).count("b")
        dropped = sum(made.left_out.values())
        letters = sum(character in "ab" for character in body) + 2 * len(lines)  # "label" of each __label__ has an a and a b
        assert words == letters or dropped, (text, lines)


@pytest.mark.parametrize(
    "text",
    [
        'label,text\n1,"open\n' + "2,fine words here\n" * 50_000,
        "label,text\n" + '1,"open\n' * 50_000,
        "label,text\n" + '1,a 7" screen\n' * 50_000,
        "label\ttext\n" + '1\t"open\n' * 50_000,
        "label\ttext\n1\tgood\n" + '"open\n' * 50_000,
    ],
    ids=["one open quote", "open quotes", "inches", "tsv", "short tsv"],
)
def test_quotes_cost_linear_time(tmp_path: Path, text: str) -> None:
    begun = time.process_time()
    _, made = prepared(tmp_path, "a", text, **BOTH)

    assert made.lines + sum(made.left_out.values()) == text.count("\n") - 1
    assert time.process_time() - begun < 20


def test_a_line_without_end_is_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_rows, "_LONGEST_LINE", 100_000)

    with pytest.raises(CorpusError, match="more than 100,000 characters"):
        prepared(tmp_path, "a", "label,text\n1," + "word " * 100_000, **BOTH)


def test_a_row_whose_quotes_end_within_a_cell_is_read_as_forgiving_readers_do(tmp_path: Path) -> None:
    text = 'label,text\nx,"one, two"three\ny,"plain"\nz,"four" five, "six"\n'

    lines, made = prepared(tmp_path, "a.csv", text, **BOTH)

    assert lines[:2] == ["__label__x one twothree", "__label__y plain"]
    assert made.lines + sum(made.left_out.values()) == 3
    assert made.notes == {table_rows.OPEN_QUOTE: 2}


def test_a_record_is_given_up_when_it_is_long_and_the_next_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_rows, "_LONGEST_RECORD", 40)
    rows = ['"a record', "of several lines", 'that is closed"'] * 4
    text = "text\n" + "".join(f"{row}\n" for row in [*rows, '"never closed', *(f"row {number}" for number in range(9))])

    lines, made = prepared(tmp_path, "a.csv", text, column="text")

    assert lines[:4] == ["a record of several lines that is closed"] * 4
    assert lines[4:] == ["never closed", *(f"row {number}" for number in range(9))]
    assert made.notes == {table_rows.OPEN_QUOTE: 1}


def test_a_text_that_cannot_be_decoded_at_all_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"caf\xe9 " * 20)

    with pytest.raises(CorpusError, match=r"a\.txt.*--encoding"):
        prepared(tmp_path, "a.txt", path.read_bytes(), encoding="idna")


def test_a_row_that_is_wider_than_the_others_does_not_make_one_column_of_a_table(tmp_path: Path) -> None:
    lines, made = prepared(tmp_path, "a", "one\tx\ntwo\ty\nthree\nfour\tz\n", column="1")

    assert lines == ["one", "two", "three", "four"]
    assert made.left_out == {}


@pytest.mark.parametrize(("given", "header"), [(None, True), (True, True), (False, False)])
def test_a_named_column_means_a_header_unless_it_is_said_that_there_is_none(given: bool | None, header: bool) -> None:
    assert tables.Columns("text", "2", given).has_header is header
    assert tables.Columns("1", "2", given).has_header is (given is True)
    assert tables.Columns("1", "", given).wanted == ("1",)


@pytest.mark.parametrize(("delimiter", "row"), [(",", '1,""1,a"'), ("\t", '"x"\ta 5"'), ("\t", 'x"\t"quoted" and not')])
def test_a_quote_at_the_end_of_a_cell_costs_no_character_of_it(tmp_path: Path, delimiter: str, row: str) -> None:
    lines, _ = prepared(tmp_path, "a", f"label{delimiter}text\nx{delimiter}y\n{row}\n", **BOTH)

    assert lines == [
        "__label__x y",
        {'1,""1,a"': "__label__1 1 a", '"x"\ta 5"': "__label__x a 5", 'x"\t"quoted" and not': '__label__x" quoted and not'}[row],
    ]


def test_of_very_many_fields_the_first_fifty_are_named(tmp_path: Path) -> None:
    names = [chr(0x4E00 + number) for number in range(60)]

    with pytest.raises(CorpusError) as refusal:
        prepared(tmp_path, "a", "\n".join(json.dumps({name: 1}) for name in names), column="text")

    assert f"Its fields are: {', '.join(names[:50])}." in str(refusal.value)
