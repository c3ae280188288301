"""Fails when `cdk diff` finds a change that would replace or remove something: `python -m tests.tools.destructive_changes -c stage=prod`.

What is destructive is for the CDK's own command line to say (`--fail-on destructive`, from AWS's table of which property replaces what).
It counts each new endpoint configuration, too, and this project has a new one with every other kind of instance: SageMaker has no update
of them, and the endpoint goes over to the new one while it serves. Those are passed over, and only those. What cannot be read is refused.
"""

import re
import subprocess
import sys
from collections.abc import Sequence

# Made anew on purpose, before the old one goes; nothing is in them.
REPLACEABLE = ("AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Model")
_COUNT = re.compile(r"Found (\d+) destructive change\(s\)")
_CHANGE = re.compile(r"  (?P<stack>.+): (?P<type>[A-Za-z0-9]+(::[A-Za-z0-9_@-]+)+) (?P<name>.+) (?P<impact>(will|may) be [a-z]+)")


class UnreadableError(Exception):
    """The list of destructive changes is not what it was in the pinned version of the CDK."""


def destructive(said: str) -> list[str]:
    """The destructive changes of a comparison, without those that are no loss.

    Args:
        said: everything that `cdk diff --fail-on destructive` printed.

    Raises:
        UnreadableError: it says how many there are, and does not list as many.
    """
    counted = _COUNT.search(said)
    if not counted:
        return []
    listed = []
    for line in said[counted.end() :].splitlines()[1:]:
        if not line.strip():
            break
        listed.append(line)
    changes = [(line.strip(), _CHANGE.fullmatch(line)) for line in listed]
    if len(changes) != int(counted[1]) or not all(found for _, found in changes):
        raise UnreadableError(f"{counted[1]} destructive changes were announced, and these lines read: {listed}")
    return [line for line, found in changes if found and not _is_harmless(found["type"], found["impact"])]


def _is_harmless(type_: str, impact: str) -> bool:
    return type_ in REPLACEABLE and impact in {"will be replaced", "may be replaced"}


def main(arguments: Sequence[str]) -> int:
    """Runs the comparison and says what it found; 0: nothing is lost, 1: something is or may be, 2: there is no cdk."""
    # By templates, with the role that can only read: a change set would need the role that deploys.
    command = ["cdk", "diff", "--no-color", "--method", "template", "--fail-on", "destructive", *arguments]
    try:
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", check=False)
    except FileNotFoundError:
        print("cdk was not found on PATH, so nothing was compared. Run `. .venv/bin/activate` first.", file=sys.stderr)
        return 2
    print(ran.stdout, end="", flush=True)
    try:
        lost = destructive(ran.stdout)
    except UnreadableError as problem:
        print(f"What cdk diff says cannot be read: {problem}. Look at it, and adapt {__file__}.", file=sys.stderr)
        return 1
    if ran.returncode and not _COUNT.search(ran.stdout):
        return 1
    for change in lost:
        print(f"This would be lost: {change}", file=sys.stderr)
    if lost:
        print('If that is meant, give the pull request the label "destructive".', file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
