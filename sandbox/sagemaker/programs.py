"""Which program on this machine stands for a container image, for training and for serving.

SageMaker runs an image as `docker run <image> train` and `docker run <image> serve` ("Run a Training Image", "How SageMaker AI runs
your inference image", SageMaker developer guide); the program gets the same word as its last argument.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .api.contract import Parameters
from .api.errors import ValidationException
from .images import check_image, is_blazingtext
from .training.metrics import METRIC_DEFINITIONS

TRAIN: Final = (sys.executable, "-m", "blazingtext_engine", "train")
SERVE: Final = (sys.executable, "-m", "blazingtext_engine", "serve")
# Said each time: the engine's own default can be another, by ENGINE_HOST.
_LOOPBACK: Final = "127.0.0.1"
_BOUNDARIES: Final = ("/", ":", "@")


@dataclass(frozen=True)
class Program:
    """A command line, and the folder it runs in; None means `/opt/ml/code`."""

    command: tuple[str, ...]
    folder: Path | None = None


class Programs:
    """The programs of a sandbox: the engine for BlazingText's image, and a user's own commands for other images.

    Args:
        train: BlazingText's training container.
        serve: BlazingText's inference container.
        own: a user's commands, by an image's URI or its beginning up to a `/`, `:` or `@`; the longest one counts.
    """

    def __init__(self, *, train: Sequence[str], serve: Sequence[str], own: Mapping[str, Program]) -> None:
        self._train, self._serve, self._own = tuple(train), tuple(serve), dict(own)

    def check(self, image: str, region: str) -> None:
        """Refuse an image that nothing here stands for.

        Raises:
            ValidationException: neither the user's own nor BlazingText's; see `check_image`.
        """
        if self.own(image) is None:
            check_image(image, region)

    def is_own(self, image: str) -> bool:
        """Whether a command of the user's stands for the image: the rules of AWS's built-in algorithms do not hold for it."""
        return self.own(image) is not None

    def metric_definitions(self, specification: Parameters) -> Sequence[Mapping[str, str]]:
        """The metrics of a training job: the algorithm's own, or what the request defines for an image of the user's.

        A program of the user's in the place of BlazingText's image has BlazingText's metrics, unless the request defines others: whoever
        starts a job on that image, as AWS asks for, defines none.

        Raises:
            ValidationException: the request defines metrics for a built-in algorithm.
        """
        given = specification.get("MetricDefinitions")
        if self.is_own(specification["TrainingImage"]):
            return given or (METRIC_DEFINITIONS if is_blazingtext(specification["TrainingImage"]) else ())
        if given:
            raise ValidationException(
                "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the request without specifying"
                " metric definitions."
            )
        return METRIC_DEFINITIONS

    def training(self, image: str) -> Program:
        """What trains."""
        own = self.own(image)
        return Program(self._train) if own is None else Program((*own.command, "train"), own.folder)

    def serving(self, image: str, port: int) -> Program:
        """What serves on a port of loopback; a user's command reads it from `SAGEMAKER_BIND_TO_PORT`."""
        own = self.own(image)
        return (
            Program((*self._serve, "--host", _LOOPBACK, "--port", str(port)))
            if own is None
            else Program((*own.command, "serve"), own.folder)
        )

    def own(self, image: str) -> Program | None:
        """The user's command for an image; None when there is none."""
        return self._own[max(found, key=len)] if (found := [uri for uri in self._own if _begins(image, uri)]) else None


def _begins(image: str, uri: str) -> bool:
    """Whether a URI is an image's, or a beginning of it that ends where a part of a name ends."""
    rest = image.removeprefix(uri)
    return image.startswith(uri) and (not rest or uri.endswith(_BOUNDARIES) or rest.startswith(_BOUNDARIES))
