"""The sandbox's server in the process of the tests, so that what runs in it can be seen and be given faults: see `make mutants`.

It serves the same application with the same settings as the process that `Sandbox.start` makes. One process can hold one of them, once:
ministack reads its settings while it is imported, and patches stay applied.
"""

import asyncio
import logging
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any, cast

import psutil
from hypercorn.asyncio import serve

from blazingtext_sandbox import client_environment, server, server_process, state
from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.forward_proxy import ForwardProxy, Outside
from blazingtext_sandbox.server_environment import server_environment
from tests.parity.support import wait_until

#: Set by `tests/tools/mutants` for the tests it runs.
VARIABLE = "BLAZINGTEXT_TESTS_IN_PROCESS"


#: Set while an account is up.
_up = threading.Event()


def leave(status: int) -> None:
    """End this process with an exit code, if it holds an account: its threads wait for minutes, and the interpreter would wait for them."""
    if _up.is_set():
        state.end(psutil.Process().children(recursive=True), grace=1.0)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


class InProcess(Sandbox):
    """A sandbox that lives in a thread of this process, and until its end: what the account's threads wait for cannot be interrupted."""

    _record: state.Record | None = None

    def start(self, *, detached: bool = True) -> bool:
        """Bring it up; `detached` says nothing here."""
        assert not _up.is_set(), "one process holds one account"
        with self.folder.locked():
            self._start(detached, None)
        return True

    def stop(self) -> bool:
        """Leave it running; the process ends with it (`leave`)."""
        return False

    def running(self) -> state.Record | None:
        """The record."""
        return self._record

    def _start(self, *_: Any) -> None:
        authority_key = self._prepare()
        listener, proxy = (socket.create_server(("127.0.0.1", 0), backlog=256) for _ in range(2))
        record = state.Record(
            name=self.name,
            region=self.region,
            port=listener.getsockname()[1],
            access_key="AKIAINPROCESS0000000",
            secret_key="of-this-process",
            marker="in-process",
            pid=os.getpid(),
            started=0.0,
            proxy_port=proxy.getsockname()[1],
            proxy_secret="of-this-process",
            ready=True,
        )
        self.folder.write(record)
        exports = client_environment.exports(record, self.folder.path)
        outside = Outside.taken_from(os.environ)
        os.environ.update(server_environment(record, self.folder.path, exports, os.environ))
        ForwardProxy(record.port, outside, secret=record.proxy_secret).start(proxy)
        logging.getLogger().addHandler(logging.FileHandler(self.folder.log, encoding="utf-8"))
        serving = threading.Thread(target=_serve, args=(self.folder.path, listener, authority_key), daemon=True)
        serving.start()
        self._record = record
        _up.set()
        wait_until(lambda: server_process.answers(self.folder, record) or not serving.is_alive())
        assert serving.is_alive(), "the account could not be assembled"


def _serve(folder: Path, listener: socket.socket, authority_key: bytes) -> None:
    # Closed when the application cannot be made, so that clients are refused instead of left waiting.
    with listener:
        configuration = server._Configuration.of(folder, listener.fileno(), authority_key)
        asyncio.run(cast("Any", serve)(server.application(folder), configuration, shutdown_trigger=asyncio.Event().wait))
