"""What a training of a classifier does now and then beside the training itself."""

from pathlib import Path

import numpy as np
import pytest

from blazingtext_engine.corpus.vocabulary import read_corpus
from blazingtext_engine.errors import UserError
from blazingtext_engine.training import classifier
from blazingtext_engine.training.encoded_lines import EncodedCorpus
from blazingtext_engine.training.hogwild import Schedule
from blazingtext_engine.training.settings import ClassifierSettings


def test_pages_are_given_back_and_divergence_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text").write_text("__label__a some words\n__label__b other words\n")
    corpus = read_corpus([tmp_path / "text"], min_count=1, threads=1, labels=True)
    released = list[int]()
    monkeypatch.setattr(EncodedCorpus, "release", lambda encoded: released.append(id(encoded)))
    run = classifier._Run(corpus, ClassifierSettings(dim=12, learning_rate=0.5, buckets=500), lambda: False)

    run._check()

    assert released == [id(run.encoded)]
    run.matrices.outputs[0, 0] = np.nan
    with pytest.raises(UserError, match=r"Training diverged.*learning_rate 0\.5"):
        run._check()


def test_every_thread_trains_its_share_of_the_lines(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("__label__a some words\n__label__b other words\n" * 30)
    corpus = read_corpus([tmp_path / "text"], min_count=1, threads=1, labels=True)
    run = classifier._Run(corpus, ClassifierSettings(dim=12, learning_rate=0.5, buckets=500, threads=3), lambda: False)

    assert run.epoch(Schedule(0.5, 120, run.matrices.done), lambda _: None, lambda: False)

    assert run.matrices.done.tolist() == [40, 40, 40]
