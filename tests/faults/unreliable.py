"""Which calls each function makes, so that every one of them can meet a fault.

The calls are not written down: they are the actions that the stacks grant the function's role, without those that are no calls of the
function's own (`NO_CALLS`). An action that no part is for fails a test.
"""

import dataclasses
from collections.abc import Mapping

from blazingtext_lifecycle.environments import Approval
from blazingtext_stacks.settings import Settings
from tests.faults.functions import CLEANER, EMPTIER, LAUNCHER, MACHINE, PROCESSOR, PROMOTER, STOPPER, TRANSFORMER, TUNER, Part
from tests.faults.other_parts import (
    DeletesVersions,
    EmptiesABucket,
    FindsAgain,
    FinishesTransforms,
    Launches,
    Processes,
    StopsJobs,
    Transforms,
    Tunes,
)
from tests.faults.promoter_parts import Buries, Notes, Postpones, Promotes, PromotesTuned, Registers
from tests.faults.stage import all_permissions

# Role -> action -> who makes that call, or why it is none.
_LAMBDA = "Lambda's own"
_KEY = "by services, for the caller"
_LOGS = {"logs:CreateLogStream": _LAMBDA, "logs:PutLogEvents": _LAMBDA}
_KEYS = {f"kms:{action}": _KEY for action in ("Decrypt", "GenerateDataKey", "DescribeKey", "CreateGrant")}
NO_CALLS: dict[str, dict[str, str]] = {
    LAUNCHER: {
        **_LOGS,
        **_KEYS,
        "iam:PassRole": "asked about with CreateTrainingJob",
        "sagemaker:AddTags": "asked about with CreateTrainingJob",
        "sqs:SendMessage": _LAMBDA,
    },
    TUNER: {
        **_LOGS,
        "kms:Decrypt": _KEY,
        "iam:PassRole": "asked about with CreateHyperParameterTuningJob",
        "sagemaker:AddTags": "asked about with CreateHyperParameterTuningJob",
    },
    TRANSFORMER: {
        **_LOGS,
        "kms:Decrypt": _KEY,
        "iam:PassRole": "asked about with CreateModel",
        "sagemaker:AddTags": "asked about with CreateModel and CreateTransformJob",
    },
    PROCESSOR: {
        **_LOGS,
        "iam:PassRole": "asked about with CreateProcessingJob",
        "sagemaker:AddTags": "asked about with CreateProcessingJob",
    },
    PROMOTER: {
        **_LOGS,
        **_KEYS,
        "s3:ListBucket": "asked about with HeadObject of a missing object",
        "sqs:ReceiveMessage": _LAMBDA,
        "sqs:DeleteMessage": _LAMBDA,
        "sqs:GetQueueAttributes": _LAMBDA,
        "ecr:BatchGetImage": "asked about with CreateModelPackage",
        "ecr:DescribeImages": "asked about with CreateModelPackage",
    },
    MACHINE: {},
    STOPPER: _LOGS,
    EMPTIER: {**_LOGS, "s3:DeleteObjectVersion": "asked about with DeleteObjects"},
    CLEANER: _LOGS,
}
PARTS: tuple[type[Part], ...] = (
    Launches, FindsAgain, Tunes, Transforms, FinishesTransforms, Processes, Promotes, PromotesTuned, Notes, Buries, Postpones, Registers,
    StopsJobs, EmptiesABucket, DeletesVersions,
)  # fmt: skip


def with_approval(stage: str) -> Settings:
    """The settings whose functions call all that functions ever call."""
    return dataclasses.replace(all_permissions(stage), approval=Approval.MANUAL)


def calls_of(part: type[Part], granted: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The actions of the calls that a function makes for a part of its work.

    Args:
        part: the part.
        granted: role -> the actions that it is granted.
    """
    if part.makes is not None:
        return part.makes
    others = frozenset[str]().union(*(each.makes or () for each in PARTS if each.role == part.role))
    return granted[part.role] - NO_CALLS[part.role].keys() - others
