import hashlib
import io
import json
import os
import sys
import threading
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from blazingtext import __version__
from blazingtext.corpus import preparation, recipe, sources
from blazingtext.corpus.normaliser import Normaliser, Numbers, Punctuation
from blazingtext.corpus.recipe import RecipeError
from blazingtext.corpus.statistics import statistics
from blazingtext_lifecycle.errors import CorpusError

TEXT = "Dr. Ünal's 3 cats: don't feed them! İki kedi, 12 köpek.\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def raw(folder: Path, name: str = "raw.txt", text: str = TEXT) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def prepared(folder: Path, name: str = "wiki.txt", text: str = TEXT, **settings: Any) -> Path:
    out = folder / name
    preparation.prepare([str(raw(folder, f"raw-{name}", text))], out, normaliser=Normaliser(**settings), force=True)
    return out


def document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(recipe.beside(path).read_bytes())
    return found


def test_what_is_prepared_has_its_recipe_beside_it(tmp_path: Path) -> None:
    source = raw(tmp_path, text="text,class\nGood 1 film,pos\n,neg\n")
    out = tmp_path / "out" / "reviews.txt"

    made = preparation.prepare(
        [str(source)],
        out,
        normaliser=Normaliser(numbers=Numbers.SPELL, language="tr"),
        shape=preparation.Shape(minimum_words=2),
        reading=sources.Reading(column="text", label_column="class"),
    )

    content = out.read_bytes()
    assert made.recipe_file == out.with_name("reviews.txt.recipe.json")
    assert made.sha256 == sha256(content)
    assert document(out) == {
        "format": 1,
        "normaliser": {"form": "NFKC", "language": "tr", "lower": True, "numbers": "spell", "punctuation": "drop"},
        "prepared": [
            {
                "version": __version__,
                "rules": recipe.RULES,
                "unicode": unicodedata.unidata_version,
                "lines": {"split_sentences": True, "wrapped": False, "minimum_words": 2, "maximum_words": 1000, "deduplicate": None},
                "reading": {"encoding": "", "column": "text", "label_column": "class", "header": None, "plain": False, "share": "1/1"},
                "sources": {"files": 1, "size": source.stat().st_size, "sha256": sha256(source.read_bytes())},
                "left_out": {"rows with an empty text": 1},
                "result": {"lines": 1, "words": 3, "size": len(content), "sha256": sha256(content)},
            }
        ],
    }


def test_several_sources_have_one_hash_that_can_be_made_by_hand(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    parts = [raw(tmp_path / "in", name, name) for name in ("a", "b")]
    out = tmp_path / "out.txt"

    preparation.prepare([str(tmp_path / "in")], out)

    hashes = "".join(f"{sha256(each.read_bytes())}\n" for each in parts)
    assert document(out)["prepared"][0]["sources"] == {"files": 2, "size": 2, "sha256": sha256(hashes.encode())}


def test_stdin_is_hashed_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # More than the reader needs: it is hashed to its end.
    given = TEXT.encode() * 50_000
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))

    preparation.prepare(["-"], tmp_path / "out.txt")

    assert document(tmp_path / "out.txt")["prepared"][0]["sources"] == {"files": 1, "size": len(given), "sha256": sha256(given)}


def test_a_pipe_is_hashed_while_it_is_read(tmp_path: Path) -> None:
    pipe, given = tmp_path / "pipe", TEXT.encode() * 3
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(given,))
    writer.start()

    preparation.prepare([str(pipe)], tmp_path / "out.txt")
    writer.join()

    assert document(tmp_path / "out.txt")["prepared"][0]["sources"]["sha256"] == sha256(given)


def test_a_source_that_is_gone_before_it_is_hashed_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"gone cannot be read\. No such file"):
        recipe.sources_of([tmp_path / "gone"], {})


def test_nothing_lies_beside_stdout_or_a_device(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    source = raw(tmp_path)

    streamed = preparation.prepare([str(source)], Path("-"))
    dropped = preparation.prepare([str(source)], Path(os.devnull))

    assert (streamed.recipe_file, dropped.recipe_file) == (None, None)
    assert streamed.sha256 == dropped.sha256
    assert list(tmp_path.iterdir()) == [source]


def test_recipes_are_no_sources(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    prepared(tmp_path / "in", text="some words")
    assert recipe.beside(tmp_path / "in" / "wiki.txt").is_file()

    made = preparation.prepare([str(tmp_path / "in"), str(tmp_path / "in" / "*")], tmp_path / "out.txt")

    assert made.files == 2
    assert (tmp_path / "out.txt").read_text() == "some words\n" * 2


def test_a_json_file_that_only_is_called_a_recipe_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    raw(tmp_path / "in", "soup.recipe.json", "plain words")

    assert preparation.prepare([str(tmp_path / "in")], tmp_path / "out.txt").files == 1


def test_statistics_say_how_a_corpus_was_prepared(tmp_path: Path) -> None:
    path = prepared(tmp_path)

    found = statistics(path)

    assert found.sha256 == sha256(path.read_bytes())
    assert found.recipe == "NFKC, lower case, digits kept, punctuation dropped"
    assert not [warning for warning in found.warnings if "recipe" in warning]


def test_statistics_say_that_a_corpus_has_changed_since(tmp_path: Path) -> None:
    path = prepared(tmp_path)
    path.write_text("other words\n")

    found = statistics(path)

    assert found.recipe == ""
    assert [warning for warning in found.warnings if "has changed since it was prepared" in warning and str(recipe.beside(path)) in warning]


def test_statistics_without_a_recipe_say_nothing_of_one(tmp_path: Path) -> None:
    path = raw(tmp_path, text="some words\n")

    found = statistics(path)

    assert (found.recipe, found.sha256) == ("", sha256(b"some words\n"))
    assert "recipe" not in "".join(found.warnings)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"lower": False, "numbers": Numbers.DROP},
        {"numbers": Numbers.SPELL, "punctuation": Punctuation.SPLIT, "form": "NFC"},
        {"language": "tr"},
    ],
)
def test_a_recipe_that_is_read_again_prepares_as_the_corpus_was(tmp_path: Path, settings: dict[str, Any]) -> None:
    path = prepared(tmp_path, **settings)

    found = recipe.read(recipe.beside(path))

    assert found is not None
    assert found.normaliser == Normaliser(**settings)
    assert found.document() == recipe.beside(path).read_bytes()
    assert " ".join(path.read_text(encoding="utf-8").split()) == found.words(TEXT)


def test_the_same_recipe_has_the_same_bytes() -> None:
    def of(**left_out: int) -> bytes:
        content = recipe.Content(1, 1, 1, "0" * 64)
        sources_ = recipe.Sources(1, 1, "0" * 64)
        return recipe.made(Normaliser(), content, lines={}, reading={}, sources=sources_, left_out=left_out).document()

    assert of(a=1, b=2) == of(b=2, a=1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:-10], "is not the recipe of a corpus: "),
        (lambda _: "[1]", "is not the recipe of a corpus: "),
        (lambda _: "[" * 100_000, "is not the recipe of a corpus: "),
        (lambda _: "{}", "is not the recipe of a corpus: 'format' is missing"),
        (lambda text: text.replace('"format": 1', '"format": 3'), "has the format 3, and this version reads 2. Update blazingtext-cdk."),
        (lambda text: text.replace('"keep"', '"shout"'), "'shout' is not a valid Numbers"),
        (lambda text: text.replace('"lower": true', '"lower": 1'), "a setting of its normaliser is unknown"),
        (lambda text: text.replace("NFKC", "NFX"), "a setting of its normaliser is unknown"),
        (lambda text: text.replace('"language": ""', '"language": "xx"'), "a setting of its normaliser is unknown"),
        (lambda text: text.replace('"result"', '"results"'), "'result' is missing"),
        (lambda text: text.replace('"sha256": "', '"sha256": "0'), "the SHA-256 of what was written is none"),
        (lambda text: text + " " * recipe.MAXIMUM_BYTES, "it has more than 16,000,000 bytes"),
    ],
)
def test_what_is_no_recipe_is_refused(tmp_path: Path, change: Any, said: str) -> None:
    path = prepared(tmp_path)
    recipe.beside(path).write_text(change(recipe.beside(path).read_text()))

    with pytest.raises(RecipeError) as refused:
        statistics(path)

    assert said in str(refused.value)
    assert str(refused.value).startswith(f"{path}.recipe.json")


def test_a_recipe_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    path = raw(tmp_path, text="some words\n")
    recipe.beside(path).mkdir()

    with pytest.raises(RecipeError, match=r"recipe\.json cannot be read\. Is a directory"):
        statistics(path)


def test_an_empty_corpus_leaves_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        preparation.prepare([str(raw(tmp_path, text="...\n"))], tmp_path / "out.txt")

    assert not recipe.beside(tmp_path / "out.txt").exists()


class TestSeveralFiles:
    def of(self, *paths: Path) -> tuple[recipe.Recipe | None, list[str]]:
        return recipe.of_files([(path, sha256(path.read_bytes())) for path in paths])

    def test_files_that_were_prepared_the_same_way_have_one_recipe(self, tmp_path: Path) -> None:
        paths = [prepared(tmp_path, name, name) for name in ("a", "b")]

        found, said = self.of(*paths)

        assert found is not None
        assert (found.normaliser, said) == (Normaliser(), [])
        assert [each.result.sha256 for each in found.prepared] == [sha256(path.read_bytes()) for path in paths]

    def test_files_without_recipes_have_none_and_that_is_normal(self, tmp_path: Path) -> None:
        assert self.of(raw(tmp_path)) == (None, [])

    def test_a_file_without_one_beside_one_with_one_is_said(self, tmp_path: Path) -> None:
        found, (said,) = self.of(prepared(tmp_path, "a"), raw(tmp_path, "bare"))

        assert found is None
        assert said.startswith(f"{tmp_path / 'bare'} has no recipe beside it, so no recipe goes with the corpus.")

    def test_a_file_that_has_changed_is_said(self, tmp_path: Path) -> None:
        path = prepared(tmp_path, "a")
        path.write_text("other\n")

        found, (said,) = self.of(path)

        assert found is None
        assert said.startswith(f"{path} has changed since it was prepared, so no recipe goes with the corpus.")

    def test_files_that_were_prepared_differently_are_said(self, tmp_path: Path) -> None:
        found, (said,) = self.of(prepared(tmp_path, "a"), prepared(tmp_path, "b", lower=False))

        assert found is None
        assert f"({tmp_path / 'a'}: NFKC, lower case" in said
        assert f"{tmp_path / 'b'}: NFKC, capitals kept" in said


def test_a_recipe_of_other_rules_is_not_applied(tmp_path: Path) -> None:
    path = prepared(tmp_path)
    recipe.beside(path).write_text(recipe.beside(path).read_text().replace(f'"rules": {recipe.RULES}', '"rules": 99'))
    found = recipe.read(recipe.beside(path))

    assert found is not None
    with pytest.raises(RecipeError, match=rf"of run was made by rules 99 of blazingtext-cdk {__version__}, and this version has rules 1"):
        recipe.usable(found, "The recipe of run")


def test_the_rules_have_a_new_number_when_a_text_becomes_something_else() -> None:
    text = "".join(
        chr(code) + ("\n" if code % 64 == 63 else "x" if code % 3 else " ") for code in range(0x3000) if not 0xD800 <= code < 0xE000
    )
    every = [
        Normaliser(lower, numbers, punctuation, form, language)
        for lower in (True, False)
        for numbers in Numbers
        for punctuation in Punctuation
        for form in ("NFC", "NFKC")
        for language in ("", "tr")
    ]
    assigned = "".join(each for each in text if each.isascii() or unicodedata.ucd_3_2_0.category(each) != "Cn")

    made = sha256("\n".join("\n".join(each.lines(assigned)) for each in every).encode())

    # Raise `recipe.RULES` with this hash: models that were trained before must not be asked by other rules.
    assert (recipe.RULES, made) == (1, "19ca0a8ea3bcf317375796f58bff96adecf334114b23188126ab3f44f826c4b5")
