"""What is mutated, which tests answer for it, and a sample of its mutants."""

import random
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .mutations import Mutation, is_valid, mutations

_ALWAYS = ("hypothesis", "xdist.scheduler")


@dataclass(frozen=True)
class Package:
    """A part of the project.

    Attributes:
        folders: where its files are.
        tests: the tests that answer for it, and folders of such tests; those of `NOT_COUNTED` are not among them. `tests/parity` has the
            sandbox in the process of the tests here.
        without: folders below that are a package of their own.
        suffix: of its files.
        modules: what its tests need of others, and what therefore is loaded before any of them runs. Not ministack, nor Numba, which read
            their settings while they are imported.
        apart: files that run in processes of their own, and the files of tests that answer for them besides: nothing says which of their
            lines a test reaches there.
    """

    folders: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()
    suffix: str = ".py"
    modules: tuple[str, ...] = ("boto3", *_ALWAYS)
    apart: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def test_files(self, root: Path) -> list[str]:
        """The files of its tests, relative to the repository."""
        found = [
            path for each in self.tests for path in ([root / each] if each.endswith(".py") else sorted((root / each).rglob("test_*.py")))
        ]
        return [name for name in (str(path.relative_to(root)) for path in found) if name not in NOT_COUNTED]

    def files(self, root: Path) -> list[str]:
        """Its files, relative to the repository; not what a script of ours writes."""
        found = [path for folder in self.folders for path in sorted((root / folder).rglob(f"*{self.suffix}"))]
        names = [str(path.relative_to(root)) for path in found if b"do not edit" not in path.read_bytes()[:400]]
        return [name for name in names if not name.startswith(self.without or ("/",))]


# Tests below the folders of packages, and beside those that count, that count for none, with the reason.
_ELSEWHERE = "What it tests runs in processes of its own, where nothing says which line is reached."
_PAGE = "It compares a page with what is made now: it notices everything and explains nothing."
_COMMANDS = "It tests the command line with an account, which tests of the account would meet again."
NOT_COUNTED: Mapping[str, str] = {
    "tests/template/test_compliance.py": "Reports of others take most of a synthesis; here they are left out (tests/template/matrix.py).",
    "tests/template/test_effects.py": _PAGE,
    "tests/template/test_permissions_page.py": _PAGE,
    "tests/template/test_reproducibility.py": _ELSEWHERE,
    "tests/template/test_snapshots.py": "Snapshots notice everything and explain nothing.",
    "tests/parity/test_command_line_errors.py": _COMMANDS,
    "tests/parity/test_corpus_in_s3.py": _COMMANDS,
    "tests/parity/test_engine_hosts.py": _ELSEWHERE,
    "tests/parity/test_engine_server.py": _ELSEWHERE,
    "tests/parity/test_killed_sandbox.py": _ELSEWHERE,
    "tests/parity/test_own_images.py": _ELSEWHERE,
    "tests/parity/test_sagemaker_sdk.py": _ELSEWHERE,
    "tests/parity/test_sandbox_command.py": _ELSEWHERE,
}


def _parity(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/parity/test_{name}.py" for name in names)


# These have SageMaker alone.
_SAGEMAKER = _parity(
    "autoscaling",
    "broken_artifacts",
    "sagemaker_captures",
    "sagemaker_contract",
    "sagemaker_details",
    "sagemaker_endpoints",
    "sagemaker_processing",
    "sagemaker_registry",
    "sagemaker_serverless",
    "sagemaker_shadows",
    "sagemaker_training",
    "sagemaker_transform",
    "sagemaker_tuning",
    "sagemaker_variants",
    "unhealthy_containers",
    "volumes",
)
# These ask SageMaker within a whole account.
_SAGEMAKER_ASKED = _parity("account_services", "condition_keys", "sagemaker_processing_account", "service_trust")
_ACCOUNT = _parity(
    "account",
    "account_services",
    "alarms",
    "autoscaling",
    "autoscaling_account",
    "budgets",
    "call_faults",
    "cloudformation",
    "condition_keys",
    "event_targets",
    "forward_proxy",
    "generated_requests",
    "iam_policies",
    "passed_roles",
    "patches",
    "poisoned_inputs",
    "sagemaker_account",
    "sagemaker_processing_account",
    "schedules",
    "service_trust",
    "stack_permissions",
    "state_machines",
    "unenforced",
)
_COMMAND_LINE = ("boto3", "click", *_ALWAYS, "numpy", "rich.console", "rich.progress")
_SERVER = ("boto3", "cryptography.x509", "hypercorn.asyncio", *_ALWAYS, "psutil")
_CDK = tuple(
    f"aws_cdk{part}"
    for part in ("", ".aws_cloudwatch_actions", ".aws_events_targets", ".aws_lambda_event_sources", ".aws_sagemaker", ".aws_stepfunctions")
)
PACKAGES: Mapping[str, Package] = {
    "lambda": Package(("lambda",), ("tests/unit/lifecycle", "tests/unit/test_extras.py")),
    "stacks": Package(("stacks",), ("tests/template",), modules=(*_ALWAYS, *_CDK)),
    "bootstrap": Package(("bootstrap",), ("tests/template/test_bootstrap.py",), suffix=".json", modules=("cfnlint.schema.manager", *_CDK)),
    "blazingtext": Package(("blazingtext",), ("tests/unit/blazingtext",), modules=_COMMAND_LINE),
    "sagemaker": Package(
        ("sandbox/sagemaker",),
        ("tests/unit/sandbox", "tests/unit/test_sagemaker_condition_keys.py", *_SAGEMAKER, *_SAGEMAKER_ASKED, "tests/conformance"),
        modules=_SERVER,
    ),
    # What renews the vendored tables is run by hand, on a wheel somebody has downloaded.
    "sandbox": Package(
        ("sandbox",),
        ("tests/unit/sandbox", "tests/unit/test_handler_permissions.py", *_ACCOUNT),
        ("sandbox/sagemaker/", "sandbox/data/"),
        modules=_SERVER,
        apart={"sandbox/server.py": _parity("account", "killed_sandbox")},
    ),
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
