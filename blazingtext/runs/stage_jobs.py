"""The jobs of one kind of a stage, as SageMaker has them: found by name, listed, stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, naming
from blazingtext_lifecycle.job_kinds import JobKind
from blazingtext_lifecycle.training_jobs import ACTIVE
from blazingtext_lifecycle.values import cut

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..errors import JobError


@dataclass(frozen=True)
class JobSummary:
    """A job in a list.

    Attributes:
        job: its name.
        status: SageMaker's status of it.
        created: when it was requested.
        ended: when it ended, or None.
        failure: why it failed, or "".
    """

    job: str
    status: str
    created: datetime
    ended: datetime | None
    failure: str


@dataclass(frozen=True)
class StageJobs:
    """The jobs of one kind of a stage.

    Attributes:
        cloud: the stage.
        kind: which jobs.
    """

    cloud: Cloud
    kind: JobKind

    def described(self, name: str) -> dict[str, Any]:
        """One job, by its name or by a beginning that no other of the stage has, with or without the stage's own.

        Raises:
            JobError: there is none, several begin so, or none can have that name.
        """
        if not self._is_name(name.rstrip("-")):
            longest = self.kind.longest_name
            raise self._error(
                f'"{cut(name)}" is not the name of a {self.kind.noun}: those are up to {longest} letters, digits and hyphens.'
            )
        found = self._described(name) or self._described(self._completed(name))
        if found is None:
            raise self._error(f"There is no {self.kind.noun} {name}. It was there just now.")
        return found

    def exists(self, name: str) -> bool:
        """Whether a job has exactly this name."""
        return self._is_name(name) and self._described(name) is not None

    def newest(self, limit: int) -> list[dict[str, Any]]:
        """The summaries of the latest jobs, newest first."""
        with translating_aws_errors(f"list the {self.kind.noun}s"):
            return list(islice(self._summaries(naming.job_prefix(self.cloud.stage)), limit))

    def summaries(self, limit: int) -> list[JobSummary]:
        """The latest jobs, newest first."""
        kind = self.kind
        return [
            JobSummary(each[kind.name], each[kind.status], each["CreationTime"], each.get(kind.ended), each.get("FailureReason", ""))
            for each in self.newest(limit)
        ]

    def stop(self, name: str) -> dict[str, Any]:
        """Asks SageMaker to stop a job; as it is then.

        Raises:
            JobError: there is no such job, it is another stage's, or it has ended.
        """
        found = self.described(name)
        job, status = found[self.kind.name], found[self.kind.status]
        if not job.startswith(naming.job_prefix(self.cloud.stage)):
            raise self._error(
                f"{job} is not a {self.kind.noun} of stage {self.cloud.stage}. Only those of the chosen stage can be stopped."
            )
        if status not in ACTIVE:
            raise self._error(f"{job} cannot be stopped. It is {status} already.")
        with translating_aws_errors(f"stop the {self.kind.noun} {job}"):
            getattr(self.cloud.sagemaker, f"stop_{self.kind.method}")(**{self.kind.name: job})
        return self.described(job)

    def _is_name(self, name: str) -> bool:
        return len(name) <= self.kind.longest_name and bool(naming.TRAINING_JOB_PATTERN.fullmatch(name))

    def _described(self, name: str) -> dict[str, Any] | None:
        if name.endswith("-"):
            # A beginning is no name, and SageMaker refuses it.
            return None
        with translating_aws_errors(f"look at the {self.kind.noun} {name}"):
            try:
                found: dict[str, Any] = getattr(self.cloud.sagemaker, f"describe_{self.kind.method}")(**{self.kind.name: name})
            except ClientError as error:
                if not aws_errors.is_missing(error):
                    raise
                return None
        return found

    def _completed(self, beginning: str) -> str:
        """The job of the stage that was named without the stage's own beginning, or the only one whose name begins so.

        Raises:
            JobError: there is none, or there are several.
        """
        own = naming.job_prefix(self.cloud.stage)
        with translating_aws_errors(f"list the {self.kind.noun}s"):
            names: list[str] = [each[self.kind.name] for each in self._summaries(beginning)]
        found = [name for name in names if name.startswith((beginning, own + beginning))]
        if own + beginning in found:
            return own + beginning
        if not found:
            raise self._error(f"There is no {self.kind.noun} {beginning}. None in {self.cloud.region} has that name, or begins so.")
        if len(found) > 1:
            some = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
            raise self._error(f"{beginning} is the beginning of several {self.kind.noun}s: {some}. Type more of it.")
        return found[0]

    def _summaries(self, part: str) -> Iterator[dict[str, Any]]:
        """The stage's jobs whose names hold a part, newest first; only the prefix tells which stage one belongs to."""
        wish = {"NameContains": part, "SortBy": "CreationTime", "SortOrder": "Descending"}
        lister: Any = self.cloud.sagemaker.get_paginator(f"list_{self.kind.method}s")  # type: ignore[call-overload] # of each kind
        for page in lister.paginate(**wish):
            for each in page[f"{self.kind.shape}Summaries"]:
                if each[self.kind.name].startswith(naming.job_prefix(self.cloud.stage)):
                    yield each

    def _error(self, happened: str) -> JobError:
        return JobError(happened, self.kind, self.cloud.stage)
