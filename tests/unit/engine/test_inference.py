"""Answers of a saved model."""

import numpy as np
import pytest

from blazingtext_engine.inference import most_probable


@pytest.mark.parametrize("k", [1, 2, 7, 1999, 2000, 2001])
def test_the_most_probable_labels_are_those_of_a_stable_sort(k: int) -> None:
    # Few different values, so that many are equal.
    probabilities = np.random.default_rng(k).integers(0, 20, 2000).astype(np.float32)

    assert most_probable(probabilities, k).tolist() == np.argsort(-probabilities, kind="stable")[:k].tolist()
