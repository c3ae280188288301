"""`| head`: whatever a command does, a reader that goes away before its result is no failure of it, and nothing is said about it.

The commands come from the command line itself, so one that is new and not tried here is a failure.
"""

import os
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest

from blazingtext.cli import document
from blazingtext.cli import main as cli
from tests.journey.story import Shell
from tests.patience import PATIENCE

# What each command is given so that it ends with a result. In this order: every one finds the stage as it needs it.
ARGUMENTS = {
    "preflight": (),
    "costs": (),
    "corpus prepare": ("{text}", "--output", "-"),
    "corpus phrases": ("{text}", "--output", "{folder}/joined.txt"),
    "corpus stats": ("{text}",),
    "corpus sample": ("{folder}/sample.txt",),
    # What it gives cannot be had without another host: it ends with an error.
    "corpus fetch": ("{folder}/text8", "--archive", "{text}"),
    "upload": ("{text}", "--corpus", "leaving"),
    "train": ("--corpus", "wiki", "--epochs", "100000", "--negative-samples", "9"),
    "stop": (),
    "tune": ("wiki", "--epochs", "1:2", "--jobs", "1", "--parallel", "1", "--dry-run"),
    "tunings": (),
    # There is none of this name: it ends with an error.
    "tuning": ("blazingtext-dev-none",),
    "transform": ("{text}", "--run", "{other}", "--dry-run"),
    "transforms": (),
    "corpus jobs": (),
    "runs": (),
    "logs": ("{job}",),
    # Nobody said where MLflow is: it ends with an error.
    "mlflow": ("{job}",),
    "evaluate": ("--job", "{job}"),
    "compare": ("{job}", "{other}"),
    "map": ("--words", "30", "--job", "{job}", "--output", "{folder}/map.svg"),
    "explore": ("{job}", "--words", "30", "--output", "{folder}/page.html"),
    "export": ("{job}", "--top", "9", "--output", "{folder}/vectors.vec"),
    "download": ("{job}", "--output", "{folder}/files", "--force"),
    "neighbors": ("music", "--job", "{job}"),
    "analogy": ("man", "king", "woman", "--job", "{job}"),
    "predict": ("music",),
    "pause": (),
    "resume": (),
    "rollback": (),
    # The stage has no model registry: these end with an error.
    "models approve": ("1",),
    "models reject": ("1",),
    "models register": ("{job}",),
    "models list": (),
    "promote": ("{job}",),
    # The stage allows no shadow: it ends with an error.
    "shadow": ("{job}",),
    "verify": (),
    "status": (),
    "audit": (),
    "local train": ("{text}", "--output", "{folder}/model", "--epochs", "1", "--vector-dim", "8", "--evaluation", "False"),
    # It ends before anything of a sandbox is there: the folder of the sandboxes is a file.
    "demo": (),
}
# What cannot have a result fails as ever, in both forms or as JSON only: a corpus on stdout leaves no room for a document, and nothing of
# the demo's first step is on stdout then.
FAILING = {("corpus fetch", ()), ("corpus fetch", ("--json",)), ("corpus prepare", ("--json",)), ("demo", ("--json",)),
           ("models approve", ()), ("models approve", ("--json",)), ("models reject", ()), ("models reject", ("--json",)),
           ("mlflow", ()), ("mlflow", ("--json",)), ("models register", ()), ("models register", ("--json",)),
           ("tuning", ()), ("tuning", ("--json",)), ("shadow", ()), ("shadow", ("--json",))}  # fmt: skip
# The sandbox is a program of its own: tests/parity/test_sandbox_command.py.
ELSEWHERE = {"sandbox"}


def leaving(shell: Shell, *command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A command whose stdout is a pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(
            command,
            cwd=shell.assembly.parent,
            # As at a terminal's pipe, whatever started the tests: results are written at the end of a command.
            env={name: value for name, value in {**shell.environment, **environment}.items() if name != "PYTHONUNBUFFERED"},
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            timeout=PATIENCE,
        )
    finally:
        os.close(writer)


def test_every_command_is_tried() -> None:
    tree = document.all_commands(cli.cli, ["blazingtext"])
    commands = {" ".join(path[1:]) for path, command in tree if not isinstance(command, click.Group)}

    assert commands - ELSEWHERE == set(ARGUMENTS)


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_reader_that_leaves_before_the_result_is_no_failure(
    name: str, form: tuple[str, ...], first_run: Any, classifier: Any, deployed: Shell, tmp_path: Path
) -> None:
    (tmp_path / "text.txt").write_text("some words of a text\n" * 3000, encoding="utf-8")
    names = {"text": str(tmp_path / "text.txt"), "folder": str(tmp_path), "job": first_run["job"], "other": classifier["job"]}
    arguments = [each.format(**names) for each in ARGUMENTS[name]]
    variables = {"BLAZINGTEXT_SANDBOX_HOME": names["text"]} if name == "demo" else {}

    if name == "rollback" and not form:
        deployed.blazingtext("promote", classifier["job"])
    if name == "stop" and form:
        # The other form has stopped the one that ran.
        deployed.blazingtext("train", "--corpus", "wiki", "--epochs", "99999", "--negative-samples", "9")
    ended = leaving(deployed, "blazingtext", *name.split(), *arguments, *form, **variables)

    check(ended, {2} if (name, form) in FAILING else {0, 141})


def test_nor_is_one_that_leaves_before_a_csv(first_run: Any, deployed: Shell) -> None:
    check(leaving(deployed, "blazingtext", "runs", "--csv"), {0, 141})


def check(ended: subprocess.CompletedProcess[bytes], codes: set[int]) -> None:
    said = ended.stderr.decode()
    assert ended.returncode in codes, said
    assert not {word for word in ("Traceback", "Broken", "Exception ignored", "a bug") if word in said}, said
