"""What every part of the Python client begins with: a stage and its AWS clients."""

from __future__ import annotations

from functools import cached_property

import boto3

from blazingtext_lifecycle import naming

from .aws_errors import translating_aws_errors
from .cloud import Cloud
from .stages import chosen_stage


class StageClient:
    """One stage of the project.

    Args:
        stage: the stage's name; None means BLAZINGTEXT_STAGE, or the default stage.
        session: decides account and region; None means the environment's.
    """

    def __init__(self, stage: str | None = None, session: boto3.Session | None = None) -> None:
        self._stage = naming.check_stage(chosen_stage() if stage is None else stage)
        self._session = session

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._stage!r})"

    @cached_property
    def cloud(self) -> Cloud:
        """The stage's AWS clients and stack outputs."""
        if self._session is not None:
            return Cloud(self._stage, self._session)
        with translating_aws_errors("use the AWS settings"):
            return Cloud(self._stage, boto3.Session())
