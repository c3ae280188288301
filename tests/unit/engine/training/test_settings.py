"""What training is told when nothing is said: BlazingText's defaults, under the engine's shorter names."""

from blazingtext_engine.corpus.words import Subwords
from blazingtext_engine.training.settings import ClassifierSettings, Word2VecSettings

# https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext_hyperparameters.html


def test_word_vectors_are_trained_with_blazingtexts_defaults() -> None:
    assert vars(Word2VecSettings()) == {
        "mode": "batch_skipgram", "dim": 100, "window": 5, "negatives": 5, "epochs": 5, "learning_rate": 0.05, "sample": 0.0001,
        "batch_size": 11, "subwords": None, "threads": 1, "seed": 1,
    }  # fmt: skip
    assert Subwords() == Subwords(min_char=3, max_char=6, buckets=2_000_000)


def test_classifiers_are_trained_with_blazingtexts_defaults_and_to_the_end() -> None:
    assert vars(ClassifierSettings()) == {
        "dim": 100, "epochs": 5, "learning_rate": 0.05, "word_ngrams": 2, "buckets": 2_000_000, "min_epochs": 5, "patience": None,
        "threads": 1, "seed": 1,
    }  # fmt: skip
