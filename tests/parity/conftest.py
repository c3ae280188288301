"""One sandbox for the whole session, in a process of its own or, where faults are made in it, in this one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.parity import in_process
from tests.parity.iam_support import Roles
from tests.parity.sagemaker_support import Sage
from tests.parity.support import Stacks


def pytest_configure(config: pytest.Config) -> None:
    if in_process.VARIABLE in os.environ:
        # Those of the server's threads, which no test causes.
        config.addinivalue_line("filterwarnings", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(exitstatus: int) -> Iterator[None]:
    yield
    in_process.leave(exitstatus)


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    kind = in_process.InProcess if in_process.VARIABLE in os.environ else Sandbox
    with kind(home=tmp_path_factory.mktemp("sandboxes")) as sandbox:
        yield sandbox


@pytest.fixture
def stacks(account: Sandbox) -> Iterator[Stacks]:
    made = Stacks(account)
    yield made
    for name in reversed(made.names):
        made.client.delete_stack(StackName=name)


@pytest.fixture
def roles(account: Sandbox) -> Iterator[Roles]:
    made = Roles(account)
    yield made
    made.remove()


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[Sage]:
    """The sandbox's SageMaker in this process, without a sandbox around it."""
    made = Sage.make(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A home for sandboxes of the test's own."""
    return tmp_path / "elsewhere"
