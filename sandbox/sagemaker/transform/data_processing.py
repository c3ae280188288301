"""The filters of a transform job, and the input that is joined with the answers.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..api.contract import Parameters
from .json_paths import JsonPath, PathError

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
FORMATS: Final = (CSV, JSON, JSON_LINES)
DEFAULTS: Final[Parameters] = {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}


class ProcessingError(Exception):
    """A record or an answer is not what the filters need; the message says why."""


@dataclass(frozen=True)
class DataProcessing:
    """What happens to each record before and after the model.

    Attributes:
        input_filter: what of a record the model gets.
        output_filter: what of the joined record is stored.
        joins: whether the record stands beside its answer.
        is_csv: whether records are rows; otherwise they are JSON.
    """

    input_filter: JsonPath
    output_filter: JsonPath
    joins: bool
    is_csv: bool

    @classmethod
    def of(cls, request: Parameters) -> DataProcessing | None:
        """That of a request; None when it leaves the data as it is.

        Raises:
            PathError: a filter is no JSONPath.
        """
        given = {**DEFAULTS, **request.get("DataProcessing", {})}
        if given == DEFAULTS:
            return None
        kind = request["TransformInput"].get("ContentType", "")
        return cls(JsonPath(given["InputFilter"]), JsonPath(given["OutputFilter"]), given["JoinSource"] == "Input", kind == CSV)

    def before(self, record: bytes) -> bytes:
        """What the model gets of a record.

        Raises:
            ProcessingError: it cannot be read, or the filter selects nothing.
        """
        if self.input_filter.is_root:
            return record
        return self._written(self._selected(self.input_filter, self._read(record)))

    def after(self, records: Sequence[bytes], answer: bytes) -> bytes:
        """What is stored for the answer to some records.

        Raises:
            ProcessingError: it cannot be read, has not as many answers as records, or the filter selects nothing.
        """
        answers = self._answers(answer, len(records))
        if len(answers) != len(records):
            raise ProcessingError(f"the answer has {len(answers)} records for {len(records)}")
        joined = [self._joined(self._read(record), found) if self.joins else found for record, found in zip(records, answers, strict=True)]
        return b"".join(self._written(self._selected(self.output_filter, each)) for each in joined)

    def _answers(self, answer: bytes, expected: int) -> list[Any]:
        if expected == 1 and not self.is_csv:
            return [self._read(answer)]
        return [self._read(line) for line in answer.splitlines() if line.strip()]

    def _joined(self, record: Any, answer: Any) -> Any:
        if self.is_csv:
            return [*record, *answer]
        if isinstance(record, dict):
            return {**record, "SageMakerOutput": answer}
        return {"SageMakerInput": record, "SageMakerOutput": answer}

    def _read(self, record: bytes) -> Any:
        try:
            text = record.decode()
            return next(csv.reader(io.StringIO(text)), []) if self.is_csv else json.loads(text)
        except (ValueError, RecursionError, csv.Error) as problem:
            raise ProcessingError(f"{'CSV' if self.is_csv else 'JSON'} was expected: {problem}") from problem

    def _written(self, value: Any) -> bytes:
        if not self.is_csv:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        target = io.StringIO()
        csv.writer(target, lineterminator="\n").writerow(value if isinstance(value, list) else [value])
        return target.getvalue().encode()

    def _selected(self, path: JsonPath, value: Any) -> Any:
        try:
            return path.select(value)
        except PathError as problem:
            raise ProcessingError(str(problem)) from problem
