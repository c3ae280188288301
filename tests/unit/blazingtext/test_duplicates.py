import hashlib
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazingtext.corpus import batches, preparation, processes, recipe, sources
from blazingtext.corpus.corpus_lines import Deduplication, LineMaker, Made, Shape, Unit
from blazingtext.corpus.duplicates import Deduplicator, Digests
from blazingtext.corpus.normaliser import Normaliser
from blazingtext.corpus.preparation import Prepared
from blazingtext.corpus.shares import Share
from blazingtext.deduplication.near import NearDuplicates, bands, shingles
from blazingtext_lifecycle import extras
from blazingtext_lifecycle.errors import UserError
from tests.unit.blazingtext.conftest import Typed

LINES = Deduplication(Unit.LINES)
DOCUMENTS = Deduplication(Unit.DOCUMENTS)


def digest(number: int) -> bytes:
    return hashlib.blake2b(str(number).encode(), digest_size=16).digest()


def prepared(folder: Path, text: str, wanted: Deduplication, name: str = "raw.txt", **reading: object) -> tuple[list[str], Prepared]:
    raw, out = folder / name, folder / "out.txt"
    raw.write_text(text, encoding="utf-8")
    made = preparation.prepare([str(raw)], out, shape=Shape(deduplicate=wanted), reading=sources.Reading(**reading), force=True)  # type: ignore[arg-type] # a test's options
    return out.read_text(encoding="utf-8").splitlines(), made


def altered(words: Sequence[str], count: int, seed: int) -> str:
    """A text with so many words, far from each other, that are new."""
    changed = list(words)
    for place in range(count):
        changed[place * len(words) // count] = f"other{seed}x{place}"
    return " ".join(changed)


@given(st.lists(st.integers(0, 50_000), max_size=3_000))
def test_digests_are_a_set(numbers: list[int]) -> None:
    digests = Digests()

    assert [digests.add(digest(number)) for number in numbers] == [number not in numbers[:place] for place, number in enumerate(numbers)]


def test_digests_take_less_than_half_of_what_a_set_takes() -> None:
    digests, count = Digests(), 120_000
    of_a_set = {digest(number) for number in range(count)}

    assert all(digests.add(each) for each in of_a_set)
    assert not any(digests.add(each) for each in of_a_set)
    assert digests.size / count < 43
    assert digests.size * 2 < sys.getsizeof(of_a_set) + sum(map(sys.getsizeof, of_a_set))


def test_digests_whose_places_collide_are_all_kept() -> None:
    digests = Digests()
    alike = [b"\0" * 15 + bytes([number]) for number in range(1, 200)] + [b"\0" + b"\xff" * 14 + bytes([number]) for number in range(200)]

    assert all(map(digests.add, alike))
    assert not any(map(digests.add, alike))


def test_lines_that_were_there_before_are_left_out_and_counted(tmp_path: Path) -> None:
    lines, made = prepared(tmp_path, "One word. Two\nTWO!\nthree\nOne, word\n", LINES)

    assert lines == ["one word", "two", "three"]
    assert (made.lines, made.words, made.size) == (3, 4, 19)
    assert made.left_out == {"lines seen before": 2}


def test_documents_are_the_same_when_all_their_lines_are(tmp_path: Path) -> None:
    lines, made = prepared(tmp_path, "One. Two\nOne. Three\n...\nONE! Two\nOne\n", DOCUMENTS)

    assert lines == ["one", "two", "one", "three", "one"]
    assert made.left_out == {"documents seen before": 1}


@pytest.mark.parametrize(
    ("name", "text", "reading", "kept"),
    [
        ("a.csv", 'text\n"One. Two"\n"One. Two"\n"Two\nthree. Four"\n"two three! Four"\n', {"column": "text"}, 4),
        ("a.jsonl", '{"t": "One. Two"}\n{"t": "one! Two"}\n{"t": "One"}\n', {"column": "t"}, 3),
        ("a.csv", "label,text\na,One. Two\nb,One. Two\na,one two\n", {"column": "text", "label_column": "label"}, 2),
        ("a.txt", "__label__a One. Two\nOne. Two\n__label__a one two\nOne two\n", {}, 4),
    ],
)
def test_a_document_is_what_the_input_has_as_one_text(tmp_path: Path, name: str, text: str, reading: dict[str, object], kept: int) -> None:
    lines, made = prepared(tmp_path, text, DOCUMENTS, name, **reading)

    assert len(lines) == made.lines == kept
    assert made.words == sum(len(line.split()) - line.count("__label__") for line in lines)


@given(
    st.lists(
        st.sampled_from(["One. Two", "One", "__label__a One. Two", "\u0416\u0438. \u0427", "", "...", "a " * 1500, "Caf\u00e9. \u4e2d"])
    )
)
def test_all_lines_of_all_documents_are_counted(texts: list[str]) -> None:
    maker = LineMaker(Normaliser(), Shape(deduplicate=DOCUMENTS), labelled=False)
    plain = LineMaker(Normaliser(), Shape(), labelled=False)
    block = ("\n".join(texts) + "\n").encode()

    made = maker.made([block])

    assert sum(made.documents) == made.lines
    assert (made.data, made.words) == (plain.made([block]).data, plain.made([block]).words)
    assert len(made.documents) == sum(bool(text.strip(" .")) for text in texts)


def test_a_line_with_another_label_is_another_line(tmp_path: Path) -> None:
    text = " ".join(f"w{n}" for n in range(60))
    lines, made = prepared(tmp_path, f"__label__a {text}\n__label__b {text}\n__label__a {text} more\n", Deduplication(Unit.LINES, 0.8))

    assert [line.split()[0] for line in lines] == ["__label__a", "__label__b"]
    assert made.left_out == {"lines nearly seen before": 1}
    assert made.words == 120


@pytest.mark.parametrize("wanted", [LINES, DOCUMENTS, Deduplication(Unit.DOCUMENTS, 0.7)])
def test_how_many_processes_work_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: Deduplication) -> None:
    monkeypatch.setattr(processes, "_ALONE", 1)
    monkeypatch.setattr(batches, "SIZE", 1 << 12)
    chance = random.Random(4)  # noqa: S311 - a test
    raw = tmp_path / "raw.jsonl"
    texts = [" ".join(chance.choices(["one.", "Two", "three", "four!"], k=chance.randrange(1, 12))) for _ in range(4_000)]
    raw.write_text("".join(f'{{"t": "{text}"}}\n' for text in texts), encoding="utf-8")

    made = [
        preparation.prepare(
            [str(raw)], tmp_path / f"{n}.txt", shape=Shape(deduplicate=wanted), reading=sources.Reading(column="t"), workers=n
        )
        for n in (1, 2)
    ]

    assert made[0].sha256 == made[1].sha256
    assert made[0].left_out == made[1].left_out
    assert sum(made[0].left_out.values()) > 300


def test_a_share_cannot_know_what_the_others_hold(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no duplicates can be left out of 1/2.*--deduplicate lines"):
        prepared(tmp_path, "one\none\n", LINES, share=Share(1, 2))
    assert not (tmp_path / "out.txt").exists()


def test_the_recipe_says_what_was_left_out_and_how(tmp_path: Path) -> None:
    prepared(tmp_path, "one\none\n", Deduplication(Unit.LINES, 0.9))

    found = recipe.read(tmp_path / "out.txt.recipe.json")

    assert found is not None
    assert found.prepared[0].lines["deduplicate"] == {"unit": "lines", "near": 0.9}
    assert found.prepared[0].left_out == {"lines seen before": 1}


def test_what_resembles_is_left_out_and_what_does_not_is_kept() -> None:
    words = [f"w{n}" for n in range(1_000)]
    texts = [altered(words, count, seed).encode() for seed, count in enumerate([0, 5, 10, 100])]

    # Each new word spoils five shingles of a thousand: similarities of 0.95, 0.90 and 0.33 with the first.
    assert NearDuplicates(0.8).new_of(texts) == [True, False, False, True]
    assert NearDuplicates(0.99).new_of(texts) == [True, True, True, True]


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9])
def test_nearly_all_pairs_above_the_threshold_are_found_and_none_far_below(threshold: float) -> None:
    def found(similarity: float) -> float:
        hits, size = 0, 300
        for number in range(60):
            common = round(2 * size * similarity / (1 + similarity))
            one = [f"{number} c{n}" for n in range(common)]
            pair = [[*one, *(f"{number} {which}{n}" for n in range(size - common))] for which in "ab"]
            near = NearDuplicates(threshold)
            new = near._index(frozenset()).add_pairs([(str(place), texts) for place, texts in enumerate(pair)])
            hits += not new[1]
        return hits / 60

    assert found(min(threshold + 0.08, 0.99)) > 0.9
    assert found(threshold - 0.15) < 0.05


def test_near_duplicates_are_found_whatever_comes_at_once() -> None:
    chance = random.Random(7)  # noqa: S311 - a test
    words = [f"w{n}" for n in range(200)]
    texts = [altered(words, chance.randrange(8), seed % 5).encode() for seed in range(60)]
    one, all_ = NearDuplicates(0.7), NearDuplicates(0.7)

    assert [one.new_of([text])[0] for text in texts] == all_.new_of(texts)


def test_shingles_are_five_words_and_a_short_text_is_one() -> None:
    assert shingles([b"a", b"b", b"c", b"d", b"e", b"f"]) == [b"a b c d e", b"b c d e f"]
    assert shingles([b"a"]) == [b"a"]


@pytest.mark.parametrize(("threshold", "count"), [(0.5, 64), (0.8, 16), (0.95, 8), (1.0, 1)])
def test_bands_are_as_few_as_find_a_pair_at_the_threshold(threshold: float, count: int) -> None:
    assert bands(threshold) == count


def test_only_near_duplicates_need_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(module: str) -> object:
        return None if module == "rensa" else object()

    monkeypatch.setattr(extras, "find_spec", absent)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    for module in ("blazingtext.deduplication", "blazingtext.deduplication.near"):
        monkeypatch.delitem(sys.modules, module, raising=False)

    assert Deduplicator(LINES).kept(Made(b"a\na\n", 2, 2)).data == b"a\n"
    with pytest.raises(extras.MissingExtraError, match="deduplicate"):
        Deduplicator(Deduplication(Unit.LINES, 0.8))


def test_duplicates_from_the_command_line(typed: Typed, tmp_path: Path) -> None:
    raw, out_file = tmp_path / "raw.txt", tmp_path / "out.txt"
    raw.write_text("One. Two\none. Two\nTwo\n", encoding="utf-8")

    def run(*options: str) -> tuple[int, str, str]:
        return typed("corpus", "prepare", str(raw), "-o", str(out_file), "--force", *options)

    of_lines, of_documents = run("--deduplicate", "lines"), run("--deduplicate", "documents", "--near", "0.8")
    alone, of_a_share, out_of_range = (
        run("--near", "0.8"),
        run("--deduplicate", "lines", "--shard", "1/2"),
        run("--deduplicate", "lines", "--near", "0"),
    )

    assert (of_lines[0], "3 lines seen before: left out." in of_lines[2], "warning" in of_lines[2]) == (0, True, False)
    assert (of_documents[0], "1 document seen before: left out." in of_documents[2]) == (0, True)
    assert (alone[0], "add --deduplicate" in alone[2]) == (2, True)
    assert (of_a_share[0], "A share does not know" in of_a_share[2]) == (2, True)
    assert out_of_range[0] == 2
