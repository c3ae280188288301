"""Word vectors on sets: the values are gensim's, for a model that gensim trained and for one with several spellings of a word."""

import lzma
import math
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors, Word2Vec
from gensim.test.utils import datapath

import blazingtext
from blazingtext.vectors import benchmark, public_sets, sets
from blazingtext.vectors.benchmark import Rules
from blazingtext.vectors.sets import AnalogySet, Pair, Question, SimilaritySet
from blazingtext.vectors.word_vectors import Vectors
from blazingtext_lifecycle.errors import UserError
from tests.unit.fasttext_threads import THREADS

QUESTIONS = Path(datapath("questions-words.txt"))
PAIRS = {
    "wordsim353": files("blazingtext") / "data" / "wordsim353" / "EN-WS-353-ALL.txt",
    "simlex999": Path(datapath("simlex999.txt")),
}
RULES = [
    Rules(ngrams=False),
    Rules(ngrams=False, count_unknown=True),
    Rules(ngrams=False, match_case=True),
    Rules(700, ngrams=False),
    Rules(700, ngrams=False, match_case=True, count_unknown=True),
]


def ids(rules: Rules) -> str:
    return f"top {rules.top}{', case' * rules.match_case}{', unknown' * rules.count_unknown}"


@pytest.fixture(name="trained", scope="module")
def _trained() -> KeyedVectors:
    """Vectors trained on the first two megabytes of the sample, with a capital on every fifth word, and both spellings of every tenth."""
    with lzma.open(str(files("blazingtext") / "data" / "sample" / "wikipedia.txt.xz")) as text:
        words = text.read(2_000_000).decode().split()
    lines = [words[start : start + 500] for start in range(0, len(words), 500)]
    # One process and one seed, so that the same words are known each time.
    model = Word2Vec(lines, vector_size=16, min_count=12, epochs=2, workers=1, seed=1).wv
    names = [name.capitalize() if row % 5 == 0 else name for row, name in enumerate(model.index_to_key)]
    twice = [(name.upper(), row) for row, name in enumerate(names) if row % 10 == 0]
    found = KeyedVectors(16)
    found.add_vectors([*names, *(name for name, _ in twice)], np.vstack([model.vectors, [model.vectors[row + 1] for _, row in twice]]))
    return found


@pytest.fixture(name="vectors", scope="module")
def _vectors(trained: KeyedVectors) -> Vectors:
    return Vectors(tuple(trained.index_to_key), trained.vectors.astype(np.float32))


@pytest.mark.parametrize("rules", RULES, ids=ids)
@pytest.mark.parametrize("name", PAIRS)
def test_the_correlation_and_the_coverage_are_those_of_gensim(
    trained: KeyedVectors, vectors: Vectors, name: str, rules: Rules, tmp_path: Path
) -> None:
    path = tmp_path / "pairs.txt"
    content = PAIRS[name].read_bytes()
    path.write_bytes(content)

    (found,) = benchmark.score(vectors, [sets.read(path)], rules).results

    _, (rho, _), unknown = trained.evaluate_word_pairs(
        str(path), restrict_vocab=rules.top, case_insensitive=not rules.match_case, dummy4unknown=rules.count_unknown
    )
    assert found.score == pytest.approx(rho, abs=1e-6)
    assert 100 - 100 * found.coverage == pytest.approx(unknown, abs=1e-6)
    assert 0 < found.found < found.total


@pytest.mark.parametrize("rules", RULES, ids=ids)
def test_the_accuracy_of_each_section_is_that_of_gensim(trained: KeyedVectors, vectors: Vectors, rules: Rules) -> None:
    (found,) = benchmark.score(vectors, [public_sets.named("google")], rules).results

    accuracy, theirs = trained.evaluate_word_analogies(
        str(QUESTIONS), restrict_vocab=rules.top, case_insensitive=not rules.match_case, dummy4unknown=rules.count_unknown
    )
    counted = [each.total if rules.count_unknown else each.found for each in found.sections]
    assert counted == [len(each["correct"]) + len(each["incorrect"]) for each in theirs[:-1]]
    # Two words may be equally near but for the last bit; which of them is nearer then depends on the processor's instructions.
    assert found.score == pytest.approx(accuracy, abs=1.1 / sum(counted))
    assert [each.name for each in found.sections] == [each["section"] for each in theirs[:-1]]
    assert sum(abs(each.correct - len(its["correct"])) for each, its in zip(found.sections, theirs[:-1], strict=True)) <= 1
    assert (found.total, sum(each.total for each in found.sections), found.found > 0) == (19_544, 19_544, True)


def small(*words: str, seed: int = 1) -> Vectors:
    return Vectors(words, np.random.default_rng(seed).normal(size=(len(words), 4)).astype(np.float32))


def test_questions_in_several_blocks_are_answered_as_in_one(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = public_sets.named("google")
    heard: list[int] = []
    whole = benchmark.score(vectors, [asked])

    monkeypatch.setattr(benchmark, "_BLOCK_BYTES", 4 * len(vectors) * 7)

    assert benchmark.score(vectors, [asked], advance=heard.append) == whole
    assert (sum(heard), len(heard) > 10) == (19_544, True)


def test_any_of_several_answers_is_right() -> None:
    found = Vectors(("a", "b", "c", "d", "e"), np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [-1, -1, 0]], np.float32))

    def score(*answers: str) -> float | None:
        return benchmark.score(found, [AnalogySet("x", (Question("s", "a", "b", "c", answers),))]).results[0].score

    assert [score("d"), score("nix", "d"), score("e", "nix"), score("nix")] == [1, 1, 0, None]


def test_no_spelling_of_a_word_of_the_question_is_its_answer() -> None:
    matrix = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [-0.3, 1, 0.7]], np.float32)
    asked = AnalogySet("x", (Question("s", "a", "b", "c", ("d",)),))

    scores = [
        benchmark.score(Vectors(("a", "b", "c", "d", nearest), matrix), [asked], rules).results[0].score
        for nearest, rules in (("C", Rules()), ("C", Rules(match_case=True)), ("e", Rules()))
    ]

    assert scores == [1, 0, 0]


def test_words_of_several_words_are_looked_for_with_spaces_and_with_underscores() -> None:
    found = small("new_york", "big city", "caf\u00e9", "x")
    pairs = (Pair("New York", "Big City", 1), Pair("New York", "cafe\u0301", 2), Pair("Big City", "x", 3))

    (result,) = benchmark.score(found, [SimilaritySet("mine", pairs)]).results

    assert (result.found, result.total, result.coverage) == (3, 3, 1)


def test_a_set_of_another_language_has_no_score_and_one_of_nothing_no_coverage() -> None:
    (pairs, analogies, nothing) = benchmark.score(
        small("katze"), [SimilaritySet("p", (Pair("a", "b", 1),)), public_sets.named("google"), SimilaritySet("n", ())]
    ).results

    assert (pairs.score, pairs.interval, pairs.coverage, nothing.coverage) == (None, None, 0, 0)
    assert (analogies.score, analogies.interval, analogies.sections[0].accuracy) == (None, None, None)


def test_the_interval_holds_the_score_and_narrows_with_more_pairs() -> None:
    def interval(number: int) -> tuple[float, float]:
        random = np.random.default_rng(2)
        words = tuple(f"w{each}" for each in range(2 * number))
        matrix = random.normal(size=(2 * number, 8)).astype(np.float32)
        found = Vectors(words, matrix)
        unit = found.directions
        pairs = [
            Pair(words[each], words[each + number], float(unit[each] @ unit[each + number]) + random.normal() / 4) for each in range(number)
        ]
        (result,) = benchmark.score(found, [SimilaritySet("mine", tuple(pairs))]).results
        assert result.interval is not None
        assert result.score is not None
        assert result.interval.low < result.score == result.interval.value < result.interval.high
        return result.interval.low, result.interval.high

    few, many = interval(30), interval(800)

    assert many[1] - many[0] < (few[1] - few[0]) / 2
    # Of a correlation, the standard error is about (1 - rho^2) / sqrt(n): for 800 pairs of about 0.8, some 0.013.
    assert 0.02 < many[1] - many[0] < 0.1


def test_the_interval_of_an_accuracy_is_that_of_a_share(vectors: Vectors) -> None:
    (found,) = benchmark.score(vectors, [public_sets.named("google")]).results

    assert found.interval is not None
    assert found.score is not None
    wide = 2 * 1.96 * math.sqrt(found.score * (1 - found.score) / found.found)
    assert found.interval.high - found.interval.low == pytest.approx(wide, rel=0.2)


@pytest.fixture(name="with_ngrams")
def _with_ngrams(tmp_path: Path) -> Vectors:
    """A model of fastText's with subwords."""
    import fasttext

    (tmp_path / "text").write_text("walking talking walker talker walks\n" * 50)
    fasttext.train_unsupervised(str(tmp_path / "text"), dim=6, epoch=1, minCount=1, bucket=99, thread=THREADS, verbose=0).save_model(
        str(tmp_path / "m.bin")
    )
    return blazingtext.load(tmp_path / "m.bin")


def test_a_word_outside_the_vocabulary_has_its_n_grams_unless_told_otherwise(with_ngrams: Vectors) -> None:
    pairs = SimilaritySet("mine", (Pair("Walk", "talks", 1), Pair("walking", "Talked", 2), Pair("walking", "talking", 3)))
    every = Rules(), Rules(ngrams=False), Rules(1), Rules(count_unknown=True, ngrams=False)

    found = [benchmark.score(with_ngrams, [pairs], rules).results[0] for rules in every]

    assert [(each.found, each.of_ngrams) for each in found] == [(3, 2), (1, 0), (2, 2), (1, 0)]
    capital, lower = (
        benchmark.score(with_ngrams, [SimilaritySet("mine", (Pair(word, "walks", 1), *pairs.pairs[1:]))]).results[0]
        for word in ("Walk", "walk")
    )
    assert (capital.found, capital.interval) == (3, lower.interval)
    words = benchmark._Words(with_ngrams, Rules())
    assert np.array_equal(np.array(words.unit("Walk")), np.array(words.unit("walk")))


def test_it_shows_itself_in_a_line_and_in_notebooks_as_a_table() -> None:
    found = blazingtext.benchmark(small("king", "queen", "<man>"), "wordsim353", source="<mine>")

    assert repr(found).startswith("Benchmark(<mine>: wordsim353 ")
    table = found._repr_html_()
    assert "<caption>&lt;mine&gt;</caption>" in table
    assert table.count("<tr>") == 2
    assert ">353</td>" in table
    empty = blazingtext.benchmark(small("katze"), ["google"])
    assert repr(empty) == "Benchmark(vectors: google -)"
    assert [row[2] for row in empty.rows()] == ["-"] * 15


def test_python_takes_paths_of_models_and_of_sets(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("3 2\nking 1 0\nqueen 1 0.1\ncar 0 1\n")
    (tmp_path / "mine.csv").write_text("king,queen,9\nking,car,1\nqueen,car,2\n")

    found = blazingtext.benchmark(tmp_path / "v.txt", ["wordsim353", tmp_path / "mine.csv"])

    assert (found.source, [each.name for each in found.results]) == (str(tmp_path / "v.txt"), ["wordsim353", "mine.csv"])
    assert found.results[1].score == pytest.approx(1)
    with pytest.raises(UserError, match='There is no set "'):
        blazingtext.benchmark(tmp_path / "v.txt", tmp_path / "none.csv")


def test_a_name_is_a_public_set_even_where_a_file_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wordsim353").write_text("a b 1\n")
    read: Callable[[str], int] = lambda name: len(blazingtext.runs.model_scores.sets_of(name)[0])  # noqa: E731 - two words

    assert (read("wordsim353"), read("./wordsim353")) == (353, 1)


def test_a_benchmark_looks_words_up_by_the_rules_that_it_is_given(tmp_path: Path) -> None:
    words = Vectors(("King", "king", "queen"), np.array([[1, 0], [0, 1], [1, 0.1]], np.float32))
    (tmp_path / "mine.csv").write_text("king,queen,1\nking,King,2\n")
    advanced: list[int] = []

    by_case, by_top = (
        blazingtext.benchmark(words, tmp_path / "mine.csv", rules, source="a", advance=advanced.append).results[0]
        for rules in (Rules(match_case=True), Rules(top=1))
    )

    assert (by_case.found, by_top.found) == (2, 1)
    assert sum(advanced) == 4
    assert blazingtext.benchmark(words, tmp_path / "mine.csv").source == "vectors"
