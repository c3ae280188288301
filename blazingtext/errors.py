"""The errors of the command line: each class knows what to do about it, so that the same trouble always gets the same advice.

They belong to the tree of `lifecycle.errors`, whose classes carry the exit code.
"""

from __future__ import annotations

import signal
from pathlib import Path

from blazingtext_lifecycle.errors import CloudError, ConfigurationError, CorpusError, LifecycleError, NotReady, RequestError, UserError
from blazingtext_lifecycle.job_kinds import JobKind

from .stages import blazingtext_command, cdk_command


class NotDeployedError(ConfigurationError):
    """A stack of the stage is missing, or is of another version."""

    def __init__(self, happened: str, stage: str) -> None:
        super().__init__(f"{happened} Deploy it with: {cdk_command('deploy', stage)}")


class SignInError(ConfigurationError):
    """The AWS credentials cannot be used."""

    def __init__(self, happened: str) -> None:
        super().__init__(f"{happened} Sign in again, or choose another profile with --profile.")


class ExpiredSessionError(SignInError):
    """Temporary credentials were good, and are no longer."""

    def __init__(self, happened: str) -> None:
        super().__init__(
            f"{happened} Where this shell has them in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, set new ones; they "
            "go before those of AWS_PROFILE."
        )


class CertificateError(ConfigurationError):
    """What answers cannot prove that it is AWS, or there is nothing to check the proof with."""

    def __init__(self, happened: str) -> None:
        super().__init__(
            f"{happened} Check AWS_CA_BUNDLE (in a profile: ca_bundle): it names the file of certificates to trust, such as a proxy's."
        )


class EndpointUrlError(ConfigurationError):
    """AWS_ENDPOINT_URL leads to no AWS account."""

    def __init__(self, happened: str) -> None:
        super().__init__(
            f'{happened} For the sandbox, start it and set the variable with: blazingtext sandbox up && eval "$(blazingtext sandbox env)"; '
            "for AWS itself: unset AWS_ENDPOINT_URL"
        )


class UnreachableError(CloudError):
    """AWS, or the sandbox, does not answer."""

    def __init__(self, happened: str) -> None:
        super().__init__(
            f"{happened} Check the network and the proxy; when AWS_ENDPOINT_URL points at a sandbox, run: blazingtext sandbox status"
        )


class TemporaryError(NotReady):
    """AWS needs more time."""

    def __init__(self, happened: str) -> None:
        super().__init__(f"{happened} Try again in a minute.")


class RunError(RequestError):
    """A run does not exist, or is in a state that does not allow what was asked."""

    def __init__(self, happened: str, stage: str) -> None:
        super().__init__(f"{happened} List the runs with: {blazingtext_command('runs', stage)}")


class JobError(RequestError):
    """A job does not exist, or is in a state that does not allow what was asked."""

    def __init__(self, happened: str, kind: JobKind, stage: str) -> None:
        super().__init__(f"{happened} List the {kind.noun}s with: {blazingtext_command(kind.listed, stage)}")


class EndpointError(CloudError):
    """The endpoint or its model failed."""

    def __init__(self, happened: str, stage: str) -> None:
        super().__init__(f"{happened} {_read_the_log(stage)}")


class EndpointInputError(UserError):
    """The model does not accept the input."""

    def __init__(self, happened: str, stage: str) -> None:
        super().__init__(f"{happened} {_read_the_log(stage)}")


def _read_the_log(stage: str) -> str:
    return f"Read its log with: {blazingtext_command('logs --endpoint', stage)}"


class NotACorpusError(CorpusError):
    """A file is not prepared text."""

    def __init__(self, happened: str, path: Path) -> None:
        super().__init__(f"{happened} Make a corpus with: blazingtext corpus prepare {path}")


class UnreadableFileError(CorpusError):
    """The operating system does not let a file be read."""

    def __init__(self, path: object, error: OSError) -> None:
        super().__init__(f"{path} cannot be read. {error.strerror or error}. Check the path and its permissions.")


class WorkerEndedError(LifecycleError):
    """A process that helped has ended, and not by its own will."""

    def __init__(self, status: int, retry: str) -> None:
        super().__init__(
            f"A process that shared the work ended by itself ({_ending(status)}), perhaps because memory ran out. Nothing was written. "
            f"Try again with fewer processes: {retry}"
        )


def _ending(status: int) -> str:
    try:
        return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"
    except ValueError:
        return f"signal {-status}"
