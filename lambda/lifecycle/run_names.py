"""The names that people choose for their runs and searches, as job names that SageMaker takes."""

import re

from . import naming, tuning_names
from .errors import RequestError
from .job_kinds import TRAINING, JobKind
from .values import cut

_PATTERN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
# With the longest stage, and the number of an attempt behind it, such a name stays within SageMaker's 63 characters.
_MOST_LETTERS = 32


def longest(kind: JobKind, stage: str) -> int:
    """How many characters a chosen name may have; a tuning job's has SageMaker's 32 less the stage's beginning and an attempt's number."""
    if kind is TRAINING:
        return _MOST_LETTERS
    return tuning_names.LIMIT - len(naming.job_prefix(stage)) - len(f"-{naming.MAXIMUM_ATTEMPTS}")


def check(name: str, kind: JobKind, stage: str) -> str:
    """The name itself, when it is allowed.

    Args:
        name: what was chosen, without the stage's beginning.
        kind: training jobs or tuning jobs.
        stage: a valid stage.

    Raises:
        RequestError: it is not.
    """
    most = longest(kind, stage)
    if len(name) > most or not _PATTERN.fullmatch(name):
        raise RequestError(
            f'name: "{cut(name)}" cannot name a {kind.noun}. Behind "{naming.job_prefix(stage)}" it becomes the job\'s name, so it must be '
            f'1 to {most} lowercase letters, digits and hyphens, and begin and end with a letter or digit. Try "first" or "wiki-5".'
        )
    return name


def job(stage: str, name: str) -> str:
    """The job that a chosen name stands for."""
    return f"{naming.job_prefix(stage)}{name}"
