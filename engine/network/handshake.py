"""How two hosts make sure of each other before anything else is read: each proves that it knows the job's secret (HMAC, RFC 2104).

Each side sends a random number and has to return a code of both numbers, its part in the connection, and the job; nothing that was said
before can be said again. The secret is ENGINE_SECRET. SageMaker gives the containers of a job none; a person may put one into the request's
Environment, where whoever may describe the job can read it. Without one, the code proves no more than the job's name, and the network of
the job is trusted: SageMaker runs the instances of a job on a network of its own or in the user's subnets and security groups, and can
encrypt what they send each other there ("Protect Communications Between ML Compute Instances in a Distributed Training Job",
https://docs.aws.amazon.com/sagemaker/latest/dg/train-encrypt.html). Nothing is encrypted here.
"""

import hmac
import secrets
import socket
import struct
from dataclasses import dataclass

MAGIC = b"BTHOSTS1"
_NONCE = 32
_CODE = 32
_HELLO = struct.Struct(f"<{len(MAGIC)}sI{_NONCE}s")
_WELCOME = b"\x01"


@dataclass(frozen=True)
class Party:
    """One host in a handshake: its place among the hosts, how many there are, the job's name, and the secret (empty: none)."""

    rank: int
    hosts: int
    job: str
    secret: bytes


class StrangerError(Exception):
    """The other side is no host of this training."""


def welcome(sock: socket.socket, own: Party) -> int:
    """Take part as the one who listens; gives the rank of the host that has connected, which is above its own.

    Raises:
        StrangerError: it is none of this training.
        OSError: it went away, or was silent for longer than the socket's timeout.
    """
    rank, theirs = _read_hello(sock)
    if not own.rank < rank < own.hosts:
        raise StrangerError(f"there is no host {rank}")
    nonce = secrets.token_bytes(_NONCE)
    sock.sendall(_HELLO.pack(MAGIC, own.rank, nonce) + _code(own, b"listens", (own.rank, rank), nonce + theirs))
    if not hmac.compare_digest(_read(sock, _CODE), _code(own, b"connects", (own.rank, rank), nonce + theirs)):
        raise StrangerError("it does not know the secret of this job")
    sock.sendall(_WELCOME)
    return rank


def introduce(sock: socket.socket, own: Party, rank: int) -> None:
    """Take part as the one who has connected to the host `rank`.

    Raises:
        StrangerError: it is another one, or none of this training.
        OSError: it went away, or was silent for longer than the socket's timeout.
    """
    nonce = secrets.token_bytes(_NONCE)
    sock.sendall(_HELLO.pack(MAGIC, own.rank, nonce))
    found, theirs = _read_hello(sock)
    if found != rank or not hmac.compare_digest(_read(sock, _CODE), _code(own, b"listens", (rank, own.rank), theirs + nonce)):
        raise StrangerError("it is not the host that should be there, or does not know the secret of this job")
    sock.sendall(_code(own, b"connects", (rank, own.rank), theirs + nonce))
    if _read(sock, 1) != _WELCOME:
        raise StrangerError("it refused this host")


def _code(own: Party, part: bytes, ranks: tuple[int, int], nonces: bytes) -> bytes:
    """What one side proves; ranks and numbers are those of the host that listens, then of the one that connects."""
    said = b"\0".join([part, struct.pack("<III", *ranks, own.hosts), nonces, own.job.encode()])
    return hmac.digest(own.secret, said, "sha256")


def _read_hello(sock: socket.socket) -> tuple[int, bytes]:
    magic, rank, nonce = _HELLO.unpack(_read(sock, _HELLO.size))
    if magic != MAGIC:
        raise StrangerError("it speaks another language")
    return rank, nonce


def _read(sock: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = sock.recv(size - len(found))
        if not part:
            raise ConnectionResetError("the other side closed the connection")
        found += part
    return bytes(found)
