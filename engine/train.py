"""The whole life of a training: read the request and the text, train, save, evaluate, and say how it ended.

The person's errors and ours leave different words in the failure file (`Customer Error: ...`, `Platform Error: ...`). A SIGTERM,
which SageMaker sends 120 seconds before it kills a stopped training, ends the training early; the model so far is saved.
"""

import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from .container import hyperparameters, log_lines
from .container.hyperparameters import Arguments, SupervisedArguments
from .container.log_lines import Log
from .container.opt_ml import Channel, Container
from .errors import ChannelError, EngineError, PlatformError, StoppedError
from .train_classifier import train_classifier
from .train_hosts import train_on_hosts
from .train_steps import Resources, Training
from .train_word_vectors import train_word_vectors

__all__ = ["STOPPED_EXIT_CODE", "Resources", "run", "stop_on_sigterm", "train"]

STOPPED_EXIT_CODE = 143


def run(container: Container, *, environ: Mapping[str, str], resources: Resources, log: Log) -> int:
    """Train as the container's files say. A failure's reason is in the log and in the failure file.

    Returns:
        The exit code: 0 done, 1 failed, 143 (128 and the number of SIGTERM) stopped before the end; the model so far is saved. SageMaker
        knows of a stop that was asked of it, whatever the code; without one, a model that is not finished must not count as completed.
    """
    try:
        with stop_on_sigterm() as stop:
            completed = train(Training(container, environ, resources, log, stop))
    except StoppedError:
        log.info("Training was stopped before it learnt anything. There is no model to keep.")
        return STOPPED_EXIT_CODE
    except EngineError as error:
        return _fail(container, log, error)
    except MemoryError:
        return _fail(
            container,
            log,
            PlatformError(
                "The machine's memory is full. Model and vocabulary need about 8 bytes x words x vector_dim, and 4 bytes x buckets x "
                "vector_dim more with n-grams. Raise min_count, lower vector_dim or buckets, or use an instance with more memory."
            ),
        )
    except Exception as error:  # noqa: BLE001 - the one border to SageMaker: whatever it was, the failure file has to say so
        log.line(traceback.format_exc())
        return _fail(
            container, log, PlatformError(f"The engine broke: {error!r}. This is a defect, not your request. The log has the details.")
        )
    if not completed:
        log.info("Training was stopped before its end. The model so far is saved.")
    return 0 if completed else STOPPED_EXIT_CODE


def train(training: Training) -> bool:
    """Do the whole work.

    Returns:
        Whether training came to its end; False when it was stopped, and what it had learnt was saved.

    Raises:
        EngineError: it cannot be done; the message says why and what to do.
    """
    log, container = training.log, training.container
    log_lines.started(log)
    hosts, channels = container.hosts(), container.channels()
    request = hyperparameters.parse(
        container.hyperparameters(), hosts=len(hosts.names), instance_type=container.instance_type(), validation="validation" in channels
    )
    _check_channels(channels, request)
    log_lines.gpu_count(log)
    for warning in hyperparameters.warnings(request):
        log.warning(warning)
    container.model.mkdir(exist_ok=True)
    if isinstance(request, SupervisedArguments):
        return train_classifier(training, request, channels)
    if len(hosts.names) == 1:
        return train_word_vectors(training, request, channels["train"])
    return train_on_hosts(training, request, channels["train"], hosts)


@contextmanager
def stop_on_sigterm() -> Iterator[Callable[[], bool]]:
    """A function that returns true after a SIGTERM; the previous handler is restored at the end."""
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    previous = signal.signal(signal.SIGTERM, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGTERM, previous)


def _check_channels(channels: Mapping[str, Channel], request: Arguments) -> None:
    allowed = ("train", "validation") if isinstance(request, SupervisedArguments) else ("train",)
    if "train" not in channels:
        raise ChannelError(
            f"There is no train channel. The request has {', '.join(sorted(channels)) or 'no channel'}. "
            "Name the channel with the text train."
        )
    for name in sorted(channels.keys() - set(allowed)):
        raise ChannelError(
            f"No other channels are supported: '{name}' was sent. Mode {request.mode} reads {' and '.join(allowed)}. Remove the channel."
        )


def _fail(container: Container, log: Log, error: EngineError) -> int:
    message = f"{error.prefix}{error}"
    log.error(message)
    container.write_failure(error)
    return 1
