"""A text where a list is meant is refused with what to write, before anything is asked of AWS."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import boto3
import numpy as np
import pytest

import blazingtext
from blazingtext.arguments import several
from blazingtext.client import BlazingText
from blazingtext.vectors import word_map
from blazingtext.vectors.word_vectors import Vectors
from blazingtext_lifecycle.errors import RequestError, UserError
from tests.unit.blazingtext.cloud_fakes import FakeSession

VECTORS = Vectors(("king", "queen"), np.ones((2, 2), np.float32))


@pytest.mark.parametrize(
    ("method", "given", "words"),
    [
        ("predict", {"words": "king"}, "predict(...) takes a list of words, and 'king' is no list. Write: predict(['king'])"),
        ("predict", {"words": b"king"}, "predict(...) takes a list of words, and b'king' is no list. Write: predict(['king'])"),
        ("classify", {"texts": "a text"}, "classify(...) takes a list of texts, and 'a text' is no list. Write: classify(['a text'])"),
        ("compare", {"jobs": "a"}, "compare(...) takes a list of jobs, and 'a' is no list. Write: compare(['a'])"),
        ("compare", {"jobs": ["a", "b"], "pairs": "p.txt"}, "Write: compare(jobs, pairs=['p.txt'])"),
        ("explore", {"path": "x.html", "jobs": "a"}, "Write: explore('x.html', ['a'])"),
        ("evaluate", {"pairs": "p.txt"}, "Write: evaluate(pairs=['p.txt'])"),
        ("upload", {"corpus": "wiki", "files": "a.txt"}, "Write: upload('wiki', ['a.txt'])"),
        ("upload", {"corpus": "wiki", "files": Path("a.txt")}, "Write: upload('wiki', ['a.txt'])"),
        ("upload", {"corpus": "wiki", "files": ["a.txt"], "validation": "b.txt"}, "Write: upload('wiki', files, validation=['b.txt'])"),
        ("prepare_on_aws", {"sources": "s3://a/", "corpus": "wiki"}, "Write: prepare_on_aws(['s3://a/'])"),
        ("audit", {"regions": "eu-west-1"}, "Write: audit(regions=['eu-west-1'])"),
        ("tune", {"corpus": "wiki", "ranges": {}, "warm_start": "t"}, "Write: tune(corpus, ranges, warm_start=['t'])"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_text_is_no_list_of_texts(method: str, given: dict[str, Any], words: str) -> None:
    # Without a client: a call would fail.
    client = BlazingText("dev", cast("boto3.Session", FakeSession()))

    with pytest.raises(RequestError) as caught:
        getattr(client, method)(**given)

    assert str(caught.value).endswith(words)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, """predict(...) takes a list of words, and None is no list. Write: predict(["..."])"""),
        (7, """predict(...) takes a list of words, and 7 is no list. Write: predict(["..."])"""),
        (["a", 7], "element 1 of this one is 7, which is no text. Write: '7'"),
        ([b"a"], "element 0 of this one is b'a', which is no text. Write: 'a'"),
    ],
)
def test_what_holds_something_else_is_refused(given: Any, words: str) -> None:
    with pytest.raises(RequestError) as caught:
        several("predict(", "words", given)

    assert str(caught.value).endswith(words)


def test_every_kind_of_list_is_taken() -> None:
    assert several("f(", "words", ("a", "b")) == ["a", "b"]
    assert several("f(", "words", (word for word in ["a"])) == ["a"]
    assert several("f(", "files", [Path("a"), "b"]) == [Path("a"), "b"]
    assert several("f(", "words", []) == []


def test_a_words_own_map_is_asked_for_with_a_list() -> None:
    with pytest.raises(RequestError, match=r"Write: Look\(own=\['king'\]\)"):
        word_map.draw_inline(VECTORS, word_map.Look(own=cast("tuple[str, ...]", "king")))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: blazingtext.benchmark(VECTORS, cast("str", b"x")), "Write: benchmark(on=['x'])"),
        (lambda: blazingtext.evaluate_classifier("m", cast("str", b"x")), "Write: evaluate_classifier(texts=['x'])"),
        (lambda: blazingtext.train(cast("str", b"x"), "m"), "Write: train(['x'])"),
    ],
    ids=["benchmark", "evaluate_classifier", "train"],
)
def test_where_one_path_is_taken_bytes_are_not(asked: Callable[[], object], words: str) -> None:
    with pytest.raises(RequestError) as caught:
        asked()

    assert str(caught.value).endswith(words)


def test_what_is_no_text_is_no_query() -> None:
    with pytest.raises(UserError, match=r"\['king'\] is no text\. Ask for the neighbors of one word"):
        VECTORS.neighbors(cast("str", ["king"]))
