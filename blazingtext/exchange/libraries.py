"""Word vectors as safetensors and as Parquet, written by the libraries of these names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray
from safetensors import numpy as safetensors


def write_safetensors(words: Sequence[str], matrix: NDArray[np.float32], stream: IO[bytes]) -> None:
    """One tensor, ``vectors``, n x dimension; the words are a JSON list in the file's metadata, under ``words``.

    Source: https://huggingface.co/docs/safetensors/index#format (metadata is a map of text to text).
    """
    metadata = {"words": json.dumps(list(words), ensure_ascii=False)}
    stream.write(safetensors.save({"vectors": np.ascontiguousarray(matrix)}, metadata))


def write_parquet(words: Sequence[str], matrix: NDArray[np.float32], stream: IO[bytes]) -> None:
    """A row for each word: ``word``, and ``vector``, a list of as many float32 as the model's dimension."""
    numbers = pa.array(np.ascontiguousarray(matrix).ravel())
    columns = {"word": pa.array(list(words)), "vector": pa.FixedSizeListArray.from_arrays(numbers, matrix.shape[1])}
    pa.parquet.write_table(pa.table(columns), stream, compression="zstd")
