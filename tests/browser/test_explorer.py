"""The explorer page in a real browser: it shows what the model says, by mouse and by keyboard, and words are words and nothing else."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blazingtext.vectors import explorer, explorer_page
from blazingtext.vectors.word_vectors import Vectors
from tests.browser.browser import Browser, Page, wait_until
from tests.browser.words import HOSTILE, PLAIN, SCRIPTS, WORDS

Models = tuple[Vectors, Vectors]


def expected(model: Vectors, word: str) -> list[tuple[str, Any]]:
    # A blank within a word would be a sum of words.
    found = model.neighbors(word, 10) if len(word.split()) == 1 else model._closest(model.unit(word), 10, {model.row(word)}, None)
    return [(near.word, pytest.approx(near.similarity, abs=0.00051)) for near in found]


def dark(page: Page, name: str) -> bool:
    """Whether a colour of the page is a dark one."""
    red, green, blue = page.js(f"colour({json.dumps(name)}).match(/\\d+/g).map(Number)")
    return bool(red + green + blue < 3 * 128)


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_the_neighbours_of_a_word_are_those_of_the_command(page: Page, models: Models) -> None:
    for word in ("music", "king", SCRIPTS[0]):
        page.search(word)
        page.press("Enter")

        assert page.text("#word") == word
        assert page.neighbors() == expected(models[0], word)
    page.js("choose('king')")
    assert page.text("#facts") == "number 3 by frequency"


@pytest.mark.parametrize("word", [*HOSTILE, *SCRIPTS])
def test_a_word_is_a_word_whatever_is_in_it(page: Page, models: Models, word: str) -> None:
    page.js(f"choose({json.dumps(word)})")

    assert page.js("document.getElementById('word').textContent") == word
    assert page.neighbors() == expected(models[0], word)
    assert page.js("document.querySelectorAll('script').length") == 2
    assert page.js("document.querySelectorAll('img, iframe, b').length") == 0
    # Neither a very long word nor one that turns the direction makes the page wider than the window.
    assert page.js("document.documentElement.scrollWidth <= innerWidth") is True


def test_clusters_and_their_colours_are_in_the_legend_and_one_may_be_looked_at_alone(page: Page) -> None:
    names = page.texts("#groups button")
    count = page.js("Math.max(...models[0].clusters) + 1")
    assert (len(names), all(names)) == (count, True)

    page.click_nth("#groups button", 1)
    assert page.js("[...document.querySelectorAll('#groups button')].map(each => each.getAttribute('aria-pressed'))").count("true") == 1
    assert page.js("maps[0].only") == 1

    page.click_nth("#groups button", 1)
    assert page.js("maps[0].only") is None


def test_a_point_is_drawn_where_its_word_is_in_the_colour_of_its_cluster(page: Page) -> None:
    wait_until(lambda: page.js("maps[0].frames > 0 && !maps[0].moving"), what="the first frame")
    # The rightmost word: no label of another one is drawn over its point.
    row = page.js("models[0].words.map((_, row) => row).sort((a, b) => models[0].places[2 * b] - models[0].places[2 * a])[0]")
    found = page.js(f"(() => {{ const [x, y] = maps[0].toScreen({row}); return [...maps[0].context.getImageData(x, y, 1, 1).data]; }})()")
    ink = page.js(f"[...new Uint8Array(Uint32Array.of(pixel(maps[0].colours.ink[models[0].clusters[{row}]], .8, colour('paper'))).buffer)]")

    assert found == ink
    assert found != page.js("[...colour('paper').match(/\\d+/g).map(Number), 255]")


# --- mouse and fingers ------------------------------------------------------------------------------------------------


def test_a_click_on_a_point_chooses_its_word_and_a_drag_chooses_none(page: Page, models: Models) -> None:
    x, y = page.at("music")
    page.do("drag", start=[x, y], end=[x + 60, y + 40])
    assert page.js("document.getElementById('chosen').hidden") is True
    assert page.at("music") == pytest.approx((x + 60, y + 40), abs=1)

    page.do("point", x=x + 60, y=y + 40)

    chosen = page.text("#word")
    near = page.js("maps[0].at(...maps[0].toScreen(models[0].rows.get('music')), 0.5) !== null")
    assert near is True
    assert page.neighbors() == expected(models[0], chosen)
    assert page.js("decodeURIComponent(location.hash.slice(1))") == chosen


def test_the_wheel_zooms_at_the_pointer(page: Page) -> None:
    x, y = page.at("music")
    scale, *_ = page.view()

    page.do("wheel", x=x, y=y, amount=-300)

    wait_until(lambda: page.view()[0] > 1.5 * scale, what="the zoom")
    assert page.at("music") == pytest.approx((x, y), abs=1)


def test_two_fingers_zoom(page: Page) -> None:
    scale, *_ = page.view()

    page.do("pinch", start=[[400, 400], [500, 400]], end=[[300, 400], [600, 400]])

    assert page.view()[0] == pytest.approx(3 * scale, rel=0.05)


def test_buttons_zoom_and_go_back_to_all(page: Page) -> None:
    before = page.view()
    page.do("click", selector="#zoom-in")
    page.do("click", selector="#zoom-in")
    page.do("click", selector="#zoom-out")
    assert page.view()[0] == pytest.approx(1.5 * before[0])

    page.do("click", selector="#zoom-all")
    assert page.view() == pytest.approx(before)


# --- keyboard ---------------------------------------------------------------------------------------------------------


def test_search_completes_without_accents_and_case_and_is_walked_by_keys(page: Page) -> None:
    page.press("/")
    page.do("type", text="MUS")
    assert page.texts("#found li") == ["music", "Music", "musical"]
    assert page.js("document.activeElement.getAttribute('aria-activedescendant')") == "found-0"

    page.press("ArrowDown", "ArrowDown")
    assert page.texts("#found li[aria-selected=true]") == ["musical"]
    page.press("ArrowDown", "ArrowUp", "Enter")
    assert page.text("#word") == "musical"
    assert page.js("document.getElementById('search').getAttribute('aria-expanded')") == "false"

    for typed, found in (
        ("cafe", "cafe\u0301"),
        ("ubergro", "\u00dcbergro\u00dfe"),
        ("\u97f3", "\u97f3\u4e50"),
        ("\u05de\u05d5", SCRIPTS[1]),
    ):
        page.search(typed)
        assert page.texts("#found li")[0] == found


def test_the_very_word_comes_first(page: Page) -> None:
    page.search("Music")
    assert page.texts("#found li")[:2] == ["Music", "music"]


def test_a_word_that_is_not_there_is_said_to_be_too_rare_for_the_page(page: Page) -> None:
    page.search("qqqq")
    assert page.texts("#found li") == ["No word on this page. Rarer words are left out; --words takes more."]
    page.press("Enter", "Escape", "Escape")
    assert page.js("[document.getElementById('search').value, document.getElementById('found').hidden]") == ["", True]


def test_a_map_is_moved_and_zoomed_and_chosen_from_by_keys(page: Page, models: Models) -> None:
    page.js("document.querySelector('canvas').focus()")
    scale, left, top = page.view()

    page.press("ArrowLeft", "ArrowUp")
    assert page.view() == pytest.approx((scale, left + 70, top + 70))
    page.press("ArrowRight", "ArrowDown", "+", "+", "-")
    assert page.view()[0] == pytest.approx(1.4 * scale)
    page.press("Enter")
    assert page.neighbors() == expected(models[0], page.text("#word"))
    page.press("0")
    assert page.view() == pytest.approx((scale, left, top))
    page.press("Escape")
    assert page.js("[document.getElementById('chosen').hidden, location.hash]") == [True, ""]


def test_everything_is_reached_by_the_tab_key_in_the_order_of_the_page(page: Page) -> None:
    page.js("choose('music')")
    page.js("document.activeElement.blur()")
    reached = []
    for _ in range(6 + 1 + 10 + len(page.texts("#groups button"))):
        page.press("Tab")
        reached.append(page.js("document.activeElement.id || document.activeElement.textContent || document.activeElement.tagName"))

    assert reached[:7] == ["search", "colour", "theme", "zoom-in", "zoom-out", "zoom-all", "CANVAS"]
    assert reached[7:17] == [word for word, _ in page.neighbors()]
    assert reached[17:] == page.texts("#groups button")


def test_a_neighbour_is_chosen_by_enter_and_it_is_said_aloud(page: Page, models: Models) -> None:
    page.js("choose('music')")
    near = page.neighbors()[0][0]
    page.js("document.querySelector('#neighbors button').focus()")

    page.press("Enter")

    assert page.text("#word") == near
    said = page.js("document.getElementById('spoken').textContent")
    assert said.startswith(f"{near}. Nearest words: ")
    assert all(each.word in said for each in models[0].neighbors(near, 10))


def test_every_control_has_a_name_and_a_role(page: Page) -> None:
    page.js("choose('music')")

    def nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
        return [node, *(each for child in node.get("children", []) for each in nodes(child))]

    found = nodes(page.do("accessibility"))
    named = {(node["role"], node.get("name", "")) for node in found}
    assert {("combobox", "Search"), ("combobox", "Colour"), ("combobox", "Theme"), ("button", "Zoom in"), ("button", "Zoom out")} <= named
    assert next(name for role, name in named if role == "application").startswith(f"Map of {len(WORDS)} words.")
    assert all(node.get("name") for node in found if node["role"] in {"button", "combobox", "application", "link"})


# --- looks ------------------------------------------------------------------------------------------------------------


def test_the_theme_follows_the_system_and_can_be_chosen(page: Page) -> None:
    page.do("media", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert (dark(page, "paper"), dark(page, "ink")) == (True, False)
    wait_until(lambda: page.js("maps[0].colours.paper === colour('paper')"), what="the map in dark colours")

    page.js(
        "(() => { const theme = document.getElementById('theme'); theme.value = 'light'; theme.dispatchEvent(new Event('change')); })()"
    )
    assert (dark(page, "paper"), dark(page, "ink")) == (False, True)
    assert page.js("maps[0].colours.paper") == page.js("colour('paper')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(page: Page, scheme: str) -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1."""
    page.do("media", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def luminance(name: str) -> float:
        channels = np.array(page.js(f"colour({json.dumps(name)}).match(/\\d+/g).map(Number)")) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    for name in ("ink", "quiet", "accent", "mark", *(f"group-{group}" for group in range(12)), *(f"change-{bin_}" for bin_ in range(6))):
        pair = sorted([luminance(name), luminance("paper")])
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, name


def test_print_is_light_without_tools_and_with_the_words(page: Page) -> None:
    page.js("(() => { const theme = document.getElementById('theme'); theme.value = 'dark'; theme.dispatchEvent(new Event('change')); })()")
    page.js("choose('music')")

    page.do("media", type="print")

    wait_until(lambda: page.js("maps[0].colours.paper") == "rgb(255, 255, 255)", what="light colours on the map")
    assert page.js("getComputedStyle(document.querySelector('.tools')).display") == "none"
    assert page.js("document.querySelector('#neighbors').getBoundingClientRect().height > 100") is True
    assert page.js("document.querySelector('#panel').scrollHeight <= document.querySelector('#panel').clientHeight + 1") is True


def test_a_map_moves_to_a_word_at_once_where_less_motion_is_wanted_and_slowly_elsewhere(page: Page) -> None:
    page.js("choose('music')")
    box = page.js(
        "(() => { const box = maps[0].canvas.getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]; })()"
    )
    assert page.at("music") == pytest.approx(tuple(box), abs=1)

    page.do("media", features=[])
    page.js("choose('war')")
    assert page.at("war") != pytest.approx(tuple(box), abs=1)
    wait_until(lambda: page.at("war") == pytest.approx(tuple(box), abs=1), what="the movement")


def test_on_a_narrow_window_the_panel_is_below_the_map(browser: Browser, one: Path) -> None:
    page = browser.open(one, 380, 700)

    assert page.js(
        "document.querySelector('#panel').getBoundingClientRect().top >= document.querySelector('.map').getBoundingClientRect().bottom"
    )
    assert page.js("document.documentElement.scrollWidth <= innerWidth") is True
    page.close()


def test_an_address_with_a_word_shows_it_and_one_that_is_none_shows_all(browser: Browser, one: Path) -> None:
    for address, word in ((f"{one}#music", "music"), (f"{one}#%E0%A4", ""), (f"{one}#nobody", "")):
        page = browser.open(Path(address))
        assert page.js("document.getElementById('word').textContent") == word
        assert page.problems() == []
        page.close()


# --- two models -------------------------------------------------------------------------------------------------------


def test_two_models_are_linked_by_their_words(pair: Page, models: Models) -> None:
    pair.search("song")
    pair.press("Enter")

    assert [pair.neighbors(side) for side in (0, 1)] == [expected(model, "song") for model in models]
    both = {word for word, _ in pair.neighbors(0)} & {word for word, _ in pair.neighbors(1)}
    assert set(pair.texts("#neighbors .both button")) == both
    assert pair.js("maps.map(map => map.chosen)") == [WORDS.index("song")] * 2
    assert pair.texts(".map .name") == ["A: first", "B: second"]


def test_what_changed_is_listed_and_is_a_colour(pair: Page) -> None:
    changed = pair.texts("#changed button")
    assert changed[0] == "king"

    pair.click_nth("#changed button", 0)
    assert pair.text("#word") == "king"
    figure = float(pair.texts("#changed .figure")[0])
    assert f"cosine of its two vectors {figure:.3f}" in pair.text("#facts")

    pair.js("(() => { const way = document.getElementById('colour'); way.value = 'change'; way.dispatchEvent(new Event('change')); })()")
    groups = pair.js("[...maps[0].groups]")
    assert groups[WORDS.index("king")] == 4
    assert groups[WORDS.index("river")] == 5
    assert {0, 1, 2, 3, 4, 5} == set(groups)
    assert pair.texts("#groups button")[-1] == "in one of the runs only"


def test_a_word_of_one_model_is_said_to_be_missing_in_the_other(pair: Page) -> None:
    pair.search("sea")
    pair.press("Enter")

    assert "It is not among the words of this run on this page." in pair.text("#neighbors section:first-child")
    assert pair.js("maps.map(map => map.chosen)") == [None, WORDS.index("river")]
    assert len(pair.neighbors(1)) == 10


def test_one_model_has_no_colour_for_change(page: Page) -> None:
    assert page.texts("#colour option") == ["by cluster"]
    assert page.js("document.getElementById('changes').hidden") is True


# --- size -------------------------------------------------------------------------------------------------------------


def test_fifty_thousand_words_are_one_page_of_less_than_thirty_megabytes_that_searches_and_draws(browser: Browser, tmp_path: Path) -> None:
    count = 50_000
    chance = np.random.default_rng(1)
    words = tuple(f"{PLAIN[row % len(PLAIN)]}{row}" for row in range(count))
    near, cosines = chance.integers(0, count, (count, 10)), chance.random((count, 10)).astype(np.float32)
    side = explorer.Side("large", words, count, chance.standard_normal((count, 2)) * 40, np.arange(count) % 12, near, cosines)
    path = tmp_path / "large.html"
    path.write_text(explorer_page.page(explorer.Exploration((side,), tuple((word,) for word in words[:12]))), encoding="utf-8")
    assert path.stat().st_size < 30_000_000

    page = browser.open(path)
    page.search("river49832")
    page.press("Enter")

    shown = page.neighbors()
    assert [word for word, _ in shown] == [words[row] for row in near[49832]]
    assert [figure for _, figure in shown] == pytest.approx(cosines[49832].tolist(), abs=0.00051)
    wait_until(lambda: page.js("maps[0].frames > 0 && !maps[0].moving"), what="a frame")
    assert page.problems() == []
    page.close()
