"""The explorer's page as text: words are data, the policy names its own script and style, nothing is asked of a network."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from blazingtext.vectors import explorer_page
from blazingtext.vectors.explorer import Exploration, Side
from tests.browser.words import WORDS


def side(name: str, *, same: bool = False) -> Side:
    count = len(WORDS)
    near = np.array([[(row + step) % count for step in range(1, 11)] for row in range(count)])
    cosines = np.linspace(1, -1, near.size, dtype=np.float32).reshape(near.shape)
    shown = np.where(np.arange(count) % 2, 0.5, np.nan) if same else None
    return Side(name, WORDS, 99, np.arange(2.0 * count).reshape(count, 2), np.arange(count) % 3, near, cosines, shown)


@pytest.fixture(name="page", scope="module")
def _page() -> str:
    return explorer_page.page(Exploration((side("</title><script>alert(1)</script>"),), (WORDS[:3], WORDS[3:6], WORDS[6:9])))


class Elements(HTMLParser):
    """Every element with its attributes and, for scripts and styles, its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] in {"script", "style"} and data.strip():
            self.texts.append(data)


def test_no_word_and_no_name_makes_an_element(page: str) -> None:
    scripts = [attributes for tag, attributes in Elements(page).found if tag == "script"]

    assert scripts == [{"type": "application/json", "id": "data"}, {}]
    assert {tag for tag, _ in Elements(page).found}.isdisjoint({"img", "svg", "iframe", "link", "object"})
    assert not set("<>&\u2028\u2029") & set(Elements(page).texts[1])


def test_the_data_are_what_was_found(page: str) -> None:
    data = json.loads(Elements(page).texts[1])
    (model,) = data["models"]
    expected = side("")

    assert (tuple(model["words"]), model["total"], model["same"]) == (WORDS, 99, None)
    for name, kind, values in (
        ("places", "<f4", expected.places),
        ("neighbors", "<u4", expected.neighbors),
        ("cosines", "<f4", expected.cosines),
        ("clusters", "<u1", expected.clusters),
    ):
        assert np.array_equal(np.frombuffer(base64.b64decode(model[name]), kind), values.astype(kind).ravel())
    assert "9" in data["made"]


def test_the_policy_lets_this_script_and_this_style_run_and_nothing_else(page: str) -> None:
    style, _, script = Elements(page).texts
    (policy,) = [
        attributes["content"] for tag, attributes in Elements(page).found if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert rules == {
        "default-src": "'none'",
        "script-src": hashed(script),
        "style-src": hashed(style),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_nothing_is_asked_of_a_network_and_no_text_becomes_markup(page: str) -> None:
    script = Elements(page).texts[2]

    assert not re.search(r"https?:|//\w+\.\w|url\(|@import", page.replace(Elements(page).texts[1], ""))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|fetch|XMLHttp|WebSocket|import\(", script)


def test_two_models_have_what_changed() -> None:
    page = explorer_page.page(Exploration((side("a", same=True), side("b", same=True)), (WORDS[:3],) * 3, WORDS[:2]))
    data = json.loads(Elements(page).texts[1])

    assert data["changed"] == list(WORDS[:2])
    same = np.frombuffer(base64.b64decode(data["models"][1]["same"]), "<f4")
    assert np.isnan(same).tolist() == [row % 2 == 0 for row in range(len(WORDS))]
    assert "<title>a beside b</title>" in page
    assert "Procrustes" in data["made"]
