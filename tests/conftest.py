"""Which tests stay together when several workers run them (`--numprocesses`); see the Makefile. And how Hypothesis runs its examples."""

import pytest
from hypothesis import settings
from xdist.remote import Producer  # type: ignore[import-untyped] # xdist ships no types
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # likewise

from tests.network import _loopback_only  # noqa: F401 - for every test
from tests.sandbox_logs import _root, pytest_runtest_makereport  # noqa: F401 - likewise

# Each of these folders has something that takes seconds to make and serves all its tests: the syntheses of the matrix, a sandbox, a wheel.
# The journey is also told in the order of its files. The files that stand alone need nothing of their folder's.
TOGETHER = (
    "tests/template/",
    "tests/parity/",
    "tests/journey/",
    "tests/wheel/",
    "tests/examples/",
    "tests/clients/",
    "tests/faults/",
    "tests/browser/",
)
ALONE = (
    "tests/template/test_reproducibility.py",
    "tests/template/test_settings.py",
    "tests/parity/test_killed_sandbox.py",
    "tests/journey/test_6_company.py",
    "tests/journey/test_7_pipelines.py",
    "tests/journey/test_8_approval.py",
    "tests/journey/test_8_operations.py",
    "tests/journey/test_8_traffic.py",
    "tests/journey/test_9_tutorial.py",
)

# How long an example takes says how busy the machine is, not whether the example is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


class ByFile(LoadScopeScheduling):  # type: ignore[misc] # likewise
    """Gives a worker one file after another, and some folders whole, in the order of collection.

    Marks for groups would say the same, but pytest-xdist 3.8 does not see them under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in ALONE else next((folder for folder in TOGETHER if file.startswith(folder)), file)


def pytest_configure(config: pytest.Config) -> None:
    # Here and not in tests/parity: tests/docs looks at those tests, too.
    config.addinivalue_line("markers", "patch(name): fails when this patch of ministack is left out (tests/parity/leave_one_out.py)")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes have no part in a test's name: compressed ones hold the time, and workers must collect the same names."""
    return argname if isinstance(val, bytes) else None
