"""What is mutated, which tests answer for it, and a sample of its mutants."""

import random
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .mutations import Mutation, is_valid, mutations

_ALWAYS = ("hypothesis", "pytest_timeout", "xdist.plugin", "xdist.scheduler")


@dataclass(frozen=True)
class Package:
    """A part of the project.

    Attributes:
        folders: where its files are.
        tests: the tests that answer for it. Those that need a sandbox in a process of its own are not among them (`tests/parity` has it
            in the process of the tests here), nor are the snapshots, which notice everything and explain nothing.
        without: folders below that are a package of their own.
        suffix: of its files.
        modules: what its tests need of others, and what therefore is loaded before any of them runs. Not ministack, nor Numba, which read
            their settings while they are imported.
    """

    folders: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()
    suffix: str = ".py"
    modules: tuple[str, ...] = ("boto3", *_ALWAYS)

    def files(self, root: Path) -> list[str]:
        """Its files, relative to the repository; not what a script of ours writes."""
        found = [path for folder in self.folders for path in sorted((root / folder).rglob(f"*{self.suffix}"))]
        names = [str(path.relative_to(root)) for path in found if b"do not edit" not in path.read_bytes()[:400]]
        return [name for name in names if not name.startswith(self.without or ("/",))]


_TEMPLATE = tuple(
    f"tests/template/test_{name}.py"
    for name in (
        "alarms",
        "bootstrap",
        "company",
        "delivery",
        "foreign_app",
        "function_asset",
        "notebook_role",
        "permissions",
        "policies",
        "serving",
        "settings",
        "stage_file",
        "storage",
        "synthesis",
        "training",
        "wiring",
    )
)
_SAGEMAKER = tuple(
    f"tests/parity/test_sagemaker_{name}.py"
    for name in ("account", "contract", "details", "endpoints", "registry", "training", "tuning", "variants")
)
# These ask SageMaker within a whole account.
_SAGEMAKER_ASKED = tuple(f"tests/parity/test_{name}.py" for name in ("account_services", "condition_keys", "service_trust"))
_ACCOUNT = tuple(
    f"tests/parity/test_{name}.py"
    for name in (
        "account",
        "account_services",
        "alarms",
        "cloudformation",
        "condition_keys",
        "event_targets",
        "forward_proxy",
        "iam_policies",
        "passed_roles",
        "patches",
        "sagemaker_account",
        "service_trust",
        "stack_permissions",
        "state_machines",
    )
)
_COMMAND_LINE = ("boto3", "click", *_ALWAYS, "numpy", "rich.console", "rich.progress")
_SERVER = ("boto3", "cryptography.x509", "hypercorn.asyncio", *_ALWAYS, "psutil")
_CDK = tuple(
    f"aws_cdk{part}"
    for part in ("", ".aws_cloudwatch_actions", ".aws_events_targets", ".aws_lambda_event_sources", ".aws_sagemaker", ".aws_stepfunctions")
)
PACKAGES: Mapping[str, Package] = {
    "lambda": Package(("lambda",), ("tests/unit/lifecycle", "tests/unit/test_extras.py")),
    "stacks": Package(("stacks",), _TEMPLATE, modules=(*_ALWAYS, *_CDK)),
    "bootstrap": Package(("bootstrap",), ("tests/template/test_bootstrap.py",), suffix=".json", modules=("cfnlint.schema.manager", *_CDK)),
    "blazingtext": Package(("blazingtext",), ("tests/unit/blazingtext",), modules=_COMMAND_LINE),
    "sagemaker": Package(
        ("sandbox/sagemaker",),
        ("tests/unit/sandbox", "tests/unit/test_sagemaker_condition_keys.py", *_SAGEMAKER, *_SAGEMAKER_ASKED, "tests/conformance"),
        modules=_SERVER,
    ),
    # What renews the vendored tables is run by hand, on a wheel somebody has downloaded.
    "sandbox": Package(("sandbox",), ("tests/unit/sandbox", *_ACCOUNT), ("sandbox/sagemaker/", "sandbox/data/"), modules=_SERVER),
    "engine": Package(("engine",), ("tests/unit/engine",), ("engine/kernels/",)),
    "kernels": Package(("engine/kernels",), ("tests/unit/engine",)),
}


def every(root: Path, lines: Mapping[str, set[int]]) -> list[Mutation]:
    """Every mutant of some lines of some files, in the order of the text."""
    return [
        mutation
        for file, chosen in lines.items()
        for source in [(root / file).read_bytes()]
        for mutation in mutations(file, source)
        if mutation.line in chosen and is_valid(mutation.applied(source))
    ]


def sample(root: Path, files: Iterable[str], size: int, seed: int, lines: Mapping[str, set[int]] | None = None) -> list[Mutation]:
    """A random sample of the mutants of some files, one a line, so that a long line or a long table weighs no more than another.

    Args:
        root: the repository.
        files: the files, relative to it.
        size: how many; fewer if there are fewer lines.
        seed: the same seed gives the same sample of the same files.
        lines: only these lines of each file.
    """
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    by_line: dict[tuple[str, int], list[Mutation]] = {}
    for file in files:
        for mutation in mutations(file, (root / file).read_bytes()):
            if lines is None or mutation.line in lines.get(file, ()):
                by_line.setdefault((file, mutation.line), []).append(mutation)
    places = sorted(by_line)
    chance.shuffle(places)
    chosen: list[Mutation] = []
    for place in places:
        if len(chosen) == size:
            break
        here = by_line[place]
        chance.shuffle(here)
        source = (root / place[0]).read_bytes()
        chosen += [mutation for mutation in here if is_valid(mutation.applied(source))][:1]
    return chosen


def changed_lines(root: Path, since: str) -> dict[str, set[int]]:
    """The lines of each file that differ from a commit, untracked files left out.

    Raises:
        subprocess.CalledProcessError: when there is no such commit.
    """
    command = ["git", "diff", "--unified=0", "--no-color", "--no-ext-diff", since, "--", "*.py"]
    text = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    changed: dict[str, set[int]] = {}
    file = ""
    for line in text.splitlines():
        if line.startswith("+++ "):
            file = line.removeprefix("+++ b/")
        elif hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            changed.setdefault(file, set()).update(range(first, first + count))
    return changed
