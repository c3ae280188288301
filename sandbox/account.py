"""An AWS account on this machine, as an object: start it, get clients and environments for it, stop it.

with Sandbox(home=tmp_path) as account:
    account.boto3("s3").create_bucket(Bucket="corpora-of-mine")
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from . import call_faults, client_environment, endpoint_rollbacks, own_images, server_process, state
from .call_faults import Fault
from .certificates import Certificates
from .client_environment import UNSET
from .descriptors import listening
from .errors import SandboxError

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class Sandbox:
    """One sandboxed account; as a context manager it lives as long as the block, and no longer than this process.

    Args:
        home: the folder its state folder goes into; the default root when not given.
        name: several sandboxes of different names (or homes) run side by side and do not see each other.
        port: a loopback port; any free one when not given.
        region: the region `env` exports.
        images: commands that stand for container images of one's own, by the image's URI or its beginning (sandbox/sagemaker/README.md).

    Raises:
        SandboxError: the name is not lower-case letters, digits and hyphens.
    """

    def __init__(
        self,
        home: Path | None = None,
        *,
        name: str = "default",
        port: int = 0,
        region: str = "us-east-1",
        images: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise SandboxError(f'"{name}" cannot name a sandbox. It becomes a folder: use lower-case letters, digits and hyphens.', 2)
        self.name, self.port, self.region = name, port, region
        self.images = own_images.commands({} if images is None else images)
        self.folder = state.StateFolder(((home if home is not None else state.default_root()) / name).resolve())
        self._making_clients = threading.Lock()
        # The server, when this process started it; its standard input is what keeps one that is not detached alive.
        self._process: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        """The name and where it lives."""
        return f"Sandbox({str(self.folder.path)!r})"

    def __enter__(self) -> Self:
        self.start(detached=False)
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    # --- lifecycle ---------------------------------------------------------------------------------------------------

    def start(self, *, detached: bool = True) -> bool:
        """Bring the sandbox up and wait until it answers; what a killed one left is removed first.

        Args:
            detached: whether it outlives this process; otherwise it ends with it, however it ends.

        Returns:
            Whether it was started now; False when it was up already.

        Raises:
            SandboxError: it did not start; the message ends with the last lines of its log. Or it is up without the images asked for.
        """
        with self.folder.locked():
            if self.running() is not None:
                self._check_images()
                return False
            self._clean(keep_log=True)
            self._start_or_clean(detached)
            return True

    def reset(self) -> None:
        """Empty the account: a new server at the same address with the same keys, so that shells stay pointed at it.

        Raises:
            SandboxError: it is not running, or did not start again.
        """
        with self.folder.locked():
            before, rollbacks = self.record, self.endpoint_rollbacks
            self.images = own_images.read(self.folder.path)
            self._clean()
            self._start_or_clean(detached=True, before=before)
            self.endpoint_rollbacks = rollbacks

    def _start_or_clean(self, detached: bool, before: state.Record | None = None) -> None:
        """Start the server; what is left of one that does not start is removed, but for its log."""
        try:
            self._start(detached, before)
        except BaseException:
            self._clean(keep_log=True)
            raise
        self.folder.kept_log.unlink(missing_ok=True)

    def _check_images(self) -> None:
        """Refuse to leave a running sandbox as it is when it is asked to run other images."""
        if self.images and own_images.read(self.folder.path) != self.images:
            raise SandboxError(
                f"The sandbox {self.name} is up with other images. A server reads them when it starts. End it first, and everything in it:"
                f" blazingtext sandbox down{self.option}",
                exit_code=2,
            )

    @property
    def option(self) -> str:
        """What a command needs to be about this sandbox: nothing for the one that it is about by itself."""
        return "" if self.name == "default" else f" --name {self.name}"

    def stop(self) -> bool:
        """End the server and everything it started, and remove the state folder; True when there was anything to remove."""
        with self.folder.locked():
            existed = self.folder.path.exists()
            self._clean()
        return existed

    def running(self) -> state.Record | None:
        """The record of the running sandbox, or None: never started, stopped, killed, or not ready yet."""
        record = self.folder.read()
        return record if record is not None and record.ready and state.server_of(record) is not None else None

    def stale(self) -> bool:
        """Whether a state folder is there without a server that answers: it was killed, or whoever started it was."""
        return self.folder.path.exists() and self.running() is None

    def clean_if_stale(self) -> bool:
        """Remove what a killed sandbox left: its orphaned processes and its folder; True when there was something."""
        if not self.stale():
            return False
        with self.folder.locked():
            # Somebody who was just starting it has ended by now.
            if not self.stale():
                return False
            self._clean(keep_log=True)
        return True

    def _clean(self, *, keep_log: bool = False) -> None:
        """End what the record names or runs in the folder, and remove the folder; the lock is held."""
        record = self.folder.read()
        if record is not None:
            state.stop(record)
        elif self.folder.path.exists():
            state.end(self.folder.processes())
        self._kill_own_process()
        self.folder.remove(keep_log=keep_log)

    def _kill_own_process(self) -> None:
        """End the server this process started, if its record is not written yet, and forget it."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def _start(self, detached: bool, before: state.Record | None) -> None:
        """Make the state folder, start the server in it, and wait for its first answer.

        Args:
            detached: as of `start`.
            before: the record whose region, ports and keys to take; None for new ones.
        """
        authority_key = self._prepare()
        with listening(before.port if before else self.port) as listener, listening(before.proxy_port if before else 0) as proxy:
            ports = listener.getsockname()[1], proxy.getsockname()[1]
            record = state.Record.new(self.name, before.region if before else self.region, *ports, keys_of=before)
            self.folder.write(record)
            process = self._process = server_process.spawn(self.folder, record, listener, proxy, authority_key, detached=detached)
        record = replace(record, pid=process.pid, started=psutil.Process(process.pid).create_time())
        self.folder.write(record)
        server_process.wait(self.folder, record, process, restart=f"blazingtext sandbox up{self.option}")
        self.folder.write(replace(record, ready=True))

    def _prepare(self) -> bytes:
        """Make the folder, its files and new certificates; the authority's private key."""
        folder = self.folder.path
        folder.mkdir(parents=True, mode=0o700)
        for name in ("home", "tmp"):
            (folder / name).mkdir()
        authority_key = Certificates.of(folder).make()
        client_environment.make_files(folder)
        own_images.write(folder, self.images)
        return authority_key

    @property
    def endpoint_rollbacks(self) -> str:
        """Whether CloudFormation notices that SageMaker rolled an endpoint's update back: `noticed` or `silent`; may be set at any time.

        Raises:
            SandboxError: neither of them, or the sandbox is not running.
        """
        return endpoint_rollbacks.read(self.folder.path)

    @endpoint_rollbacks.setter
    def endpoint_rollbacks(self, answer: str) -> None:
        _ = self.record  # raises when there is no sandbox to change
        endpoint_rollbacks.write(self.folder.path, answer)

    @contextmanager
    def call_faults(self, *faults: Fault) -> Iterator[Callable[[], list[str]]]:
        """Have calls meet faults while the block lasts; a fault of an action that was chosen before it is forgotten.

        Gives what tells the actions of the calls that met one so far, in their order.

        Raises:
            SandboxError: the sandbox is not running.
        """
        _ = self.record  # raises when there is no sandbox to change
        call_faults.choose(self.folder.path, faults)
        try:
            yield lambda: list(call_faults.played(self.folder.path))
        finally:
            call_faults.choose(self.folder.path, ())

    # --- use ---------------------------------------------------------------------------------------------------------

    @property
    def record(self) -> state.Record:
        """The record of the running sandbox.

        Raises:
            SandboxError: it is not running.
        """
        record = self.running()
        if record is None:
            raise SandboxError(f"The sandbox {self.name} is not running. Start it with: blazingtext sandbox up{self.option}", exit_code=3)
        return record

    @property
    def url(self) -> str:
        """The address of every AWS service of the account."""
        return self.record.url

    def exports(self) -> dict[str, str]:
        """The variables that point every AWS client here; `UNSET` names those to remove besides."""
        record = self.record
        return {
            **client_environment.exports(record, self.folder.path),
            "AWS_ACCESS_KEY_ID": record.access_key,
            "AWS_SECRET_ACCESS_KEY": record.secret_key,
            "BLAZINGTEXT_SANDBOX": self.name,
        }

    def environment(self) -> dict[str, str]:
        """This process's environment with `exports` in place, for a child process such as cdk."""
        inherited = {name: value for name, value in os.environ.items() if name not in UNSET}
        return {**inherited, **self.exports()}

    def boto3(self, service: str, **options: Any) -> Any:
        """A boto3 client of the account, whatever the environment says; TLS is verified against the sandbox's authority."""
        record = self.record
        given = {
            "endpoint_url": record.url,
            "region_name": record.region,
            "aws_access_key_id": record.access_key,
            "aws_secret_access_key": record.secret_key,
            "verify": str(Certificates.of(self.folder.path).authority),
        }
        # Threads may ask for clients, and a session makes one at a time.
        with self._making_clients:
            return self._session.client(service, **{**given, **options})

    @cached_property
    def _session(self) -> Any:  # the stubs have one overload per service; this one is for any
        """Reads each service's model once: 0.15 s of a client's 0.16."""
        import boto3  # noqa: PLC0415 - of the commands few need a client, and it takes a fifth of a second to load

        return boto3.session.Session()


def all_sandboxes(root: Path | None = None) -> Iterator[Sandbox]:
    """Every sandbox with a state folder below the root."""
    root = root if root is not None else state.default_root()
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if folder.is_dir() and _NAME.fullmatch(folder.name):
            yield Sandbox(root, name=folder.name)
