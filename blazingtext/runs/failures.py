"""Why a training job failed, and what to do about it."""

from __future__ import annotations

from ..stages import blazingtext_command
from .training_jobs import Run

#: What a full disk is called: by the operating system, by SageMaker's download and upload.
_FULL_DISK = ("No space left on device", "Insufficient disk space")


def fixable(run: Run) -> bool:
    """Whether a person can put right what failed."""
    return run.failure.startswith("ClientError") or bool(_remedy(run, ""))


def explained(run: Run, stage: str, *, otherwise: str = "") -> str:
    """What failed, why, and what to do.

    Args:
        run: what failed.
        stage: whose it is.
        otherwise: what to do when nothing better is known.
    """
    return f"{run.job} failed. SageMaker says: {run.failure} {_remedy(run, stage) or otherwise}".rstrip()


def _remedy(run: Run, stage: str) -> str:
    if any(words in run.failure for words in _FULL_DISK):
        return "Its disk was full. Run the same command with a larger one: --volume GB"
    if "No S3 objects found" in run.failure:
        upload = blazingtext_command(f"upload FILE --corpus {run.corpus}", stage)
        return f"Its corpus went before it was read. Upload it again, then run the same command with --retry: {upload}"
    return ""
