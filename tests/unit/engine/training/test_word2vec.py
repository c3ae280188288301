import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blazingtext_engine.corpus.vocabulary import Corpus, read_corpus
from blazingtext_engine.corpus.words import Subwords
from blazingtext_engine.errors import UserError
from blazingtext_engine.kernels.block_plan import plan_blocks
from blazingtext_engine.kernels.sampling import new_state, sample_text
from blazingtext_engine.training import word2vec
from blazingtext_engine.training.hogwild import Schedule
from blazingtext_engine.training.models import WordVectors
from blazingtext_engine.training.settings import Progress, Word2VecSettings
from blazingtext_engine.training.subwords import subword_rows

NGRAMS = Subwords(3, 4, 300)
MODES = {
    "batch_skipgram": Word2VecSettings(mode="batch_skipgram"),
    "cbow": Word2VecSettings(mode="cbow"),
    "skipgram with subwords": Word2VecSettings(mode="skipgram", subwords=NGRAMS),
    "cbow with subwords": Word2VecSettings(mode="cbow", subwords=NGRAMS),
}
# Compiled once for all tests of a mode.
DIM = 12


def corpus_of(folder: Path, text: str, min_count: int = 1) -> Corpus:
    path = folder / "text"
    path.write_text(text)
    return read_corpus([path], min_count=min_count, threads=1)


def train(
    corpus: Corpus, settings: Word2VecSettings, reported: list[Progress] | None = None, stop: Callable[[], bool] = lambda: False
) -> WordVectors:
    reports: list[Progress] = [] if reported is None else reported
    return word2vec.train(corpus, settings, progress=reports.append, stop=stop)


def with_(mode: str, **changes: object) -> Word2VecSettings:
    return Word2VecSettings(**{**vars(MODES[mode]), "dim": DIM, "sample": 0, **changes})


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Sentences of animals and of numbers, with words that occur in both."""
    random = np.random.default_rng(1)
    groups = [["cat", "dog", "horse", "mouse", "bird", "fish"], ["one", "two", "three", "four", "five", "six"]]
    lines = [" ".join(random.choice([*groups[n % 2], "the", "a"], 12)) for n in range(3000)]
    return corpus_of(tmp_path_factory.mktemp("topics"), "\n".join(lines))


def nearest(model: WordVectors, word: bytes) -> list[bytes]:
    units = model.vectors / np.linalg.norm(model.vectors, axis=1, keepdims=True)
    order = np.argsort(-units @ units[model.vocabulary.words.index(word)])
    return [model.vocabulary.words[row] for row in order[1:]]


@pytest.mark.parametrize("mode", MODES)
def test_words_of_one_topic_are_neighbours(topics: Corpus, mode: str) -> None:
    model = train(topics, with_(mode, epochs=10, threads=2))

    assert set(nearest(model, b"cat")[:4]) < {b"dog", b"horse", b"mouse", b"bird", b"fish", b"the", b"a"}
    assert set(nearest(model, b"five")[:4]) < {b"one", b"two", b"three", b"four", b"six", b"the", b"a"}


def test_batch_skipgram_and_skipgram_are_one_program(topics: Corpus) -> None:
    settings = with_("batch_skipgram", epochs=1)

    batched, single = (train(topics, replace(settings, mode=mode)) for mode in ("batch_skipgram", "skipgram"))

    assert batched.vectors.tobytes() == single.vectors.tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_one_thread_and_a_seed_give_the_same_bits(topics: Corpus, mode: str) -> None:
    first, second = train(topics, with_(mode)), train(topics, with_(mode))
    other = train(topics, with_(mode, seed=2))

    assert first.vectors.tobytes() == second.vectors.tobytes()
    assert first.output.tobytes() == second.output.tobytes()
    assert first.vectors.tobytes() != other.vectors.tobytes()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", ["word", "two words", "a b a b a b", "\n\nshort\n\nlines\n\n", "x " * 5000, "x y " * 3000])
def test_texts_with_next_to_nothing_in_them_are_trained(tmp_path: Path, mode: str, text: str) -> None:
    corpus = corpus_of(tmp_path, text)

    model = train(corpus, with_(mode, threads=3))

    assert model.completed
    assert model.vectors.shape == model.output.shape == (len(corpus.vocabulary.words), DIM)
    assert np.isfinite(model.vectors).all()
    assert np.abs(model.vectors).max() < 50


@pytest.mark.parametrize("mode", ["batch_skipgram", "cbow"])
@pytest.mark.parametrize("threads", [1, 2, 5, 8])
def test_all_words_are_trained_whatever_the_number_of_threads(topics: Corpus, mode: str, threads: int) -> None:
    reported: list[Progress] = []
    began = time.perf_counter()

    model = train(topics, with_(mode, threads=threads, epochs=2), reported)

    assert reported[-1].fraction == 1
    assert reported[-1].alpha == 0
    assert 0 < model.train_seconds < time.perf_counter() - began
    assert model.words_per_second * model.train_seconds == pytest.approx(2 * topics.vocabulary.kept_words)
    assert [report.fraction for report in reported] == sorted(report.fraction for report in reported)


@pytest.mark.parametrize("mode", ["batch_skipgram", "cbow"])
def test_every_word_of_the_text_is_a_centre_once_an_epoch(topics: Corpus, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    centres, words = list[list[int]](), list[int]()

    def noted(text: Any, start: int, stop: int, sizes: Any, tables: Any, state: Any, plan: Any) -> tuple[int, int]:
        blocks, reached = plan_blocks(text, start, stop, sizes, tables, state, plan)
        centres.append([t for n in range(1, blocks + 1) for t in range(plan.first[n], plan.last[n])])
        words.append(stop)
        return blocks, reached

    monkeypatch.setattr(word2vec, "plan_blocks", noted)
    train(topics, with_(mode, epochs=2))

    # One call for each piece of text, but the one that compiles.
    assert [sorted(set(each)) for each in centres] == [[*range(stop)] for stop in words]
    assert sum(words) == 2 * topics.vocabulary.kept_words


@pytest.mark.parametrize("mode", MODES)
def test_training_begins_with_small_random_inputs_and_no_outputs(topics: Corpus, mode: str) -> None:
    # A learning rate that changes no bit that is looked at.
    model = train(topics, with_(mode, epochs=1, learning_rate=1e-12))

    # Uniform in [-1/dim, 1/dim), as in fastText (fasttext.cc: input->uniform(1.0 / args_->dim)); outputs are zero there.
    rows = np.concatenate([model.input.words, model.input.bucket_rows]) * DIM
    spread = rows.size**-0.5
    assert 1 - 20 / rows.size < np.abs(rows).max() <= 1
    assert rows.mean() == pytest.approx(0, abs=3 * spread)
    assert rows.std() == pytest.approx(3**-0.5, abs=2 * spread)
    assert np.abs(model.output).max() < 1e-6


@pytest.mark.parametrize("dim", [1, 7, 33])
def test_any_dimension(topics: Corpus, dim: int) -> None:
    model = train(topics, Word2VecSettings(dim=dim, epochs=1))

    assert model.vectors.shape == (len(topics.vocabulary.words), dim)
    assert np.isfinite(model.vectors).all()


@pytest.mark.parametrize("changes", [{"learning_rate": 0.1}, {"window": 30}, {"negatives": 25}, {"batch_size": 32}, {"window": 3000}])
@pytest.mark.parametrize("mode", ["batch_skipgram", "cbow"])
def test_bold_settings_train_as_well(topics: Corpus, mode: str, changes: dict[str, float]) -> None:
    model = train(topics, with_(mode, epochs=10, **changes))

    assert set(nearest(model, b"cat")[:3]) < {b"dog", b"horse", b"mouse", b"bird", b"fish", b"the", b"a"}


@pytest.mark.parametrize("window", [1, 3, 5, 6, 10, 15, 30, 100])
def test_batch_size_changes_the_vectors_at_every_window(tmp_path: Path, window: int) -> None:
    words = np.random.default_rng(3).zipf(1.2, 20_000) % 5000
    corpus = corpus_of(tmp_path, "\n".join(" ".join(f"w{word}" for word in line) for line in words.reshape(200, 100)))

    small, large = (
        train(corpus, Word2VecSettings(dim=4, window=window, batch_size=size, epochs=1)).vectors for size in (2, 2 * window + 1)
    )

    assert not np.array_equal(small, large)


@pytest.mark.parametrize("mode", ["skipgram with subwords", "cbow with subwords"])
def test_words_made_of_the_same_few_ngrams_are_trained(tmp_path: Path, mode: str) -> None:
    """Blocks and spans as large as for other words diverge here."""
    random = np.random.default_rng(1)
    words = ["".join(random.choice(list("abcd"), 8)) for _ in range(2000)]
    lines = [" ".join(random.choice(words[n % 20 :: 20], 100)) for n in range(1000)]

    model = train(corpus_of(tmp_path, "\n".join(lines)), with_(mode, learning_rate=0.1, epochs=2, subwords=Subwords(1, 2, 300)))

    assert np.abs(model.vectors).max() < 10


def test_a_training_that_diverges_is_refused_with_the_remedy(topics: Corpus) -> None:
    with pytest.raises(UserError, match=r"Training diverged.*learning_rate 1000.*Lower learning_rate"):
        train(topics, with_("batch_skipgram", learning_rate=1000))


def test_now_and_then_pages_are_given_back_and_divergence_is_looked_for(topics: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, released = list[bool](), list[int]()
    monkeypatch.setattr(word2vec, "raise_if_diverged", lambda *_, everything=False: looks.append(everything))
    monkeypatch.setattr(type(topics.tokens), "release", lambda tokens: released.append(id(tokens)))

    def watched(_work: object, _epochs: int, _schedule: object, *, check: Callable[[], None], **_: object) -> bool:
        check()
        assert (looks, released) == ([False], [id(topics.tokens)])
        return True

    monkeypatch.setattr(word2vec, "run_threads", watched)

    train(topics, with_("batch_skipgram", epochs=1))

    # At the end every row is looked at.
    assert looks == [False, True]


def test_a_stopped_training_keeps_what_it_has(topics: Corpus) -> None:
    asked = iter([False, True, True])

    model = train(topics, with_("batch_skipgram", epochs=100_000), stop=lambda: next(asked, True))

    assert not model.completed
    assert np.isfinite(model.vectors).all()
    assert np.abs(model.output).max() > 0


def test_ngram_rows_come_with_the_model(topics: Corpus) -> None:
    model = train(topics, with_("skipgram with subwords", epochs=1))

    assert model.input.shape == (len(topics.vocabulary.words) + NGRAMS.buckets, DIM)
    assert np.any(model.input.bucket_rows)
    assert not np.allclose(model.input.words, model.vectors)


@pytest.mark.parametrize(
    ("words", "epochs", "threads", "expected"),
    [
        # Five hundred pieces over the whole training, however many threads share them.
        (1_000_000, 5, 2, 10_000),
        (1_000_000, 5, 10, 10_000),
        (1_000_499, 1, 1, 2000),
        # Fifty for each thread at least.
        (1_000_000, 5, 20, 5000),
        (17_000_000, 1, 64, 5312),
        # But of 64 words at least, and of 16,384 at most.
        (32_499, 1, 1, 64),
        (32_500, 1, 1, 65),
        (8_192_500, 1, 1, 16384),
        (9_000_000, 1, 1, 16384),
        (1, 1, 1, 64),
    ],
)
def test_a_text_is_trained_in_pieces_that_let_the_learning_rate_fall_smoothly(words: int, epochs: int, threads: int, expected: int) -> None:
    assert word2vec._text_words(words, Word2VecSettings(epochs=epochs, threads=threads)) == expected


def test_every_thread_of_every_host_has_random_numbers_of_its_own(topics: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []

    def noted(seed: int, thread: int) -> Any:
        given.append((seed, thread))
        return new_state(seed, thread)

    monkeypatch.setattr(word2vec, "new_state", noted)
    settings = with_("batch_skipgram", threads=3, epochs=1, seed=9)
    for host in range(2):
        word2vec.prepare(topics, settings, host=host)
    train(topics, settings)

    alone = (0, 1, 2)
    assert given == [(9, thread) for thread in (0, 1, 2, 256, 257, 258, *alone)]


def test_what_is_compiled_is_compiled_before_the_clock_starts(topics: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[Any, ...]] = []

    def sampled(ids: Any, position: int, stop: int, *rest: Any) -> tuple[int, int, int]:
        calls.append((position, stop))
        return sample_text(ids, position, stop, *rest)

    def schedule(*given: Any) -> Schedule:
        calls.append(("clock",))
        return Schedule(*given)

    monkeypatch.setattr(word2vec, "sample_text", sampled)
    monkeypatch.setattr(word2vec, "Schedule", schedule)
    train(topics, with_("batch_skipgram", epochs=1))

    # No word is read for it.
    assert calls[:3] == [(0, 0), ("clock",), (0, len(topics.tokens.ids))]


def test_ngrams_are_laid_out_by_how_often_their_words_are_trained(topics: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def noted(words: list[bytes], uses: Any, subwords: Subwords) -> Any:
        given.append(uses)
        return subword_rows(words, uses, subwords)

    monkeypatch.setattr(word2vec, "subword_rows", noted)
    train(topics, with_("skipgram with subwords", epochs=1, sample=1e-3))

    # Occurrences times the chance of each to stay (Mikolov 2013): sqrt(t / f) + t / f.
    ratios = [1e-3 * topics.vocabulary.kept_words / count for count in topics.vocabulary.counts.tolist()]
    expected = [count * min(1, ratio**0.5 + ratio) for count, ratio in zip(topics.vocabulary.counts.tolist(), ratios, strict=True)]
    np.testing.assert_allclose(given[0], expected)
