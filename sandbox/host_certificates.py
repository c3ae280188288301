"""A certificate for every AWS host name a client asks for, made when it is asked for and signed by the sandbox's own authority."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import trustme

from .aws_hosts import is_aws_host, normalized

# Contexts kept; a client in a loop over bucket names must not fill the memory.
KEPT: Final = 256


class HostCertificates:
    """What a TLS listener presents to a client that names an AWS host.

    Args:
        authority: signs the certificates; clients of the sandbox trust it.
        new_context: a context made as the listener's own is, to take another certificate.
    """

    def __init__(self, authority: trustme.CA, new_context: Callable[[], ssl.SSLContext]) -> None:
        self._authority = authority
        self._new_context = new_context
        self._context_of = lru_cache(maxsize=KEPT)(self._make_context)

    def install(self, context: ssl.SSLContext) -> None:
        """Let the listener's context choose by the name in the client's first message (SNI)."""
        context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        if name is not None and is_aws_host(name):
            connection.context = self._context_of(normalized(name))

    def _make_context(self, host: str) -> ssl.SSLContext:
        try:
            leaf = self._authority.issue_cert(host)
        except ValueError:
            # An old bucket may have an underscore in its name, which no certificate can; AWS has a wildcard there.
            leaf = self._authority.issue_cert(f"*.{host.partition('.')[2]}")
        context = self._new_context()
        leaf.configure_cert(context)
        return context
