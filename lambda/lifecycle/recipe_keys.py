"""Where recipes lie: beside the channels of a corpus, so that no job reads them, and under the hash of their content.

A recipe says how a corpus was prepared. Its key never gets another content, so a run can refer to it however often the corpus is uploaded
again (docs/decisions/0044-the-recipe-travels-with-the-run.md).
"""

import hashlib
import re

from . import naming

_SHA256 = re.compile(r"[0-9a-f]{64}")


def prefix(corpus: str) -> str:
    """The key prefix of a corpus's recipes."""
    return f"{naming.corpus_prefix(corpus)}recipes/"


def key(corpus: str, document: bytes) -> str:
    """The key of a recipe."""
    return f"{prefix(corpus)}{hashlib.sha256(document).hexdigest()}.json"


def is_key(text: str, corpus: str) -> bool:
    """Whether a text is the key of a recipe of a corpus."""
    return text.startswith(prefix(corpus)) and is_sha256(text.removeprefix(prefix(corpus)).removesuffix(".json")) and text.endswith(".json")


def is_sha256(text: str) -> bool:
    """Whether a text is a SHA-256 in hexadecimal."""
    return bool(_SHA256.fullmatch(text))


def is_content(text: str, document: bytes) -> bool:
    """Whether a document is the one that a key was made for."""
    return text.rpartition("/")[2] == f"{hashlib.sha256(document).hexdigest()}.json"


def joined_sha256(hashes: list[str]) -> str:
    """The hash of several files: of one, its own; of more, the SHA-256 of theirs in hexadecimal, a line each.

    ``sha256sum FILE... | cut -c1-64 | sha256sum`` prints the same.
    """
    if len(hashes) == 1:
        return hashes[0]
    return hashlib.sha256("".join(f"{each}\n" for each in hashes).encode()).hexdigest()
