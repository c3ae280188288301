"""The steps of the demo: a model's whole life as the commands that a user would type."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blazingtext_lifecycle.errors import ConfigurationError

from ..stages import cdk_context, stage_option

_WORDS = ("music", "army", "river")


@dataclass(frozen=True)
class Plan:
    """What to demonstrate.

    Args:
        stage: the stage to deploy.
        keep: keep everything at the end.
        corpus: a prepared corpus; None means the sample.
        pictures: where to save the map.
    """

    stage: str
    keep: bool = False
    corpus: Path | None = None
    pictures: Path = Path("outputs")


@dataclass(frozen=True)
class Step:
    """One command.

    Attributes:
        title: what happens.
        typed: the command as a user would type it.
        command: what is run for it.
    """

    title: str
    typed: str
    command: Sequence[str]


def blazingtext(title: str, *words: str) -> Step:
    """A step that runs `blazingtext`."""
    return Step(title, shlex.join(["blazingtext", *words]), [sys.executable, "-m", "blazingtext", *words])


def cdk(title: str, folder: Path, *words: str) -> Step:
    """A step that runs the unmodified AWS CDK."""
    # A folder of its own for the cloud assembly: cdk.out may be in use by another cdk.
    return Step(title, shlex.join(["cdk", *words]), [_cdk(), *words, "--output", str(folder / "cdk.out")])


def _cdk() -> str:
    """The cdk on PATH, or the one next to this Python.

    Raises:
        ConfigurationError: there is none.
    """
    found = shutil.which("cdk", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        raise ConfigurationError(
            "The cdk command was not found. It is neither on PATH nor next to this Python. Set the project up with: make demo"
        )
    return found


def steps(plan: Plan, folder: Path) -> list[Step]:
    """The commands from an empty account to an endpoint that answers."""
    context, stage = cdk_context(plan.stage), stage_option(plan.stage)
    corpus = plan.corpus or folder / "wikipedia.txt"
    name = "wikipedia" if plan.corpus is None else "corpus"
    making = [] if plan.corpus else [blazingtext("The sample corpus: English Wikipedia", "corpus", "sample", str(corpus))]
    return [
        cdk("Prepare the account for the CDK, once", folder, "bootstrap", *context),
        cdk(
            "Deploy the three stacks; no model, so no endpoint and no cost",
            folder,
            "deploy",
            "--all",
            "--require-approval",
            "never",
            *context,
        ),
        *making,
        blazingtext("Count its words", "corpus", "stats", str(corpus), "--top", "8"),
        blazingtext("Upload it to the bucket", "upload", str(corpus), "--corpus", name, *stage),
        blazingtext("Train through the launcher function", "train", "--corpus", name, "--watch", *stage),
        blazingtext("Score the vectors against human judgement (WordSim-353)", "evaluate", *stage),
        blazingtext(
            "The model is promoted automatically; wait for the endpoint", "status", "--wait", "--live", "newest", "--timeout", "300", *stage
        ),
        blazingtext("Ask the endpoint", "predict", "awesome", "blazing", *stage),
        blazingtext("Find similar words", "neighbors", *_WORDS, "--count", "5", *stage),
        blazingtext("Draw a map of the words", "map", "--output", str(plan.pictures / "map.png"), *stage),
    ]


def ending(plan: Plan, folder: Path) -> list[Step]:
    """The commands that remove everything again."""
    context, stage = cdk_context(plan.stage), stage_option(plan.stage)
    return [
        cdk("Destroy everything", folder, "destroy", "--all", "--force", *context),
        blazingtext("Check that nothing is left", "audit", *stage),
    ]
