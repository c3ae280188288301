"""The names of tuning jobs, which are shorter than those of training jobs."""

import hashlib
import re

from . import naming

# What SageMaker's API takes as a HyperParameterTuningJobName, and AWS's limit on it: the pattern does not count hyphens.
_PATTERN = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")
LIMIT = 32
# The longest stage leaves seven letters; 36 to the power of 7 are 78 thousand million names.
_LETTERS = 7
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def is_name(text: str) -> bool:
    """Whether a tuning job can have a name."""
    return len(text) <= LIMIT and bool(_PATTERN.fullmatch(text))


def tuning_job(stage: str, corpus: str, request: str, attempt: int = 1) -> str:
    """The name of an attempt at the tuning job of a request: the same request over the same data always gets the same.

    SageMaker takes 32 characters (a training job's name has 63), and calls the training jobs ``<name>-001-<8 letters>``. An attempt has
    therefore no number of its own: it is hashed with the request.
    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html

    Args:
        stage: a valid stage.
        corpus: a valid corpus name; shortened, or left out when the stage's name is so long that there is no room.
        request: the request's hash in hexadecimal.
        attempt: which one, counted from 1.
    """
    number = int(hashlib.sha256(f"{request}-{attempt}".encode()).hexdigest(), 16)
    letters = ""
    for _ in range(_LETTERS):
        number, place = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[place]
    room = LIMIT - len(naming.job_prefix(stage)) - len(letters) - 1
    shortened = corpus[: max(room, 0)].strip("-")
    return f"{naming.job_prefix(stage)}{shortened}-{letters}" if shortened else f"{naming.job_prefix(stage)}{letters}"
