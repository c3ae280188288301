"""The sandbox's own certificate authority: made for one sandbox, kept in its state folder, trusted by nobody else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

# S3 clients may put the bucket into the host name.
_NAMES = ("localhost", "*.localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Certificates:
    """Where the files are.

    Attributes:
        authority: the CA certificate clients trust (PEM).
        chain: the server's certificate (PEM).
        key: the server's private key (PEM, mode 0600).
    """

    authority: Path
    chain: Path
    key: Path

    @classmethod
    def of(cls, folder: Path) -> Certificates:
        """The places below a state folder, whether the files are there yet or not."""
        return cls(folder / "ca.pem", folder / "server.pem", folder / "server.key")

    def make(self) -> bytes:
        """Write a new authority and a server certificate for loopback names.

        Returns:
            The authority's private key (PEM); it is handed to the server, and never written.
        """
        import trustme  # noqa: PLC0415 - most commands ask for the places alone, and it takes a tenth of a second to load

        authority = trustme.CA(organization_name="blazingtext sandbox")
        server = authority.issue_cert(*_NAMES)
        authority.cert_pem.write_to_path(str(self.authority))
        _write_private(self.key, server.private_key_pem.bytes())
        self.chain.write_bytes(b"".join(blob.bytes() for blob in server.cert_chain_pems))
        return authority.private_key_pem.bytes()


def _write_private(path: Path, content: bytes) -> None:
    """A file only its owner can read, from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
