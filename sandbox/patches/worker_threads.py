"""A resource type that waits does not hold up the account.

CloudFormation works on many stacks at once. ministack runs most resource types on its event loop, where one that waits for an endpoint
would stop every other request; the types registered with `waits=True` run on worker threads instead, as custom resources do.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

from ..emulator.internals import internal
from ..emulator.resource_types import waiting_types


def apply() -> None:
    """Run the types that wait on worker threads."""
    stacks = internal("services.cloudformation.stacks")
    original = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda type_name: type_name in waiting_types or original(type_name)
