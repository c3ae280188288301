"""A container that serves a model: on a port of its own, in a folder of its own, with the variables that SageMaker sets."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from .. import container
from ..api.contract import Parameters
from ..cloud import Cloud
from ..container import Container
from ..programs import Programs
from .container_client import ContainerClient
from .ports import reserve_port

#: A container finds here what ContainerClient sends in its ACCESS_HEADER; the engine answers nobody else.
ACCESS_VARIABLE: Final = "ENGINE_ACCESS_TOKEN"


@dataclass(frozen=True)
class ServingContainer:
    """What a container is started with, and how it is reached.

    Attributes:
        run: starts it.
        client: asks it.
        reservation: keeps its port until closed.
    """

    run: Callable[[], Container]
    client: ContainerClient
    reservation: AbstractContextManager[Any]


def prepare(
    cloud: Cloud,
    programs: Programs,
    model: Parameters,
    base: Path,
    *,
    artifact: Path,
    on_line: Callable[[str], None],
    requested: Mapping[str, str] | None = None,
    own: Mapping[str, str] | None = None,
) -> ServingContainer:
    """A container that is not yet started.

    Args:
        cloud: the account it runs in.
        programs: what runs for an image.
        model: the CreateModel request.
        base: becomes its `/opt/ml`.
        artifact: the unpacked model, which it finds as `/opt/ml/model`.
        on_line: gets each line of its output.
        requested: variables that a request asks for, over those of the model.
        own: variables that SageMaker sets, beside those of every container.
    """
    port, reservation = reserve_port()
    (base / "code").mkdir(parents=True)
    (base / "model").symlink_to(artifact, target_is_directory=True)
    always = {
        "AWS_REGION": cloud.region,
        "AWS_DEFAULT_REGION": cloud.region,
        "SAGEMAKER_BASE_DIR": str(base),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        ACCESS_VARIABLE: (token := secrets.token_urlsafe(24)),
    }
    primary = model["PrimaryContainer"]
    program = programs.serving(primary["Image"], port)
    wanted = {**primary.get("Environment", {}), **(requested or {})}
    run = partial(
        Container,
        program.command,
        environment=container.environment(cloud.child_environment(), requested=wanted, own={**always, **(own or {})}),
        folder=program.folder or base / "code",
        on_line=on_line,
    )
    return ServingContainer(run, ContainerClient(port, token), reservation)
