"""An AWS account on this machine, as an object: start it, get clients and environments for it, stop it.

with Sandbox(home=tmp_path) as account:
    account.boto3("s3").create_bucket(Bucket="corpora-of-mine")
"""

from __future__ import annotations

import http.client
import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import psutil

from . import server, state
from .certificates import Certificates

START_SECONDS = 60.0
# What of the caller's would lead a client elsewhere.
UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class SandboxError(Exception):
    """The sandbox could not do it; the message says what, why, and what to do."""


class Sandbox:
    """One sandboxed account; as a context manager it lives as long as the block, and no longer than this process.

    Args:
        home: the folder its state folder goes into; the default root when not given.
        name: several sandboxes of different names (or homes) run side by side and do not see each other.
        port: a loopback port; any free one when not given.
        region: the region `env` exports.

    Raises:
        SandboxError: the name is not lower-case letters, digits and hyphens.
    """

    def __init__(self, home: Path | None = None, *, name: str = "default", port: int = 0, region: str = "us-east-1") -> None:
        if not _NAME.fullmatch(name):
            raise SandboxError(f'"{name}" cannot name a sandbox. It becomes a folder: use lower-case letters, digits and hyphens.')
        self.name, self.port, self.region = name, port, region
        self.folder = state.StateFolder(((home if home is not None else state.default_root()) / name).resolve())
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

    # --- life --------------------------------------------------------------------------------------------------------

    def start(self, *, detached: bool = True) -> bool:
        """Bring the sandbox up and wait until it answers; what a killed one left is removed first.

        Args:
            detached: whether it outlives this process; otherwise it ends with it, however it ends.

        Returns:
            Whether it was started now; False when it was up already.

        Raises:
            SandboxError: it did not start; the message ends with the last lines of its log.
        """
        with self.folder.locked():
            if self.running() is not None:
                return False
            self._clean()
            try:
                self._start(detached)
            except BaseException:
                self._clean(keep_log=True)
                raise
            return True

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
        """Whether a state folder is there without its server: the machine was switched off, or the server was killed."""
        record = self.folder.read()
        return self.folder.path.exists() and (record is None or state.server_of(record) is None)

    def clean_if_stale(self) -> bool:
        """Remove what a killed sandbox left: its orphaned processes and its folder; True when there was something."""
        if not self.stale():
            return False
        with self.folder.locked():
            if self.stale():
                self._clean()
        return True

    def _clean(self, *, keep_log: bool = False) -> None:
        """End what the record names, and remove the folder; the lock is held."""
        record = self.folder.read()
        if record is not None:
            state.stop(record)
        self._let_go()
        if not keep_log:
            self.folder.remove()

    def _let_go(self) -> None:
        """End the server this process started, if its record is not written yet, and forget it."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def _start(self, detached: bool) -> None:
        """Make the state folder, start the server in it, and wait for its first answer."""
        self._prepare()
        with _listening(self.port) as listener:
            record = state.Record(
                name=self.name,
                region=self.region,
                port=listener.getsockname()[1],
                access_key=f"AKIA{secrets.token_hex(8).upper()}",
                secret_key=secrets.token_urlsafe(30),
                mark=secrets.token_hex(16),
                pid=0,
                started=0.0,
            )
            process = self._spawn(record, listener.fileno(), detached)
        record = replace(record, pid=process.pid, started=psutil.Process(process.pid).create_time())
        self.folder.write(record)
        self._wait(record, process)
        self.folder.write(replace(record, ready=True))

    def _prepare(self) -> None:
        """The folder, its sub-folders, empty AWS configuration files and new certificates."""
        folder = self.folder.path
        folder.mkdir(parents=True, mode=0o700)
        for name in ("home", "tmp", "cdk"):
            (folder / name).mkdir()
        for name in ("aws-config", "aws-credentials"):
            (folder / name).touch(mode=0o600)
        certificates = Certificates.of(folder)
        certificates.make()
        (folder / "roots.pem").write_bytes(_callers_roots() + certificates.authority.read_bytes())

    def _spawn(self, record: state.Record, descriptor: int, detached: bool) -> subprocess.Popen[bytes]:
        """The server process, in a session of its own, so that Ctrl-C in this terminal is not its end."""
        environment = server.server_environment(record, self.folder.path, self._exports(record), os.environ)
        command = [sys.executable, "-m", "blazingtext_sandbox.server", "--state-folder", str(self.folder.path), "--socket", str(descriptor)]
        with self.folder.log.open("wb") as log:
            process = subprocess.Popen(
                command if detached else [*command, "--until-stdin-closes"],
                stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self.folder.path / "home",
                pass_fds=(descriptor,),
                start_new_session=True,
            )
        self._process = process
        return process

    def _wait(self, record: state.Record, process: subprocess.Popen[bytes]) -> None:
        """Return when the server answers.

        Raises:
            SandboxError: it ended, or did not answer in time.
        """
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if self._answers(record):
                return
            time.sleep(0.05)
        how = "did not answer in time" if process.poll() is None else f"ended with code {process.returncode}"
        raise SandboxError(
            f"The sandbox {self.name} did not start: its server {how}. Its log ends with:\n{self.folder.log_tail()}\n"
            f"The whole log is {self.folder.log}; once its cause is gone, start again with: blazingtext sandbox up"
        )

    def _answers(self, record: state.Record) -> bool:
        """Whether the server answers a request over TLS; until it does, the connection waits in the socket's queue."""
        connection = http.client.HTTPSConnection("127.0.0.1", record.port, timeout=1, context=self._trust())
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(Certificates.of(self.folder.path).authority))

    # --- use ---------------------------------------------------------------------------------------------------------

    @property
    def record(self) -> state.Record:
        """The record of the running sandbox.

        Raises:
            SandboxError: it is not running.
        """
        record = self.running()
        if record is None:
            option = "" if self.name == "default" else f" --name {self.name}"
            raise SandboxError(f"The sandbox {self.name} is not running. Start it with: blazingtext sandbox up{option}")
        return record

    @property
    def url(self) -> str:
        """The address of every AWS service of the account."""
        return self.record.url

    def exports(self) -> dict[str, str]:
        """The variables that point every AWS client here; `UNSET` names those to remove besides."""
        record = self.record
        return {
            **self._exports(record),
            "AWS_ACCESS_KEY_ID": record.access_key,
            "AWS_SECRET_ACCESS_KEY": record.secret_key,
            "BLAZINGTEXT_SANDBOX": self.name,
        }

    def environment(self) -> dict[str, str]:
        """This process's environment with `exports` in place: what a child (cdk, a test's command) runs with."""
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
        # The stubs have one overload per service; this one is for any.
        session: Any = boto3.session.Session()
        return session.client(service, **{**given, **options})

    def _exports(self, record: state.Record) -> dict[str, str]:
        """Address, trust and places: what the server's children get too."""
        folder = self.folder.path
        authority, roots = str(Certificates.of(folder).authority), str(folder / "roots.pem")
        direct = ",".join(filter(None, [os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")), "localhost", "127.0.0.1"]))
        return {
            "AWS_ENDPOINT_URL": record.url,
            "AWS_REGION": record.region,
            "AWS_DEFAULT_REGION": record.region,
            "AWS_CA_BUNDLE": authority,
            "NODE_EXTRA_CA_CERTS": authority,
            "REQUESTS_CA_BUNDLE": roots,
            "SSL_CERT_FILE": roots,
            "CURL_CA_BUNDLE": roots,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(folder / "aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "aws-credentials"),
            "CDK_HOME": str(folder / "cdk"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "NO_PROXY": direct,
            "no_proxy": direct,
        }


def _callers_roots() -> bytes:
    """The certificates the caller's programs trust now, so that a shell pointed at the sandbox still reaches the internet."""
    place = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    return Path(place).read_bytes() + b"\n" if place and Path(place).is_file() else b""


class _listening:  # noqa: N801 - used as a function
    """A listening loopback socket; the server inherits it, this process lets go of it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError as problem:
            self._socket.close()
            raise SandboxError(f"Port {port} cannot be used: {problem.strerror}. Leave --port out to get a free one.") from problem
        self._socket.listen(256)

    def __enter__(self) -> socket.socket:
        return self._socket

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def all_sandboxes(root: Path | None = None) -> Iterator[Sandbox]:
    """Every sandbox with a state folder below the root."""
    root = root if root is not None else state.default_root()
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if folder.is_dir() and _NAME.fullmatch(folder.name):
            yield Sandbox(root, name=folder.name)
