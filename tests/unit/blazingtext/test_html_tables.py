"""Tables for notebooks: nothing of others is read as HTML, and every cell is where its column is."""

from blazingtext.html_tables import facts, table

EVIL = "<script>alert('a')</script>"


def test_what_a_table_holds_is_text_wherever_it_stands() -> None:
    page = table((EVIL,), [(EVIL,)], caption=EVIL) + facts(EVIL, [(EVIL, EVIL)])

    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(&#x27;a&#x27;)&lt;/script&gt;") == 6


def test_figures_are_at_the_right_and_words_at_the_left() -> None:
    page = table(("word", "count"), [("king", "3")], right=(1,))

    assert '<th style="text-align:left">word</th><th style="text-align:right">count</th>' in page
    assert '<td style="text-align:left">king</td><td style="text-align:right">3</td>' in page


def test_a_table_has_no_colour_of_its_own_so_that_it_is_read_on_dark_and_light() -> None:
    page = table(("word",), [("king",)], caption="words")

    assert "color" not in page
    assert "background" not in page


def test_facts_without_a_value_are_left_out_and_there_is_no_head() -> None:
    page = facts("run", [("status", "Completed"), ("failure", "")])

    assert "failure" not in page
    assert "<thead>" not in page
    assert page.count("<tr>") == 1
