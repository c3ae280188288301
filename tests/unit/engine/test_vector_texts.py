"""Vectors as JSON, which are encoded once for frequent words."""

from pathlib import Path

import orjson
import pytest

from blazingtext_engine.corpus.words import Subwords
from blazingtext_engine.inference import WordVectorModel, load
from blazingtext_engine.vector_texts import VectorTexts
from tests.unit.engine.saved_models import save_vectors


def encoded(texts: VectorTexts, words: list[str]) -> bytes:
    return orjson.dumps(texts.of(words), option=orjson.OPT_SERIALIZE_NUMPY)


@pytest.fixture(name="model", params=[None, Subwords(2, 4, 7)], ids=["words", "n-grams"])
def _model(tmp_path: Path, request: pytest.FixtureRequest) -> WordVectorModel:
    save_vectors(tmp_path, request.param)
    model = load(tmp_path)
    assert isinstance(model, WordVectorModel)
    return model


@pytest.mark.parametrize("kept", [0, 1, 1000], ids=["none", "the first", "all"])
def test_a_text_is_the_same_first_and_later_and_whether_or_not_it_is_kept(model: WordVectorModel, kept: int) -> None:
    words = [word.decode("utf-8", "replace") for word in model.words]
    asked = [*words, "unheardof", words[0], ""]
    plain = orjson.dumps(model.vectors(asked), option=orjson.OPT_SERIALIZE_NUMPY)
    texts = VectorTexts(model, 21 * model.dim * kept)

    assert [encoded(texts, asked) for _ in range(2)] == [plain, plain]


def test_frequent_words_are_encoded_once_and_others_every_time(model: WordVectorModel, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [word.decode("utf-8", "replace") for word in model.words]
    texts, asked, vectors = VectorTexts(model, 21 * model.dim), list[str](), model.vectors

    def noted(wanted: list[str]) -> object:
        asked.extend(wanted)
        return vectors(wanted)

    monkeypatch.setattr(model, "vectors", noted)
    for _ in range(2):
        texts.of([words[0], words[1], "unheardof"])

    assert asked == [words[0], words[1], "unheardof", words[1], "unheardof"]
