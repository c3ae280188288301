import json
import re
from pathlib import Path
from typing import Any

import pytest
from gensim.models.phrases import ENGLISH_CONNECTOR_WORDS
from gensim.models.phrases import Phrases as Gensim
from hypothesis import given, settings
from hypothesis import strategies as st

from blazingtext.corpus import phrase_joining, phrases, preparation, public_corpora, recipe
from blazingtext.corpus.phrase_counts import ENGLISH, PhraseCounts, PhraseSettings, PhraseSettingsError, Scoring
from blazingtext.corpus.phrases import Joiner
from blazingtext.corpus.recipe import RecipeError
from blazingtext.serving import questions
from blazingtext_lifecycle.errors import CorpusError, UserError
from tests.unit.blazingtext.conftest import Typed

# Words that look joined, connector words, and few others, so that all meet.
WORDS = st.sampled_from(["a", "b", "c", "of", "the", "a_b", "b_c", "_", "a_of_b", "a__"])
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=8), min_size=1, max_size=30)
NEW_YORK = "I love New York. New York is new.\nBank of America in New York\n"
LOOSE = PhraseSettings(minimum_count=2, threshold=0.05, connector_words=ENGLISH)


def joined(sentences: list[list[str]], settings: PhraseSettings) -> list[list[str]]:
    """Sentences with their phrases joined, as the project does it."""
    counts = PhraseCounts(settings)
    for sentence in sentences:
        counts.add([word.encode() for word in sentence])
    joiner = Joiner(settings, frozenset(counts.phrases()))
    return [joiner.line(" ".join(sentence).encode())[0].decode().split() for sentence in sentences]


def by_gensim(sentences: list[list[str]], settings: PhraseSettings) -> list[list[str]]:
    """Likewise, as gensim does it."""
    peer = Gensim(
        sentences,
        min_count=settings.minimum_count,
        threshold=settings.threshold,
        max_vocab_size=settings.maximum_vocabulary,
        delimiter=settings.delimiter,
        scoring=str(settings.scoring),
        connector_words=frozenset(settings.connector_words),
    )
    return [peer[sentence] for sentence in sentences]


def corpus(folder: Path, text: str = NEW_YORK, times: int = 7, name: str = "corpus.txt") -> Path:
    raw, out = folder / f"raw-{name}", folder / name
    raw.write_text(text * times, encoding="utf-8")
    preparation.prepare([str(raw)], out, force=True)
    return out


@settings(max_examples=300)
@given(
    TEXTS,
    st.builds(
        PhraseSettings,
        minimum_count=st.integers(1, 3),
        threshold=st.sampled_from([0.05, 0.3, 0.9]),
        scoring=st.sampled_from(Scoring),
        connector_words=st.sampled_from([(), ("of", "the")]),
        maximum_vocabulary=st.sampled_from([5, 12, 40_000_000]),
    ),
)
def test_phrases_are_those_of_gensim(sentences: list[list[str]], settings: PhraseSettings) -> None:
    assert joined(sentences, settings) == by_gensim(sentences, settings)


@pytest.mark.parametrize(
    "settings",
    [
        PhraseSettings(),
        PhraseSettings(scoring=Scoring.NPMI, threshold=0.5, connector_words=ENGLISH, delimiter="\u2581"),
        PhraseSettings(maximum_vocabulary=20_000),
    ],
)
def test_phrases_of_wikipedia_are_those_of_gensim_in_two_passes(tmp_path: Path, settings: PhraseSettings) -> None:
    words = public_corpora.sample(tmp_path / "wiki.txt").read_text(encoding="utf-8")[:600_000].split()
    sentences = [words[start : start + 17] for start in range(0, len(words), 17)]

    once = joined(sentences, settings)

    assert once == by_gensim(sentences, settings)
    assert once != sentences
    assert joined(once, settings) == by_gensim(once, settings)


def test_english_connector_words_are_those_of_gensim() -> None:
    assert set(ENGLISH) == ENGLISH_CONNECTOR_WORDS


def test_labels_are_no_part_of_phrases_and_stay_where_they_are() -> None:
    settings = PhraseSettings(minimum_count=1, threshold=0.01)
    counts = PhraseCounts(settings)
    joiner = Joiner(settings, frozenset([b"a b", b"__label__x a", b"__label__x __label__z", b"b c"]))
    counts.add([b"a"])

    assert joiner.line(b"__label__x a b __label__y c a b") == (b"__label__x a_b __label__y c a_b", [b"a_b", b"a_b"])
    assert joiner.line(b"__label__x __label__z a b") == (b"__label__x __label__z a_b", [b"a_b"])
    assert counts.words == 1


def test_the_phrases_of_a_labelled_corpus_are_those_of_its_words(tmp_path: Path) -> None:
    plain, labelled = tmp_path / "plain.txt", tmp_path / "labelled.txt"
    lines = ["new york is new", "in new york", "york is"] * 9
    plain.write_text("\n".join(lines) + "\n", encoding="utf-8")
    labelled.write_text("".join(f"__label__{n % 2} {line}\n" for n, line in enumerate(lines)), encoding="utf-8")

    found = phrase_joining.find([labelled], LOOSE)

    assert found == phrase_joining.find([plain], LOOSE)
    assert found.table is not None
    assert b"new york" in found.table
    made = phrase_joining.join([labelled], tmp_path / "out.txt", settings=LOOSE)
    assert made.words == sum(len(line.split()) - line.count("__label__") for line in made.path.read_text(encoding="utf-8").splitlines())


def test_a_corpus_is_joined_counted_and_reported(tmp_path: Path) -> None:
    source, out = corpus(tmp_path), tmp_path / "joined.txt"
    read: list[int] = []

    made = phrase_joining.join([source], out, settings=LOOSE, advance=read.append)

    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines == ["i_love new_york", "new_york is_new", "bank_of_america in new_york"] * 7
    assert (made.lines, made.words, made.size) == (21, 7 * 7, out.stat().st_size)
    assert made.joined == 6 * 7
    assert made.frequent == (("new_york", 21), ("i_love", 7), ("is_new", 7), ("bank_of_america", 7))
    assert sum(read) == 2 * source.stat().st_size
    with pytest.raises(UserError, match="exists"):
        phrase_joining.join([source], out, settings=LOOSE)


def test_shares_in_order_are_one_corpus(tmp_path: Path) -> None:
    whole, parts = corpus(tmp_path), []
    for number, part in enumerate(("I love New York. New York is new.\nBank of America in New York\n" * 3, NEW_YORK * 4)):
        parts.append(corpus(tmp_path, part, 1, f"{number}.txt"))

    of_parts = phrase_joining.join(parts, tmp_path / "a.txt", settings=LOOSE)
    of_whole = phrase_joining.join([whole], tmp_path / "b.txt", settings=LOOSE)

    assert of_parts.sha256 == of_whole.sha256
    found = recipe.read(tmp_path / "a.txt.recipe.json")
    assert found is not None
    assert len(found.prepared[0].lines["prepared"]) == 2
    assert recipe.of_files([(of_parts.path, of_parts.sha256)])[0] == found


def test_a_text_in_one_line_is_read_in_pieces_and_written_as_one_line(tmp_path: Path) -> None:
    source, out = tmp_path / "text8.txt", tmp_path / "joined.txt"
    source.write_text("new york is new " * 300_000, encoding="utf-8")

    made = phrase_joining.join([source], out, settings=PhraseSettings(threshold=0.2))

    content = out.read_text(encoding="utf-8")
    assert content.count("\n") == made.lines == 1
    # A phrase is not found where two pieces meet.
    assert set(content.split()) <= {"new_york", "is_new", "new", "york", "is"}
    assert content.replace("_", " ").split() == source.read_text(encoding="utf-8").split()
    assert made.words == len(content.split())


def test_questions_are_joined_as_the_corpus_was(tmp_path: Path) -> None:
    source = corpus(tmp_path)
    phrase_joining.join([source], tmp_path / "joined.txt", settings=LOOSE)

    found = recipe.read(tmp_path / "joined.txt.recipe.json")

    assert found is not None
    assert found.words("NEW York & the Bank of America!") == "new_york the bank_of_america"
    assert [each.instance for each in questions.prepared(found, ["New York is"], whole=False)] == ["new_york", "is"]
    assert [each.instance for each in questions.prepared(found, ["New York is"], whole=True)] == ["new_york is"]
    assert found.in_words.endswith("phrases joined")
    assert recipe.parse(found.document(), "it") == found


def test_phrases_of_phrases_travel_pass_by_pass(tmp_path: Path) -> None:
    source = corpus(tmp_path, "".join(f"New York Times w{n}\n" for n in range(20)), 1)
    loose = PhraseSettings(minimum_count=2, threshold=0.5)

    phrase_joining.join([source], tmp_path / "1.txt", settings=loose)
    phrase_joining.join([tmp_path / "1.txt"], tmp_path / "2.txt", settings=loose)

    found = recipe.read(tmp_path / "2.txt.recipe.json")
    assert found is not None
    assert "new_york_times w0\n" in (tmp_path / "2.txt").read_text(encoding="utf-8")
    assert found.words("New York Times") == "new_york_times"
    assert len(found.phrases) == 2


def test_another_corpus_is_joined_by_the_same_phrases_and_goes_with_it(tmp_path: Path) -> None:
    source, other = corpus(tmp_path), corpus(tmp_path, "York, New York\n", 1, "validation.txt")
    train = phrase_joining.join([source], tmp_path / "train.txt", settings=LOOSE)

    made = phrase_joining.join([other], tmp_path / "v.txt", phrases=phrase_joining.of_corpus(train.path))

    assert made.path.read_text(encoding="utf-8") == "york new_york\n"
    together, notes = recipe.of_files([(train.path, train.sha256), (made.path, made.sha256)])
    assert together is not None
    assert together.words("new york") == "new_york"
    assert not notes
    without, notes = recipe.of_files([(train.path, train.sha256), (other, recipe.sources_of([other], {}).sha256)])
    assert without is None
    assert re.search("prepared differently .*phrases joined", notes[0])


def test_without_a_recipe_none_is_written_and_an_older_one_goes(tmp_path: Path) -> None:
    source, out = corpus(tmp_path), tmp_path / "joined.txt"
    phrase_joining.join([source], out, settings=LOOSE)
    source.write_bytes(source.read_bytes() + b"more\n")

    changed = phrase_joining.join([source], out, settings=LOOSE, force=True)

    assert changed.recipe_file is None
    assert "has changed since it was prepared" in changed.notes[0]
    assert not recipe.beside(out).exists()
    recipe.beside(source).unlink()
    assert "no recipe" in phrase_joining.join([source], out, settings=LOOSE, force=True).notes[0]


def test_a_table_that_is_too_large_for_a_recipe_is_told_when_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "_MOST", 10)

    made = phrase_joining.join([corpus(tmp_path)], tmp_path / "joined.txt", settings=LOOSE)

    assert "too many for a recipe" in made.notes[0]
    found = recipe.read(recipe.beside(made.path))
    assert found is not None
    assert found.phrases[0].count == made.phrases > 0
    with pytest.raises(RecipeError, match=r"did not fit.*without --prepare"):
        found.words("new york")
    with pytest.raises(UserError, match="did not fit into its recipe"):
        phrase_joining.of_corpus(made.path)


@pytest.mark.parametrize("table", ["%", "eJw=", "eJwDAAAAAAE=", None, 5])
def test_a_damaged_table_is_no_recipe(tmp_path: Path, table: object) -> None:
    made = phrase_joining.join([corpus(tmp_path)], tmp_path / "joined.txt", settings=LOOSE)
    whole = json.loads(recipe.beside(made.path).read_bytes())
    whole["phrases"][0]["table"] = table
    document = json.dumps(whole).encode()

    if table is None:
        assert recipe.parse(document, "it").phrases[0].table is None
        return
    with pytest.raises(RecipeError, match="it is not the recipe of a corpus"):
        recipe.parse(document, "it")


def test_a_corpus_that_changes_between_its_two_readings_is_refused(tmp_path: Path) -> None:
    source, out = corpus(tmp_path), tmp_path / "joined.txt"
    seen: list[int] = []

    def advance(size: int) -> None:
        seen.append(size)
        if len(seen) == 2:
            source.write_bytes(source.read_bytes() + b"more\n")

    with pytest.raises(CorpusError, match="has changed between the two readings"):
        phrase_joining.join([source], out, settings=LOOSE, advance=advance)
    assert not out.exists()


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"threshold": 0.0}, "above 0"),
        ({"threshold": float("nan")}, "above 0"),
        ({"scoring": Scoring.NPMI}, "from -1 to 1"),
        ({"minimum_count": 0}, "from 1 on"),
        ({"delimiter": ""}, "joins no words"),
        ({"delimiter": "a b"}, "joins no words"),
        ({"connector_words": ("a_b",)}, "single words"),
    ],
)
def test_settings_that_find_nothing_are_refused(told: dict[str, Any], why: str) -> None:
    with pytest.raises(PhraseSettingsError, match=why):
        PhraseSettings(**told)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--scoring", "npmi"), "needs a --threshold"),
        (("--threshold", "-1"), "above 0"),
        (("--like", "other.txt", "--delimiter", "+"), "leave out the options"),
        (("--like", "other.txt"), "no recipe with phrases"),
        ((), "cannot be read"),
    ],
)
def test_phrases_that_cannot_be_joined_are_one_message(typed: Typed, tmp_path: Path, options: tuple[str, ...], why: str) -> None:
    code, out, err = typed("corpus", "phrases", str(tmp_path / "corpus.txt"), "-o", str(tmp_path / "out.txt"), *options)

    assert (code, out) == (2, "")
    assert why in err
    assert "Traceback" not in err


def test_what_is_no_corpus_and_no_file_is_refused(typed: Typed, tmp_path: Path) -> None:
    packed = tmp_path / "a.gz"
    packed.write_bytes(b"\x1f\x8b\x08" + bytes(100))

    assert "is a gzip archive" in typed("corpus", "phrases", str(packed), "-o", str(tmp_path / "out.txt"))[2]
    with pytest.raises(CorpusError, match="two readings"):
        phrase_joining.join([Path("/dev/null")], tmp_path / "out.txt")


def test_phrases_from_the_command_line(typed: Typed, tmp_path: Path) -> None:
    source, out_file, other = corpus(tmp_path), tmp_path / "joined.txt", tmp_path / "other.txt"
    options = ("--min-count", "2", "--threshold", "0.05", "--connector-words", "english", "--delimiter", "+", "--max-vocabulary", "1000")

    code, out, err = typed("corpus", "phrases", str(source), "-o", str(out_file), *options)
    again = typed("corpus", "phrases", str(source), "-o", str(out_file), *options)
    same = typed("corpus", "phrases", str(source), "-o", str(out_file), "--like", str(out_file), "--force", "--json")
    rare = typed("corpus", "phrases", str(source), "-o", str(other), "--scoring", "npmi", "--threshold", "1")

    assert code == 0
    assert out == f"{out_file}\n"
    assert "bank+of+america 7" in err
    assert "joined 42 times" in err
    assert (again[0], "--force" in again[2]) == (2, True)
    assert json.loads(same[1])["joined"] == 42
    assert (rare[0], "No words were joined" in rare[2]) == (0, True)
    assert "in" in typed("corpus", "phrases", str(source), "-o", str(other), "--connector-words", "in of", "--force")[2]
