"""How a stage is named on a command line: not at all when it is the default one."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType

from blazingtext_lifecycle import naming


def chosen_stage() -> str:
    """The stage when no option names one: BLAZINGTEXT_STAGE, or the default."""
    return os.environ.get("BLAZINGTEXT_STAGE", naming.DEFAULT_STAGE)


def cdk_context(stage: str) -> tuple[str, ...]:
    """The arguments that tell `cdk` the stage."""
    return () if stage == naming.DEFAULT_STAGE else ("-c", f"stage={stage}")


# What was typed before the command or after it, besides the stage: --region and --profile. A command to type next says them again.
typed_options: ContextVar[Mapping[str, str]] = ContextVar("typed_options", default=MappingProxyType({}))


def cdk_command(verb: str, stage: str, region: str = "") -> str:
    """What to type to have `cdk` deploy or destroy all stacks of a stage.

    Args:
        verb: deploy or destroy.
        stage: the stage.
        region: where; "" for the region that was typed, or else the environment's.
    """
    return _cdk([verb, "--all", *cdk_context(stage)], region)


def bootstrap_command() -> str:
    """What to type to have `cdk` prepare the region for its deployments."""
    return _cdk(["bootstrap"])


def _cdk(words: Sequence[str], region: str = "") -> str:
    """A command of `cdk`, which has no option for the region."""
    typed = typed_options.get()
    chosen = region or typed.get("region", "")
    profile = ("--profile", typed["profile"]) if "profile" in typed else ()
    command = shlex.join(["cdk", *words, *profile])
    return f"AWS_REGION={shlex.quote(chosen)} {command}" if chosen else command


def blazingtext_command(words: str, stage: str) -> str:
    """What to type for a command of ours that is about a stage; the words are taken as they are."""
    typed = [word for name, value in typed_options.get().items() for word in (f"--{name}", shlex.quote(value))]
    return " ".join(["blazingtext", words, *stage_option(stage, chosen_stage()), *typed])


def stage_option(stage: str, understood: str = naming.DEFAULT_STAGE) -> tuple[str, ...]:
    """The arguments that tell `blazingtext` the stage; none when it is understood.

    Args:
        stage: the stage.
        understood: the stage that the command takes by itself.
    """
    return () if stage == understood else ("--stage", stage)
