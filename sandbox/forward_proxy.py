"""The proxy that keeps clients which build AWS's host names themselves inside the sandbox.

It answers CONNECT only. A tunnel to an AWS host ends at the sandbox's own server, which has a certificate for every such name
(`host_certificates`) and sees the request as AWS would, host name and signature included. Any other tunnel goes where it was asked
to go, untouched: through the proxy the caller had, if there was one, or directly.

Where the caller's proxy has a name and a password of the caller's, the tunnel is the caller's too: it is opened for whoever knows the
sandbox's own secret, which `sandbox env` exports, and not for every local user who finds the port.

It has a thread and an event loop of its own, so that what passes through never waits for the account's work.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import re
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from .aws_hosts import HTTPS_PORT, is_aws_host, normalized

_LOG = logging.getLogger("sandbox.proxy")
LOOPBACK: Final = "127.0.0.1"
#: The name that goes with the secret in the address that `sandbox env` exports.
PROXY_USER: Final = "sandbox"
# The variables that carry the caller's own proxy and its exceptions to a server whose HTTPS_PROXY is this one.
OUTSIDE_PROXY: Final = "SANDBOX_OUTSIDE_PROXY"
OUTSIDE_NO_PROXY: Final = "SANDBOX_OUTSIDE_NO_PROXY"

# Tunnels at once; bytes and seconds of a request's head; seconds for a connection to stand, to be silent, and to close.
MAX_TUNNELS: Final = 512
MAX_HEAD: Final = 16 * 1024
HEAD_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 15.0
SILENT_SECONDS: Final = 3600.0
CLOSE_SECONDS: Final = 60.0
_CHUNK: Final = 64 * 1024
_CONNECT: Final = re.compile(rb"CONNECT (?:\[(?P<literal>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s:\[\]/?#@]+)):(?P<port>\d{1,5}) HTTP/1\.[01]\r\n")
_AUTHORIZATION: Final = re.compile(rb"\r\nproxy-authorization:[ \t]*(?P<value>[!-~]+ [!-~]+)[ \t]*\r\n", re.IGNORECASE)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class _Asked:
    """What a client asks for: a tunnel's far end, and the credentials it sends along."""

    host: str
    port: int
    credentials: str


class _RefusedError(Exception):
    """No tunnel: the status and the words for the client."""

    def __init__(self, status: HTTPStatus, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True)
class Outside:
    """How what is not AWS's leaves this machine.

    Attributes:
        proxy: the caller's own HTTPS proxy; empty when there was none.
        no_proxy: the hosts that go past it, as in NO_PROXY.
    """

    proxy: str = field(default="", repr=False)
    no_proxy: str = ""

    @classmethod
    def taken_from(cls, environ: MutableMapping[str, str]) -> Self:
        """As `of_caller`, and taken out of the environment: the server's children have no use for the caller's proxy."""
        found = cls.of_caller(environ)
        for name in (OUTSIDE_PROXY, OUTSIDE_NO_PROXY):
            environ.pop(name, None)
        return found

    @classmethod
    def of_caller(cls, environ: Mapping[str, str]) -> Self:
        """What an environment says; inside a shell pointed at a sandbox, what that shell had before."""
        return cls(
            _first(environ, OUTSIDE_PROXY, "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
            _first(environ, OUTSIDE_NO_PROXY, "no_proxy", "NO_PROXY"),
        )

    def exports(self) -> dict[str, str]:
        """The variables `of_caller` reads first."""
        return {OUTSIDE_PROXY: self.proxy, OUTSIDE_NO_PROXY: self.no_proxy}

    def proxy_for(self, host: str) -> str | None:
        """The proxy to a host, or None when it is reached directly; this machine's own addresses always are."""
        local = host == "localhost" or host.endswith(".localhost") or host == "::1" or host.startswith("127.")
        # What Python's own clients and requests ask; the stubs do not know it.
        bypass: Callable[..., bool] = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
        past = local or bypass(host, {"no": self.no_proxy})
        return self.proxy if self.proxy and not past else None


def _first(environ: Mapping[str, str], *names: str) -> str:
    return next((environ[name] for name in names if name in environ), "")


class ForwardProxy:
    """The proxy of one sandbox.

    Args:
        server_port: where the sandbox's server listens, on loopback.
        outside: how everything else is reached.
        secret: what a client must know to be passed on through a proxy with the caller's credentials.
        silent_seconds: how long a tunnel may carry nothing.
    """

    def __init__(self, server_port: int, outside: Outside, *, secret: str = "", silent_seconds: float = SILENT_SECONDS) -> None:
        self._server_port, self._outside, self._silent_seconds = server_port, outside, silent_seconds
        self._credentials = _basic(PROXY_USER, secret)
        self._tunnels = 0

    def start(self, listener: socket.socket) -> None:
        """Answer on a listening socket from now on, on a thread that ends with the process."""
        threading.Thread(target=lambda: asyncio.run(self.serve(listener)), name="forward-proxy", daemon=True).start()

    async def serve(self, listener: socket.socket) -> None:
        """Answer on a listening socket until cancelled."""
        server = await asyncio.start_server(self._answer, sock=listener, limit=MAX_HEAD)
        async with server:
            await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, and leave nothing of it open."""
        self._tunnels += 1
        try:
            await self._tunnel(reader, writer)
        except _RefusedError as refused:
            await _refuse(writer, refused)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as problem:
            _LOG.debug("A tunnel ended: %r", problem)
        finally:
            await _close(writer)
            self._tunnels -= 1

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._tunnels > MAX_TUNNELS:
            raise _RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, f"This sandbox's proxy holds {MAX_TUNNELS} tunnels, its most. Close some.")
        far_reader, far_writer = await self._connect(await _asked_for(reader))
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _Splice((reader, writer), (far_reader, far_writer), self._silent_seconds).run()
        finally:
            await _close(far_writer)

    async def _connect(self, asked: _Asked) -> Streams:
        """The far end of a tunnel.

        Raises:
            _RefusedError: there is none.
        """
        host, port = asked.host, asked.port
        if is_aws_host(host):
            if port != HTTPS_PORT:
                words = f"{host} is AWS's, and the sandbox plays AWS on port {HTTPS_PORT} only; port {port} was asked for."
                raise _RefusedError(HTTPStatus.FORBIDDEN, words)
            host, port = LOOPBACK, self._server_port
        proxy = self._outside.proxy_for(host)
        if proxy is not None and _has_credentials(proxy) and not hmac.compare_digest(asked.credentials, self._credentials):
            words = (
                f"{host} is reached through a proxy with the credentials of whoever started this sandbox, so its proxy asks for its own "
                'secret. Use the address in HTTPS_PROXY as `eval "$(blazingtext sandbox env)"` sets it.'
            )
            raise _RefusedError(HTTPStatus.PROXY_AUTHENTICATION_REQUIRED, words)
        try:
            return await (_open(host, port) if proxy is None else _through(proxy, host, port))
        except (OSError, TimeoutError, ValueError) as problem:
            how = "directly" if proxy is None else "through the proxy this shell had when the sandbox was started"
            words = f"{host}:{port} cannot be reached {how}: {str(problem) or 'no answer in time'}."
            raise _RefusedError(HTTPStatus.BAD_GATEWAY, words) from problem


async def _asked_for(reader: asyncio.StreamReader) -> _Asked:
    """The tunnel a client asks for.

    Raises:
        _RefusedError: it asks for something else, too slowly or at too great length.
    """
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as problem:
        raise _RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's head is too long.") from problem
    except TimeoutError as problem:
        raise _RefusedError(HTTPStatus.REQUEST_TIMEOUT, "The request's head did not come in time.") from problem
    match = _CONNECT.match(head)
    if match is None:
        raise _RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "This proxy answers CONNECT host:port only; plain HTTP does not go through it.")
    port = int(match["port"])
    if not 0 < port < 1 << 16:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, f"{port} is no port.")
    sent = _AUTHORIZATION.search(head)
    credentials = sent["value"].decode("latin-1") if sent is not None else ""
    return _Asked(normalized((match["literal"] or match["name"]).decode("ascii", "replace")), port, credentials)


async def _open(host: str, port: int, tls: ssl.SSLContext | None = None) -> Streams:
    async with asyncio.timeout(CONNECT_SECONDS):
        return await asyncio.open_connection(host, port, ssl=tls, limit=_CHUNK)


async def _through(proxy: str, host: str, port: int) -> Streams:
    """A tunnel through another proxy.

    Raises:
        OSError: it cannot be reached, or refuses.
        ValueError: its address is not one of an HTTP proxy.
    """
    address = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise ValueError(f"the proxy's address begins with {address.scheme}://, and only http:// and https:// are known here")
    default, tls = (443, ssl.create_default_context()) if address.scheme == "https" else (80, None)
    reader, writer = await _open(address.hostname, address.port or default, tls)
    try:
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{_credentials(address.username, address.password)}\r\n".encode())
        async with asyncio.timeout(CONNECT_SECONDS):
            answer = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as problem:
        writer.close()
        raise ConnectionError("it did not answer as a proxy does") from problem
    except BaseException:
        writer.close()
        raise
    status = answer.split(b"\r\n", 1)[0].decode("latin-1")
    if not re.match(r"HTTP/1\.[01] 2\d\d", status):
        writer.close()
        raise ConnectionError(f"it answered {status}")
    return reader, writer


def _credentials(user: str | None, password: str | None) -> str:
    return "" if user is None else f"Proxy-Authorization: {_basic(unquote(user), unquote(password or ''))}\r\n"


def _basic(user: str, password: str) -> str:
    """The value of a header with credentials (RFC 7617)."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _has_credentials(proxy: str) -> bool:
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}").username is not None


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close a connection; an end that does not take what was written for it loses it."""
    writer.close()
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()


async def _refuse(writer: asyncio.StreamWriter, refused: _RefusedError) -> None:
    body = f"{refused}\n".encode()
    head = f"HTTP/1.1 {refused.status.value} {refused.status.phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
    more = {
        HTTPStatus.METHOD_NOT_ALLOWED: "Allow: CONNECT\r\n",
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: 'Proxy-Authenticate: Basic realm="blazingtext sandbox"\r\n',
    }.get(refused.status, "")
    try:
        writer.write(f"{head}{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        async with asyncio.timeout(HEAD_SECONDS):
            await writer.drain()
    except (OSError, TimeoutError):
        _LOG.debug("A refused client did not wait for the answer.")


class _Splice:
    """Two connections joined: bytes go both ways at the speed of the slower end, and either end may close its half first."""

    def __init__(self, near: Streams, far: Streams, silent_seconds: float) -> None:
        self._near, self._far, self._silent_seconds = near, far, silent_seconds
        self._moved = 0

    async def run(self) -> None:
        """Return when both halves are closed.

        Raises:
            OSError: an end broke off; both are to be closed.
            TimeoutError: nothing went either way for too long.
        """
        ways = [asyncio.create_task(self._pump(self._near[0], self._far[1])), asyncio.create_task(self._pump(self._far[0], self._near[1]))]
        try:
            await self._watch(ways)
        except BaseException:
            for _, writer in (self._near, self._far):
                writer.transport.abort()
            raise
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _watch(self, ways: list[asyncio.Task[None]]) -> None:
        """Wait for both ways, or for the first that breaks, or for silence."""
        pending = set(ways)
        while pending:
            before = self._moved
            done, pending = await asyncio.wait(pending, timeout=self._silent_seconds, return_when=asyncio.FIRST_COMPLETED)
            for way in done:
                way.result()
            if not done and self._moved == before:
                raise TimeoutError(f"silent for {self._silent_seconds} s")

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            self._moved += len(chunk)
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
