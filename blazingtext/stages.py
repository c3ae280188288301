"""How a stage is named on a command line: not at all when it is the default one."""

from __future__ import annotations

import os
import shlex

from blazingtext_lifecycle import naming


def chosen_stage() -> str:
    """The stage when no option names one: BLAZINGTEXT_STAGE, or the default."""
    return os.environ.get("BLAZINGTEXT_STAGE", naming.DEFAULT_STAGE)


def cdk_context(stage: str) -> tuple[str, ...]:
    """The arguments that tell `cdk` the stage."""
    return () if stage == naming.DEFAULT_STAGE else ("-c", f"stage={stage}")


def cdk_command(verb: str, stage: str) -> str:
    """What to type to have `cdk` deploy or destroy all stacks of a stage."""
    return shlex.join(["cdk", verb, "--all", *cdk_context(stage)])


def blazingtext_command(words: str, stage: str) -> str:
    """What to type for a command of ours that is about a stage; the words are taken as they are."""
    return " ".join(["blazingtext", words, *stage_option(stage, chosen_stage())])


def stage_option(stage: str, understood: str = naming.DEFAULT_STAGE) -> tuple[str, ...]:
    """The arguments that tell `blazingtext` the stage; none when it is understood.

    Args:
        stage: the stage.
        understood: the stage that the command takes by itself.
    """
    return () if stage == understood else ("--stage", stage)
