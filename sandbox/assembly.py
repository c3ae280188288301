"""What a service or resource type written here has to know of ministack, and the start of it all.

ministack has no plug-in interface: services and resource types are put into its tables, and a few of its functions are replaced.
This module is the whole interface to it; where it is done is `sandbox/internals.py` (the one way in, and every name used).

For a service (see `register_service` and `register_cloudformation_type`):
    who is asking           `caller()`, `account_id()`, `region()`
    may they                the service's own operation is checked before its handler is called; `authorize`, `pass_role` for the rest
    act as a role           `assume_role_credentials`, then a plain boto3 client on the sandbox's own address, so that IAM bites
    tell the world          `publish_event`, `put_metric`
    start a process         `child_environment()`: the sandbox's addresses and certificates, nobody's credentials
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from .emulator.identity import (
    AccessDeniedError,
    Credentials,
    RoleNotAssumableError,
    ServiceError,
    account_id,
    assume_role_credentials,
    authorize,
    caller,
    child_environment,
    pass_role,
    region,
    scope,
)
from .emulator.internals import IncompatibleMinistackError, Json, check_names, internal
from .emulator.resource_types import physical_name, register_cloudformation_type, run_slow_types_on_threads
from .emulator.services import Request, Response, publish_event, put_metric, register_service

__all__ = [
    "AccessDeniedError",
    "Application",
    "Credentials",
    "IncompatibleMinistackError",
    "Json",
    "Request",
    "Response",
    "RoleNotAssumableError",
    "ServiceError",
    "account_id",
    "assume_role_credentials",
    "authorize",
    "caller",
    "child_environment",
    "mount",
    "pass_role",
    "physical_name",
    "publish_event",
    "put_metric",
    "region",
    "register_cloudformation_type",
    "register_service",
    "scope",
]

Application = Callable[[Any, Any, Any], Awaitable[None]]


def mount(state_folder: Path) -> Application:
    """Import ministack, repair its gaps, add the sandbox's services, and give the ASGI application to serve.

    The environment must be set before (`sandbox.server`): ministack reads it while it is imported.

    Args:
        state_folder: the sandbox's own folder; each service keeps its files in one below.

    Raises:
        IncompatibleMinistackError: see `check_names`.
    """
    from . import sagemaker  # noqa: PLC0415 - both import this module
    from .patches import gaps  # noqa: PLC0415 - both import this module

    check_names()
    run_slow_types_on_threads()
    gaps.repair()
    sagemaker.mount(state_folder)
    return cast("Application", internal("app").app)
