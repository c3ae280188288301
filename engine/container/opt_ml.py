"""The `/opt/ml` folder SageMaker gives a container: what is read from it and where results go.

Layout: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
Everything is below one base folder, so the engine runs on any machine; log lines name paths as the container sees them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import ChannelError, EngineError, PlatformError
from .content import check_text

CONTAINER_BASE = PurePosixPath("/opt/ml")
FAILURE_LIMIT = 1024  # characters of the failure file that reach FailureReason


@dataclass(frozen=True)
class Hosts:
    """The machines of this training, in SageMaker's order; the first is the master."""

    current: str
    names: tuple[str, ...]

    @property
    def rank(self) -> int:
        """This machine's place among the hosts."""
        return self.names.index(self.current)

    @property
    def is_master(self) -> bool:
        """Whether this machine builds the vocabulary and writes the model."""
        return self.rank == 0


@dataclass(frozen=True)
class Channel:
    """One input channel: its name, how it was sent, and its files in name order."""

    name: str
    configuration: Mapping[str, str]
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Container:
    """A view of one `/opt/ml`."""

    base: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], base: str | None = None) -> "Container":
        """The container at `base`, at `$SAGEMAKER_BASE_DIR`, or at `/opt/ml`."""
        return cls(Path(environ.get("SAGEMAKER_BASE_DIR", str(CONTAINER_BASE)) if base is None else base).absolute())

    @property
    def model(self) -> Path:
        """The folder that becomes model.tar.gz, or that model.tar.gz was unpacked to."""
        return self.base / "model"

    @property
    def failure_file(self) -> Path:
        """Where the reason of a failure is left for SageMaker."""
        return self.base / "output" / "failure"

    def container_path(self, path: Path) -> str:
        """The path as the container sees it (`/opt/ml/...`), for log lines."""
        return str(CONTAINER_BASE / path.relative_to(self.base).as_posix())

    def hyperparameters(self) -> dict[str, object]:
        """What the request gave, normally a map of strings.

        Raises:
            PlatformError: the file is missing or is not a JSON object.
        """
        return dict(self._configuration("hyperparameters"))

    def hosts(self) -> Hosts:
        """The machines of this training; one alone when there is no resourceconfig.json.

        Raises:
            PlatformError: the file does not name this host among the hosts.
        """
        if not self._configuration_file("resourceconfig").exists():
            return Hosts("algo-1", ("algo-1",))
        configuration = self._configuration("resourceconfig")
        current, names = configuration.get("current_host"), configuration.get("hosts")
        if not isinstance(names, list) or not isinstance(current, str) or current not in names:
            raise PlatformError(
                f"resourceconfig.json names the host {current!r} and the hosts {names!r}. The current host has to be one of the hosts. "
                "Write both fields as SageMaker does: current_host and hosts."
            )
        return Hosts(current, tuple(str(name) for name in names))

    def instance_type(self) -> str:
        """The type of this machine as SageMaker tells it; empty when it does not.

        Raises:
            PlatformError: resourceconfig.json is broken.
        """
        if not self._configuration_file("resourceconfig").exists():
            return ""
        return str(self._configuration("resourceconfig").get("current_instance_type", ""))

    def channels(self) -> dict[str, Channel]:
        """Every channel of the request with its files, checked to be plain files.

        Raises:
            ChannelError: a channel is empty, compressed, or sent in a way the engine does not read.
            PlatformError: inputdataconfig.json is missing or broken.
        """
        return {name: self._channel(name, configuration) for name, configuration in self._configuration("inputdataconfig").items()}

    def write_failure(self, error: EngineError) -> None:
        """Leave the reason where SageMaker looks for it."""
        self.failure_file.parent.mkdir(parents=True, exist_ok=True)
        self.failure_file.write_text(f"{error.prefix}{error}"[:FAILURE_LIMIT], encoding="utf-8", errors="replace")

    def _configuration_file(self, name: str) -> Path:
        return self.base / "input" / "config" / f"{name}.json"

    def _configuration(self, name: str) -> dict[str, object]:
        file = self._configuration_file(name)
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise PlatformError(
                f"{self.container_path(file)} cannot be read: {error}. The training starts from this file. "
                f"Lay out {CONTAINER_BASE} as SageMaker does."
            ) from error
        if not isinstance(content, dict):
            raise PlatformError(
                f"{self.container_path(file)} is not a JSON object. The training starts from this file. Write it as SageMaker does."
            )
        return content

    def _channel(self, name: str, configuration: object) -> Channel:
        settings = {key: str(value) for key, value in configuration.items()} if isinstance(configuration, dict) else {}
        _reject_unsupported_input(name, settings)
        folder = self.base / "input" / "data" / name
        files = tuple(sorted(path for path in folder.rglob("*") if path.is_file()))
        if not files:
            raise ChannelError(
                f"The channel '{name}' holds no file. There is nothing to read in {self.container_path(folder)}. "
                "Point the channel's S3Uri at a prefix that holds the text."
            )
        for file in files:
            check_text(file, str(self.container_path(file)))
        return Channel(name, settings, files)


def _reject_unsupported_input(name: str, settings: Mapping[str, str]) -> None:
    """Only plain files are read: the records of a pipe or a manifest would be trained on as if they were text."""
    mode = settings.get("TrainingInputMode")
    if mode == "Pipe" or settings.get("RecordWrapperType") == "RecordIO":
        raise ChannelError(
            f"The channel '{name}' is sent as {'an augmented manifest (RecordIO)' if mode != 'Pipe' else 'a pipe'}. "
            "This engine reads files in File mode only. Send plain text with TrainingInputMode File."
        )
    if "jsonlines" in settings.get("ContentType", ""):
        raise ChannelError(
            f"The channel '{name}' has the content type {settings['ContentType']}, an augmented manifest. "
            "This engine reads plain text only. Write the labels into the text as __label__X and send text/plain."
        )


def job_name(environ: Mapping[str, str]) -> str | None:
    """The training job's name as SageMaker passes it, if it does."""
    return environ.get("TRAINING_JOB_NAME")
