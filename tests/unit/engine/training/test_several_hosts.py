"""Training on several hosts, here threads of one process that share nothing but loopback."""

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blazingtext_engine.corpus.shares import read_share
from blazingtext_engine.errors import UserError
from blazingtext_engine.network.group import Group
from blazingtext_engine.training import several_hosts
from blazingtext_engine.training.hogwild import run_threads
from blazingtext_engine.training.models import WordVectors
from blazingtext_engine.training.settings import Progress, Word2VecSettings
from blazingtext_engine.training.word2vec import Preparation
from tests.unit.engine import containers
from tests.unit.engine.network_support import run_on_all

SETTINGS = Word2VecSettings(dim=16, epochs=20, sample=0.01, threads=1)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_bytes(containers.sentences(1500))
    return path


def train_on(hosts: int, text: Path, settings: Word2VecSettings = SETTINGS) -> list[tuple[WordVectors, list[Progress]]]:
    def train(group: Group) -> tuple[WordVectors, list[Progress]]:
        reported: list[Progress] = []
        share = read_share([text], group, min_count=1, threads=1)
        return several_hosts.train(share, settings, group, progress=reported.append, stop=lambda: False), reported

    return run_on_all(hosts, train)


def test_within_a_round_it_is_looked_whether_training_diverges(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    within: list[int] = []

    def run_and_look(*arguments: Any, check: Callable[[], None], **more: Any) -> bool:
        before = looked.count(threading.get_ident())
        check()
        within.append(looked.count(threading.get_ident()) - before)
        return run_threads(*arguments, check=check, **more)

    monkeypatch.setattr(Preparation, "check", lambda _: looked.append(threading.get_ident()))
    monkeypatch.setattr("blazingtext_engine.training.several_hosts.run_threads", run_and_look)

    train_on(2, text)

    assert set(within) == {1}


@pytest.mark.parametrize("hosts", [2, 4])
def test_all_hosts_have_one_model_in_the_end_and_it_knows_the_topics(text: Path, hosts: int) -> None:
    found = train_on(hosts, text)

    model = found[0][0]
    assert all((each.vectors == model.vectors).all() and (each.output == model.output).all() for each, _ in found)
    assert all(each.completed for each, _ in found)
    assert [reported[-1].fraction for _, reported in found] == [1] * hosts
    unit = model.vectors / np.linalg.norm(model.vectors, axis=1, keepdims=True)
    topic = np.array([int(word[1:2]) for word in model.vocabulary.words])
    cosines, same = unit @ unit.T, topic[:, None] == topic
    assert cosines[same].mean() > cosines[~same].mean() + 0.3


def test_the_same_seed_gives_the_same_bits(text: Path) -> None:
    first, second = (train_on(2, text, Word2VecSettings(dim=8, epochs=2, threads=1))[0][0] for _ in range(2))

    assert (first.vectors == second.vectors).all()


def test_a_host_without_a_share_of_the_text_trains_along(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes(b"one two " * 3)

    found = train_on(8, tmp_path / "text.txt", Word2VecSettings(dim=4, epochs=3, threads=2))

    assert all((each.vectors == found[0][0].vectors).all() for each, _ in found)


def test_the_speed_is_that_of_all_hosts(text: Path) -> None:
    model = train_on(3, text)[0][0]

    assert model.words_per_second * model.train_seconds == pytest.approx(model.vocabulary.kept_words * SETTINGS.epochs, rel=0.01)


def test_a_training_that_diverges_is_the_persons_error_on_every_host(text: Path) -> None:
    with pytest.raises(UserError, match=r"Training diverged.*learning_rate 1000"):
        train_on(2, text, Word2VecSettings(dim=8, learning_rate=1000, threads=1))


@pytest.mark.parametrize("hosts", [2, 8])
def test_rounds_grow_with_what_was_trained_up_to_a_limit(hosts: int) -> None:
    words, epochs = 1_000_000.0, 2
    found = list(several_hosts.rounds(words, epochs, hosts))
    lengths = [(last - first) * words for first, last in found]

    assert found[0] == (0, several_hosts.FEWEST_ROUND_WORDS / words)
    assert sum(lengths) == pytest.approx(epochs * words)
    # Each begins where the one before ended, or with the epoch.
    assert all(second[0] == first[1] or (first[1], second[0]) == (1, 0) for first, second in pairwise(found))
    assert max(lengths) <= 1.5 * several_hosts.MOST_ROUND_WORDS + 1
    middle = next(n for n, total in enumerate(np.cumsum(lengths)) if total > 200_000)
    assert lengths[middle] == pytest.approx(several_hosts.ROUND_GROWTH / hosts * sum(lengths[:middle]))


@pytest.mark.parametrize("words", [0.25, 1, 999, 1499])
def test_a_share_that_is_smaller_than_a_round_is_one(words: float) -> None:
    assert list(several_hosts.rounds(words, 2, 2)) == [(0, 1), (0, 1)]
