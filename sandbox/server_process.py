"""The server of a sandbox as a process: started with what it inherits, and waited for."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import subprocess
import sys
import time

from . import client_environment
from .certificates import Certificates
from .descriptors import read_end
from .errors import SandboxError
from .server_environment import server_environment
from .state import Record, StateFolder

#: How long a server may take to answer at first: one that ends is noticed at once, and a busy machine may need long.
START_SECONDS = 300.0


def spawn(
    folder: StateFolder, record: Record, listener: socket.socket, proxy: socket.socket, authority_key: bytes, *, detached: bool
) -> subprocess.Popen[bytes]:
    """Starts the server in a session of its own, so that Ctrl-C in this terminal does not end it.

    Args:
        folder: the state folder, prepared.
        record: what the server is to be.
        listener: the socket that it answers at.
        proxy: the socket of its forward proxy.
        authority_key: the private key of its certificate authority.
        detached: whether it outlives this process; otherwise it ends when its standard input does.
    """
    environment = server_environment(record, folder.path, client_environment.exports(record, folder.path), os.environ)
    with folder.log.open("wb") as log, read_end(authority_key) as key:
        given = {"--socket": listener.fileno(), "--proxy-socket": proxy.fileno(), "--authority-key": key}
        options = [word for option, descriptor in given.items() for word in (option, str(descriptor))]
        command = [sys.executable, "-m", "blazingtext_sandbox.server", "--state-folder", str(folder.path), *options]
        return subprocess.Popen(
            command if detached else [*command, "--until-stdin-closes"],
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder.path / "home",
            pass_fds=tuple(given.values()),
            start_new_session=True,
        )


def wait(folder: StateFolder, record: Record, process: subprocess.Popen[bytes], *, restart: str) -> None:
    """Returns when the server answers.

    Args:
        folder: its state folder.
        record: what it is.
        process: the process.
        restart: the command that starts it again.

    Raises:
        SandboxError: it ended, or did not answer in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if answers(folder, record):
            return
        time.sleep(0.05)
    how = "did not answer in time" if process.poll() is None else f"ended with code {process.returncode}"
    raise SandboxError(
        f"The sandbox {record.name} did not start: its server {how}. Its log ends with:\n{folder.log_tail()}\n"
        f"The whole log is kept: {folder.kept_log}; once its cause is gone, start again with: {restart}"
    )


def answers(folder: StateFolder, record: Record) -> bool:
    """Whether the server answers a request over TLS; until it does, the connection waits in the socket's queue."""
    trust = ssl.create_default_context(cafile=str(Certificates.of(folder.path).authority))
    connection = http.client.HTTPSConnection("127.0.0.1", record.port, timeout=1, context=trust)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
