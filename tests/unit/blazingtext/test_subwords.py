"""Words outside the vocabulary, beside fastText's own library on the same files."""

import json
import struct
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest

from blazingtext.vectors import evaluation, reading, word_map
from blazingtext.vectors.subwords import BrokenFileError, WordFile
from blazingtext.vectors.word_vectors import Vectors, query_terms
from blazingtext_lifecycle.errors import CloudError, UserError
from tests.unit.blazingtext.cloud_fakes import FakeBucket, FakeJobs, packed
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.screens import NEW

_WORDS = ["walking", "walked", "talking", "talked", "caf\u00e9", "cafeteria", "\u6771\u4eac\u90fd", "\u6771\u4eac", "the", "a"]
_UNSEEN = ["walks", "talker", "caf\u00e9s", "\u6771\u4eac\u5927\u5b66", "b", "\U0001f600\U0001f601"]


def save_model(folder: Path, minn: int = 3, maxn: int = 6) -> Any:
    """Writes a vectors.bin of random rows as fastText 0.9.2 saves one, has fastText read it, and writes its vectors.txt with all digits."""
    dim, buckets, chance = 12, 5000 if maxn else 0, np.random.default_rng(5)
    parameters = struct.pack("<14id", 793712314, 12, dim, 5, 5, 1, 5, 1, 2, 2, buckets, minn, maxn, 100, 1e-4)
    words = ["</s>", *_WORDS]
    entries = [word.encode() + b"\0" + struct.pack("<qb", 300 - 20 * row, 0) for row, word in enumerate(words)]
    dictionary = struct.pack("<iiiqq", len(words), len(words), 0, 2400, -1) + b"".join(entries)
    sizes = (len(words) + buckets, len(words))
    matrices = [struct.pack("<?qq", False, rows, dim) + chance.normal(size=(rows, dim)).astype("<f4").tobytes() for rows in sizes]
    (folder / "vectors.bin").write_bytes(parameters + dictionary + b"".join(matrices))
    model = fasttext.load_model(str(folder / "vectors.bin"))
    rows = [f"{word} " + " ".join(map(repr, model.get_word_vector(word).tolist())) for word in words]
    (folder / "vectors.txt").write_text("\n".join([f"{len(rows)} {dim}", *rows, ""]), encoding="utf-8")
    return model


@pytest.fixture(name="theirs", scope="module")
def _theirs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("model")
    return folder, save_model(folder)


@pytest.fixture(name="ours")
def _ours(theirs: tuple[Path, Any]) -> Vectors:
    return reading.load(theirs[0] / "vectors.txt")


@pytest.mark.parametrize("word", _UNSEEN)
def test_a_word_nobody_has_seen_has_fasttexts_vector(theirs: tuple[Path, Any], ours: Vectors, word: str) -> None:
    assert word not in ours
    expected = theirs[1].get_word_vector(word)

    assert np.abs(expected).max() > 1e-3
    assert np.abs(ours[word] - expected).max() < 1e-5


@pytest.mark.parametrize(("shortest", "longest"), [(1, 3), (2, 2), (5, 9)])
def test_the_lengths_of_n_grams_are_the_files(tmp_path: Path, shortest: int, longest: int) -> None:
    theirs = save_model(tmp_path, minn=shortest, maxn=longest)
    found = WordFile.read(tmp_path / "vectors.bin").subwords

    assert found is not None
    for word in _UNSEEN[:4]:
        made = found.vector(word)
        assert made is not None
        assert np.abs(made - theirs.get_word_vector(word)).max() < 1e-5
    # fastText has zeros for a word without n-grams; here it has no vector.
    short = found.vector("b")
    assert (short is None) == (shortest == 5)
    assert short is not None or not theirs.get_word_vector("b").any()


def test_neighbours_of_an_unseen_word_are_fasttexts(theirs: tuple[Path, Any], ours: Vectors) -> None:
    expected = theirs[1].get_nearest_neighbors("talker", k=4)

    found = ours.neighbors("talker", 4)

    assert [each.word for each in found] == [word for _, word in expected]
    assert [each.similarity for each in found] == pytest.approx([similarity for similarity, _ in expected], abs=1e-5)


def test_an_analogy_takes_an_unseen_word(theirs: tuple[Path, Any], ours: Vectors) -> None:
    vectors = {word: theirs[1].get_word_vector(word) for word in (*ours.words, "walks")}
    units = {word: vector / np.linalg.norm(vector) for word, vector in vectors.items()}
    direction = units["walked"] - units["walks"] + units["talking"]
    scores = {word: float(units[word] @ direction / np.linalg.norm(direction)) for word in ours.words if word not in {"walked", "talking"}}

    found = ours.analogy("walks", "walked", "talking", 8)

    assert [each.word for each in found] == sorted(scores, key=lambda word: -scores[word])
    assert found[0].similarity == pytest.approx(max(scores.values()), abs=1e-5)


def test_a_decomposed_word_is_composed_before_its_n_grams_are_taken(ours: Vectors) -> None:
    assert np.array_equal(ours["cafe\u0301s"], ours["caf\u00e9s"])


def test_the_same_is_read_from_the_binary_copy(theirs: tuple[Path, Any]) -> None:
    first, second = (reading.load(theirs[0] / "vectors.txt") for _ in range(2))

    assert np.array_equal(first["walks"], second["walks"])


def test_counts_are_those_of_the_dictionary(theirs: tuple[Path, Any], ours: Vectors) -> None:
    words, counts = theirs[1].get_words(include_freq=True)

    assert ours.file is not None
    assert ours.file.counts == dict(zip(words, counts.tolist(), strict=True))
    assert (ours.file.counts["walking"], ours.file.counts["a"]) == (280, 100)


def test_one_word_that_is_unlike_its_n_grams_does_not_mean_that_none_were_trained(tmp_path: Path) -> None:
    save_model(tmp_path)
    lines = (tmp_path / "vectors.txt").read_text(encoding="utf-8").splitlines()
    word, *numbers = lines[2].split()
    lines[2] = " ".join([word, *(str(-float(number)) for number in numbers)])
    (tmp_path / "vectors.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")

    assert reading.load(tmp_path / "vectors.txt").subwords is not None


def test_a_file_whose_n_grams_were_never_trained_gives_none(tmp_path: Path) -> None:
    save_model(tmp_path, maxn=0, minn=0)
    path = tmp_path / "vectors.bin"
    without = reading.load(tmp_path / "vectors.txt")

    # As fastText writes it, then as if AWS kept rows that training never touched.
    assert WordFile.read(path).subwords is None
    assert without.subwords is None
    untrained = tmp_path / "untrained"
    untrained.mkdir()
    save_model(untrained, maxn=6, minn=3)
    lines = (untrained / "vectors.txt").read_text(encoding="utf-8").splitlines()
    chance = np.random.default_rng(1)
    shuffled = [f"{line.split()[0]} " + " ".join(map(str, chance.normal(size=12))) for line in lines[1:]]
    (untrained / "vectors.txt").write_text("\n".join([lines[0], *shuffled, ""]), encoding="utf-8")
    assert reading.load(untrained / "vectors.txt").subwords is None


@pytest.mark.parametrize("change", ["magic", "version", "cut", "longer", "short", "shape"])
def test_a_damaged_file_is_refused_with_what_to_do(theirs: tuple[Path, Any], tmp_path: Path, change: str) -> None:
    content = bytearray((theirs[0] / "vectors.bin").read_bytes())
    if change in {"magic", "version"}:
        content[4 * (change == "version")] += 1
    elif change == "shape":
        content[8] += 1
    else:
        content = {"cut": content[:-1], "longer": content + b"\0", "short": content[:50]}[change]
    path = tmp_path / "vectors.bin"
    path.write_bytes(content)

    (tmp_path / "vectors.txt").write_bytes((theirs[0] / "vectors.txt").read_bytes())

    with pytest.raises(BrokenFileError, match="no fastText model, or it was cut short"):
        WordFile.read(path)
    with pytest.raises(CloudError, match=r"cannot be read: it is no fastText model.*\. Delete that folder, then run the command again"):
        reading.load(tmp_path / "vectors.txt")


def test_labels_belong_to_classifiers_alone(theirs: tuple[Path, Any], tmp_path: Path) -> None:
    content = bytearray((theirs[0] / "vectors.bin").read_bytes())
    # The third number of the dictionary is how many of its entries are labels.
    content[64 + 8] = 1
    (tmp_path / "vectors.bin").write_bytes(content)

    with pytest.raises(BrokenFileError, match="no fastText model"):
        WordFile.read(tmp_path / "vectors.bin")


# --- sums of words ----------------------------------------------------------------------------------------------------


def test_a_query_is_a_word_or_a_sum() -> None:
    assert query_terms("king") == [(1, "king")]
    assert query_terms("king - man + woman") == [(1, "king"), (-1, "man"), (1, "woman")]
    assert query_terms("-") == [(1, "-")]


@pytest.mark.parametrize("query", ["", "king man", "king +", "+ king", "king - man woman", "king * man"])
def test_what_is_neither_is_refused(query: str) -> None:
    with pytest.raises(UserError, match=r"neither a word nor a sum of words.*king - man \+ woman"):
        query_terms(query)


def test_only_the_most_frequent_words_are_looked_among() -> None:
    rows = np.array([[1, 0], [0, 1], [1, 0.5], [1, 0.1]], np.float32)
    vectors = Vectors(("the", "of", "king", "queen"), rows)

    assert [each.word for each in vectors.neighbors("queen", top=3)] == ["the", "king", "of"]
    assert [each.word for each in vectors.neighbors("the", top=2)] == ["of"]
    assert [each.word for each in vectors.analogy("the", "of", "king", top=3)] == []
    assert [each.word for each in vectors.analogy("the", "of", "king", top=4)] == ["queen"]


# --- judged and drawn -------------------------------------------------------------------------------------------------


def test_pairs_with_unseen_words_are_scored_by_their_n_grams(theirs: tuple[Path, Any], ours: Vectors, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.txt"
    lines = [("walks", "walking", 9), ("talker", "the", 1), ("walked", "talked", 5), ("walks", "talker", 6)]
    pairs.write_text("".join(f"{first}\t{second}\t{score}\n" for first, second, score in lines))

    with_ngrams = evaluation.evaluate(ours, [pairs]).scores[0]
    without = evaluation.evaluate(ours, [pairs], ngrams=False).scores[0]

    def cosine(first: str, second: str) -> float:
        a, b = theirs[1].get_word_vector(first), theirs[1].get_word_vector(second)
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    model = [cosine(first, second) for first, second, _ in lines]
    expected = evaluation.spearman(np.array([float(score) for *_, score in lines]), np.array(model))
    assert with_ngrams.rho == pytest.approx(expected)
    assert (with_ngrams.not_found, with_ngrams.of_ngrams) == (0, 3)
    assert (without.not_found, without.of_ngrams) == (3, 0)


def test_a_map_shows_words_that_are_asked_for(ours: Vectors, tmp_path: Path) -> None:
    drawn = word_map.draw(ours, tmp_path / "map.svg", word_map.Look(words=5, own=("walks", "the", "walks")))

    assert drawn.words[:2] == ("walks", "the")
    assert sorted(drawn.words[2:]) == sorted(set(drawn.words[2:]) - {"walks", "the"})
    assert len(drawn.words) >= 6
    with pytest.raises(UserError, match="does not know"):
        word_map.draw(Vectors(ours.words, ours.matrix), tmp_path / "other.svg", word_map.Look(own=("walks",)))


# --- typed ------------------------------------------------------------------------------------------------------------


@pytest.fixture(name="run_of")
def _run_of(theirs: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    bucket, jobs = FakeBucket(), FakeJobs()
    files = {name: (theirs[0] / name).read_bytes() for name in ("vectors.txt", "vectors.bin")}
    bucket.put(f"runs/{NEW}/output/model.tar.gz", packed(files))
    jobs.add(NEW)
    return {"s3": bucket, "sagemaker": jobs}


def test_neighbors_of_an_unseen_word_say_how_it_was_made(typed: Typed, run_of: dict[str, Any], ours: Vectors) -> None:
    code, out, err = typed("neighbors", "talker", "walked", "-n", "2", "--json", **run_of)

    found = json.loads(out)
    assert (code, found["unknown"], found["of_ngrams"]) == (0, [], ["talker"])
    assert [each["word"] for each in found["neighbors"]["talker"]] == [each.word for each in ours.neighbors("talker", 2)]
    assert '"talker" is not in the vocabulary: its vector is made of its character n-grams.' in err


def test_neighbors_take_a_sum_with_or_without_quotes(typed: Typed, run_of: dict[str, Any], ours: Vectors) -> None:
    expected = [each.word for each in ours.neighbors("walked - walks + talking", 3)]
    for words in (("walked", "-", "walks", "+", "talking"), ("walked - walks + talking",)):
        code, out, _ = typed("neighbors", *words, "-n", "3", "--json", **run_of)
        assert code == 0
        assert [each["word"] for each in json.loads(out)["neighbors"]["walked - walks + talking"]] == expected

    # A sign alone is a word as any other.
    assert set(json.loads(typed("neighbors", "walked", "+", "--json", **run_of)[1])["neighbors"]) == {"walked", "+"}

    code, _, err = typed("neighbors", "walked talked", **run_of)
    assert (code, "neither a word nor a sum" in err) == (2, True)


def test_neighbors_and_analogy_look_among_frequent_words(typed: Typed, run_of: dict[str, Any], ours: Vectors) -> None:
    assert ours.file is not None
    least = sorted(ours.file.counts.values())[-3]
    frequent = {word for word, count in ours.file.counts.items() if count >= least and word != "</s>"}

    by_count = json.loads(typed("neighbors", "talker", "--min-count", str(least), "--json", **run_of)[1])["neighbors"]["talker"]
    by_rank = json.loads(typed("neighbors", "talker", "--top", "2", "--min-count", "1", "--json", **run_of)[1])["neighbors"]["talker"]
    analogy = json.loads(typed("analogy", "walks", "talker", "caf\u00e9s", "--top", "2", "--json", **run_of)[1])

    assert {each["word"] for each in by_count} == frequent
    assert {each["word"] for each in by_rank} == {each["word"] for each in analogy} == set(ours.words[:2])


def test_counts_are_asked_for_in_vain_where_there_are_none(typed: Typed, run_of: dict[str, Any], theirs: tuple[Path, Any]) -> None:
    run_of["s3"].put(f"runs/{NEW}/output/model.tar.gz", packed({"vectors.txt": (theirs[0] / "vectors.txt").read_bytes()}))

    code, _, err = typed("neighbors", "the", "--min-count", "5", **run_of)

    assert (code, "--top" in err, "it has no vectors.bin" in err) == (2, True, True)


def test_evaluate_counts_what_n_grams_found(typed: Typed, run_of: dict[str, Any], tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("walks\twalking\t9\ntalker\tthe\t1\nwalked\ttalked\t5\n")

    shown = typed("evaluate", "--pairs", str(pairs), **run_of)
    only = typed("evaluate", "--pairs", str(pairs), "--vocabulary-only", **run_of)

    assert (shown[0], "3 of 3, 2 by n-grams" in shown[1]) == (0, True)
    assert (only[0], "1 of 3" in only[1], "n-grams" in only[1]) == (0, True, False)


def test_map_draws_a_word_nobody_has_seen(typed: Typed, run_of: dict[str, Any], tmp_path: Path) -> None:
    code, out, _ = typed("map", "-o", str(tmp_path / "map.svg"), "--word", "walks", "--json", **run_of)

    assert (code, json.loads(out)["words"][0]) == (0, "walks")


def test_a_word_too_short_for_n_grams_is_unknown(tmp_path: Path) -> None:
    save_model(tmp_path, minn=5, maxn=6)
    vectors = reading.load(tmp_path / "vectors.txt")

    assert not vectors.has_vector("b")
    with pytest.raises(UserError, match='does not know "b"'):
        vectors.neighbors("b")
