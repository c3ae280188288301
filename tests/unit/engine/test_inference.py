"""Answers of a saved model."""

import struct
from pathlib import Path

import numpy as np
import pytest

from blazingtext_engine.errors import ModelError
from blazingtext_engine.inference import load, most_probable
from tests.unit.engine.saved_models import save_classifier


@pytest.mark.parametrize("k", [1, 2, 7, 1999, 2000, 2001])
def test_the_most_probable_labels_are_those_of_a_stable_sort(k: int) -> None:
    # Few different values, so that many are equal.
    probabilities = np.random.default_rng(k).integers(0, 20, 2000).astype(np.float32)

    assert most_probable(probabilities, k).tolist() == np.argsort(-probabilities, kind="stable")[:k].tolist()


def test_a_loss_that_fasttext_does_not_have_is_damage(tmp_path: Path) -> None:
    save_classifier(tmp_path)
    content = bytearray((tmp_path / "model.bin").read_bytes())
    # The seventh of the numbers after magic and version.
    struct.pack_into("<i", content, 4 * (2 + 6), 5)
    (tmp_path / "model.bin").write_bytes(content)

    with pytest.raises(ModelError, match=r"names the loss 5, which fastText does not have\. Upload the file once more"):
        load(tmp_path)
