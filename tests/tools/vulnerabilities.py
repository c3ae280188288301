"""Known vulnerabilities of every package that a lock holds, by pip-audit: `make vulnerabilities`.

Exit code 0: none is known, or nobody could be asked, which is said; 1: there are some; 2: pip-audit is not installed.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / ".venv" / "audit" / "bin" / "pip-audit"


def main(program: Path = PROGRAM, folder: Path = ROOT / "requirements") -> int:
    """Asks about each lock in turn, and prints what is known.

    Args:
        program: pip-audit.
        folder: where the locks are.
    """
    if not program.exists():
        print(f"{program} does not exist, so nobody was asked. Run `make vulnerabilities`, which installs it.", file=sys.stderr)
        return 2
    known: set[str] = set()
    for lock in sorted(folder.glob("*.txt")):
        answer, problem = _ask(program, lock)
        unasked = [each["name"] for each in answer if "skip_reason" in each]
        if problem:
            print(f"Warning: {lock.name} was not looked at; the service could not be asked: {problem}", file=sys.stderr)
        if unasked:
            names = ", ".join(unasked[:3])
            print(f"Warning: {lock.name}: nothing could be asked about {len(unasked)} of {len(answer)}: {names} ...", file=sys.stderr)
        known.update(_known(answer))
    for each in sorted(known):
        print(each)
    return 1 if known else 0


def _ask(program: Path, lock: Path) -> tuple[list[dict[str, Any]], str]:
    """What is known about each package of a lock; or why nothing is."""
    # The lock is complete and has hashes: nothing is resolved, downloaded or installed.
    command: list[str | Path] = [
        program,
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner",
        "off",
        "--format",
        "json",
        "--requirement",
        lock,
    ]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    try:
        answer: list[dict[str, Any]] = json.loads(ran.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return [], (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
    return answer, ""


def _known(answer: list[dict[str, Any]]) -> Iterator[str]:
    for each in answer:
        for found in each.get("vulns", []):
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            yield f"{each['name']} {each['version']}: {found['id']}, fixed in {fixed}"


if __name__ == "__main__":
    sys.exit(main())
