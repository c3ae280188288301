"""The composition root: ministack with the sandbox's patches and services, as one ASGI application. Only the server imports it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from . import endpoint_rollbacks, own_images
from .autoscaling import registration as autoscaling
from .emulator.internals import application, check_names
from .patches import registry
from .sagemaker import registration
from .sagemaker.programs import Program

Application = Callable[[Any, Any, Any], Awaitable[None]]


def assemble(state_folder: Path) -> Application:
    """Import ministack, patch it, register the sandbox's own services, and give the ASGI application to serve.

    The environment must be set before (`server.server_environment`): ministack reads it while it is imported.

    Args:
        state_folder: the sandbox's own folder; each service keeps its files in one below.

    Raises:
        IncompatibleMinistackError: see `check_names`.
    """
    check_names()
    registry.apply_all()
    own = {uri: Program(each.command, Path(each.folder)) for uri, each in own_images.read(state_folder).items()}
    sagemaker = registration.register(
        state_folder / "sagemaker", own, rollbacks_are_silent=lambda: endpoint_rollbacks.read(state_folder) == endpoint_rollbacks.SILENT
    )
    autoscaling.register(sagemaker)
    return cast("Application", application())
