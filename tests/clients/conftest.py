"""One sandbox for all clients."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.clients.steps import told

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(home=tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def flow(account: Sandbox, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Runs a client's flow in a folder of its own; gives its steps."""

    def run(program: str, *words: str, python: Path = Path(sys.executable)) -> list[dict[str, Any]]:
        environment = account.environment()
        environment = {**environment, "PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}"}
        command = [str(python), "-W", "ignore", str(ROOT / "tests" / "clients" / program), *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        steps = told(done.stdout)
        assert done.returncode == 0, f"{steps[-1:]}\n{done.stdout[-1500:]}{done.stderr[-3000:]}"
        return steps

    return run
