"""What each patch of ministack is for, shown: leave one out, and the tests marked with its name must fail.

    .venv/bin/python -m tests.parity.leave_one_out [PATCH ...]

Takes about half a minute a patch. Exit code 1 when the marked tests of a patch pass without it: the patch or the test is then useless.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from blazingtext_sandbox.patches import registry

ROOT = Path(__file__).parents[2]
# Python runs this module at its start: in the sandbox's server, and in the tests' own processes, it shortens the list of patches.
SITE = """
import os, sys
if any("blazingtext_sandbox" in argument for argument in sys.orig_argv):
    from blazingtext_sandbox.patches import registry
    registry.PATCHES = tuple(patch for patch in registry.PATCHES if registry.name_of(patch) != os.environ["SANDBOX_TEST_LEFT_OUT"])
"""


def fails_without(name: str) -> bool:
    """Whether any test marked with a patch fails when the sandbox runs without it; no test at all is an error."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text(SITE, encoding="utf-8")
        options = ["-q", "-x", "--tb=line", "-p", "no:cacheprovider", "-m", f"patch(name={name!r})"]
        command = [sys.executable, "-m", "pytest", *options, "tests/parity"]
        environment = {**os.environ, "PYTHONPATH": folder, "SANDBOX_TEST_LEFT_OUT": name}
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"pytest ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    lines = done.stdout.splitlines()
    reasons = [line for line in lines if line.startswith((str(ROOT), "FAILED", "ERROR"))]
    print("\n  ".join([f"{name}: {lines[-1]}", *reasons]), flush=True)
    return done.returncode == 1


if __name__ == "__main__":
    names = sys.argv[1:] or [registry.name_of(patch) for patch in registry.PATCHES]
    useless = [name for name in names if not fails_without(name)]
    sys.exit(f"These tests pass without their patch: {', '.join(useless)}." if useless else 0)
