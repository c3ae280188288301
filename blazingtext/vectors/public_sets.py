"""Public sets that word vectors are judged by: shipped where their licence lets us, else downloaded and checked by their SHA-256.

NOTICE says what the licence of each is.
"""

from __future__ import annotations

import hashlib
import lzma
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from blazingtext_lifecycle.errors import CloudError, CorpusError, UserError
from blazingtext_lifecycle.suggestions import did_you_mean

from ..files import atomic_file
from ..runs.artifacts import cache_folder
from . import sets

# One commit of the collection whose WordSim-353 files BlazingText's container prints: the bytes at its addresses never change.
_COLLECTION = "https://raw.githubusercontent.com/mfaruqui/eval-word-vectors/94b3dd9fdbac7ed08dbee7179cd5ee464acf0594/data/word-sim/"
_TIMEOUT_SECONDS = 30
_LARGEST = 8 << 20


@dataclass(frozen=True)
class PublicSet:
    """A set that can be asked for by name.

    Attributes:
        title: what it is, and whose.
        file: its file's name.
        sha256: of the file, unpacked.
        shipped: the path in `data` where it is shipped; empty when it is downloaded.
    """

    title: str
    file: str
    sha256: str
    shipped: str = ""

    @property
    def url(self) -> str:
        """Where it is downloaded from; empty for a shipped one."""
        return "" if self.shipped else _COLLECTION + self.file

    @property
    def kept(self) -> Path:
        """Where a downloaded one is kept on this machine."""
        return cache_folder() / "evaluation" / self.file


SETS: Final[Mapping[str, PublicSet]] = {
    "wordsim353": PublicSet(
        "WordSimilarity-353 (Finkelstein 2002)",
        "EN-WS-353-ALL.txt",
        "ce12919b240af45bdf46d243601eaca2b6212b159b5e7e9b435ee7ee40c5619c",
        "wordsim353/EN-WS-353-ALL.txt",
    ),
    "simlex999": PublicSet(
        "SimLex-999 (Hill 2015)", "EN-SIMLEX-999.txt", "405394ffb7d25f6d0e3c041f87c9f27d29dc6b047506769953e85c4523b11685"
    ),
    "men": PublicSet("MEN (Bruni 2014)", "EN-MEN-TR-3k.txt", "888b13580faa362c7b11da0a670258cf1b1eb4bf0ecbcd418918729a3bd3f43a"),
    "rw": PublicSet(
        "Stanford Rare Words (Luong 2013)", "EN-RW-STANFORD.txt", "5108d54dfc746f44f9c3d7e31d2857c37cf71430bc1594175a61a3b89bb0ae1f"
    ),
    "mturk771": PublicSet(
        "MTurk-771 (Halawi 2012)", "EN-MTurk-771.txt", "04dc297c9e86b6fa7cf8ef0e4ba2e2c8d3399ec68d92fb7a53c0b4aae27198b5"
    ),
    "simverb3500": PublicSet(
        "SimVerb-3500 (Gerz 2016)", "EN-SimVerb-3500.txt", "9d84274e7ad029fd3cf69dd0516e9ade624bbef9bd4e2050f6cc1fa01471e0f5"
    ),
    "google": PublicSet(
        "Google analogies (Mikolov 2013)",
        "questions-words.txt",
        "8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36",
        "google-analogies/questions-words.txt.xz",
    ),
}
# Known by name, and neither shipped nor downloaded: why.
REFUSED: Final[Mapping[str, str]] = {
    "bats": (
        "BATS is not downloaded from here: its licence (CC BY-NC) excludes commercial use, and no checksum of its archive is known to us. "
        "Download BATS_3.0.zip from https://vecto.space/projects/BATS, unpack it, and name the folder: blazingtext evaluate BATS_3.0"
    ),
}
NAMES: Final = (*SETS, *REFUSED)


def named(name: str) -> sets.Set:
    """A public set.

    Raises:
        UserError: there is none of that name, or it is one that a person has to download.
        CloudError: it cannot be downloaded.
        CorpusError: what is in its place is something else.
    """
    if name in REFUSED:
        raise UserError(REFUSED[name])
    if name not in SETS:
        raise UserError(
            f'There is no set "{name}", and no file of that name. The sets are {", ".join(SETS)}. {did_you_mean(name, SETS)}'.strip()
        )
    found = SETS[name]
    content = _shipped(found.shipped) if found.shipped else _fetched(name, found)
    return sets.of_bytes(name, content, where=found.file)


def _shipped(path: str) -> bytes:
    content = files("blazingtext").joinpath("data", *path.split("/")).read_bytes()
    return lzma.decompress(content) if path.endswith(".xz") else content


def _fetched(name: str, wanted: PublicSet) -> bytes:
    kept = wanted.kept
    try:
        content = kept.read_bytes()
    except FileNotFoundError:
        content = _download(name, wanted)
        _check(content, wanted, wanted.url, "Nothing was kept: it is damaged, or a proxy answered instead. Try again later.")
        with atomic_file(kept) as stream:
            stream.write(content)
        return content
    except OSError as error:
        raise UserError(f"{kept} cannot be read. {error.strerror or error}. Check its permissions, or remove it.") from error
    _check(content, wanted, str(kept), f"Remove it, and it is downloaded again, or put {wanted.url} there.")
    return content


def _check(content: bytes, wanted: PublicSet, where: str, advice: str) -> None:
    digest = hashlib.sha256(content).hexdigest()
    if digest != wanted.sha256:
        raise CorpusError(f"{where} is not {wanted.title}. Its SHA-256 is {digest}, not {wanted.sha256}. {advice}")


def _download(name: str, wanted: PublicSet) -> bytes:
    request = urllib.request.Request(wanted.url, headers={"User-Agent": "blazingtext-cdk"})  # noqa: S310 - an address of https
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - likewise
            content: bytes = answer.read(_LARGEST)
            return content
    except OSError as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise CloudError(
            f"{name} could not be downloaded from {wanted.url}. The site cannot be reached from here: {reason}. Behind a proxy, set "
            f"HTTPS_PROXY. Without internet access, download it elsewhere and put it at {wanted.kept}; a file of your own is scored with: "
            "blazingtext evaluate FILE"
        ) from error
