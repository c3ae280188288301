"""The sandbox's server process, `python -m blazingtext_sandbox.server`: the account and its forward proxy.

Started by `account.py` with an environment made for it (`server_environment.py`): ministack reads its settings while it is
imported. The listening socket comes from the parent, bound to loopback, so the port cannot be taken between choosing and using it.
It ends on SIGTERM and SIGINT and, with --until-stdin-closes, when the parent has ended; its children end with it.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
import threading
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import urlsplit

import psutil
import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config

from . import assembly, closed_pages, faulty_calls, garbage, state
from .certificates import Certificates
from .forward_proxy import ForwardProxy, Outside
from .host_certificates import HostCertificates

_LOG = logging.getLogger("sandbox")


def main(arguments: list[str] | None = None) -> None:
    """Serve until told to stop, then end every child process and exit."""
    parser = argparse.ArgumentParser(prog="python -m blazingtext_sandbox.server")
    parser.add_argument("--state-folder", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True, help="file descriptor of the listening socket")
    parser.add_argument("--until-stdin-closes", action="store_true")
    parser.add_argument("--proxy-socket", type=int, required=True, help="file descriptor of the forward proxy's listening socket")
    parser.add_argument("--authority-key", type=int, required=True, help="file descriptor that gives the authority's private key")
    options = parser.parse_args(arguments)
    # Files are for their owner only.
    os.umask(0o077)
    garbage.collect_apart()
    record = state.StateFolder(options.state_folder).read()
    if record is None or record.marker != os.environ[state.MARKER]:
        sys.exit("This sandbox was removed while its server started.")
    with os.fdopen(options.authority_key, "rb") as file:
        authority_key = file.read()
    configuration = _Configuration.of(options.state_folder, options.socket, authority_key)
    outside = Outside.taken_from(os.environ)
    secret = urlsplit(os.environ["HTTPS_PROXY"]).password or ""
    ForwardProxy(int(os.environ["GATEWAY_PORT"]), outside, secret=secret).start(socket.socket(fileno=options.proxy_socket))
    asyncio.run(_serve(options.state_folder, configuration, options.until_stdin_closes))


def application(folder: Path) -> assembly.Application:
    """What a sandbox serves: the assembled services, without some pages of ministack's, and with the faults that calls are to meet.

    Args:
        folder: the sandbox's own folder.

    Raises:
        IncompatibleMinistackError: see `assembly.check_names`.
    """
    return faulty_calls.with_call_faults(closed_pages.without_closed_pages(assembly.assemble(folder)), folder)


async def _serve(folder: Path, configuration: Config, until_stdin_closes: bool) -> None:
    """Serve the application on the inherited socket until a signal or the parent's end, then exit."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if until_stdin_closes:
        threading.Thread(target=_wait_for_end_of_input, args=(loop, stopping), daemon=True).start()
    serving = asyncio.create_task(serve(cast("Any", application(folder)), configuration, shutdown_trigger=stopping.wait))
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done() and not stopped.done():
        serving.result()
    # Requests in flight get a moment; a client that merely keeps its connection open must not keep the server.
    await asyncio.wait({serving}, timeout=0.5)
    _exit()


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """Only the parent holds the other end of standard input, a pipe: it closes when the parent ends, however it ends."""
    # Not through sys.stdin, whose lock would still be held at interpreter shutdown.
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stopping.set)


class _Configuration(Config):
    """Hypercorn's settings, and TLS that has a certificate for every AWS host name besides the sandbox's own."""

    keep_alive_timeout = 75
    # Clients keep a connection for the whole of a long session.
    keep_alive_max_requests = 1_000_000
    authority: trustme.CA

    @classmethod
    def of(cls, folder: Path, descriptor: int, authority_key: bytes) -> Self:
        """The settings for a state folder and an inherited listening socket."""
        certificates = Certificates.of(folder)
        config = cls()
        config.bind = [f"fd://{descriptor}"]
        config.certfile, config.keyfile = str(certificates.chain), str(certificates.key)
        config.authority = trustme.CA.from_pem(certificates.authority.read_bytes(), authority_key)
        return config

    def create_ssl_context(self) -> ssl.SSLContext | None:
        """The listener's TLS context; the client's first message chooses the certificate."""
        context = super().create_ssl_context()
        if context is not None:
            HostCertificates(self.authority, self._one_more_context).install(context)
        return context

    def _one_more_context(self) -> ssl.SSLContext:
        """A context with the same protocols and ciphers as the listener's; another certificate takes the place of its own."""
        return cast("ssl.SSLContext", super().create_ssl_context())


def _exit() -> None:
    """End functions, engines and everything they started, and then this process."""
    children = psutil.Process().children(recursive=True)
    _LOG.info("Stopping; %d child processes end with the sandbox.", len(children))
    state.end(children, grace=3.0)
    sys.stdout.flush()
    # Interpreter shutdown would wait for ministack's worker threads, which may sleep for minutes.
    os._exit(0)


if __name__ == "__main__":
    main()
