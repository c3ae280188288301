"""What a file is, judged from its first bytes and never from its name. Pure: bytes in, a `FileKind` out.

The one place that knows: `corpus prepare` unpacks and decodes by it, `corpus stats`, `upload` and the launcher refuse by it. Signatures are
those of the formats' own specifications; most stand in `magic(5)`.
"""

import codecs
import re
from dataclasses import dataclass
from enum import StrEnum, auto

# A tar header is a block of 512 bytes with its signature near the end; the rest of the judgement gets better with more.
ENOUGH = 65_536


class Content(StrEnum):
    """What kind of thing the bytes are."""

    EMPTY = auto()
    PACKED = auto()
    BINARY = auto()
    TEXT = auto()


class Form(StrEnum):
    """What a text is made of."""

    PLAIN = "plain text"
    BLOG = "blog posts"
    MEDIAWIKI = "a MediaWiki dump"
    XML = "XML"
    HTML = "HTML"
    JSON_LINES = "JSON Lines"
    JSON = "JSON"


@dataclass(frozen=True)
class FileKind:
    """What a file is.

    Attributes:
        content: packed, binary or text; empty when there is no byte.
        name: of the archive, compression or binary format, for messages: ``gzip``, ``Parquet``.
        encoding: of text, as Python names it; "" when it is none of the Unicode encodings.
        form: what text is made of.
    """

    content: Content
    name: str = ""
    encoding: str = ""
    form: Form = Form.PLAIN


GZIP, BZIP2, XZ, LZMA, ZSTD, ZIP, TAR = "gzip", "bzip2", "xz", "lzma", "zstd", "zip", "tar"
# Compressed files and archives, and the command that unpacks those which Python cannot.
_PACKED = {
    b"\x1f\x8b\x08": GZIP,
    b"BZh": BZIP2,
    b"\xfd7zXZ\x00": XZ,
    b"\x28\xb5\x2f\xfd": ZSTD,
    b"PK\x03\x04": ZIP,
    b"PK\x05\x06": ZIP,
    b"PK\x07\x08": ZIP,
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x04\x22\x4d\x18": "lz4",
    b"LZIP\x01": "lzip",
    b"\x1f\x9d": "compress (.Z)",
    b"MSCF\0": "cabinet",
    b"!<arch>\n": "ar",
    b"\xff\x06\x00\x00sNaPpY": "snappy",
    b"\x89LZO\x00": "lzop",
}
UNPACK_WITH = {
    "7z": "7z x {}",
    "rar": "unrar x {}",
    "lz4": "lz4 -d {}",
    "lzip": "lzip -d {}",
    "compress (.Z)": "uncompress {}",
    "cabinet": "cabextract {}",
    "ar": "ar x {}",
    "snappy": "snzip -d {}",
    "lzop": "lzop -d {}",
}
_BZIP2_BLOCK = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_ZSTD_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
# lzma's old format has no signature: properties 0x5d, a dictionary of 2^n bytes, and a size that is unknown or below 2^40.
_LZMA_ALONE = re.compile(rb"\x5d\x00\x00(?:[\x01\x02\x04\x08\x10\x20\x40\x80]\x00|\x00[\x01\x02\x04\x08])(?:\xff{8}|.{5}\0{3})", re.DOTALL)
_TAR = re.compile(rb".{257}ustar", re.DOTALL)
_TAR_CHECKSUM = slice(148, 156)

_BINARY = {
    b"%PDF-": "a PDF document",
    b"%!PS": "a PostScript document",
    b"{\\rtf": "an RTF document",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a Microsoft Office document of the old format",
    b"PAR1": "a Parquet file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3\0": "an SQLite database",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"\xba\x16\x4f\x2f": "a fastText model",
    b"\x89PNG\r\n\x1a\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF87a": "a GIF image",
    b"GIF89a": "a GIF image",
    b"\x7fELF": "a program",
    b"\xca\xfe\xba\xbe": "a program",
    b"version https://git-lfs.github.com/spec/": "a pointer of Git LFS, not the file itself (git lfs pull fetches it)",
}
# Zip archives whose first member says what they really are.
_DOCUMENTS = (
    (b"[Content_Types].xml", "a Microsoft Office document"),
    (b"mimetypeapplication/vnd.oasis.opendocument", "an OpenDocument file"),
    (b"mimetypeapplication/epub+zip", "an EPUB book"),
    (b"META-INF/MANIFEST.MF", "a Java archive"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPED = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b(?:\$[@AB]|\$\(D|\([BJ])"), "iso2022_jp_2"),
)
_CONTROLS = bytes([*range(1, 8), *range(14, 27), *range(28, 32), 127])
# A sample may end within a character.
_LONGEST_CHARACTER = 4


def kind_of(sample: bytes, *, whole: bool = False) -> FileKind:
    """What a file is.

    Args:
        sample: its first bytes, `ENOUGH` of them where there are as many.
        whole: whether they are all of it.
    """
    if not sample:
        return FileKind(Content.EMPTY)
    return _packed(sample) or _binary(sample) or _text(sample, whole)


def _packed(sample: bytes) -> FileKind | None:
    name = next((name for magic, name in _PACKED.items() if sample.startswith(magic)), "")
    if name == ZIP:
        document = next((name for inside, name in _DOCUMENTS if sample.startswith(inside, 30)), "")
        if document:
            return FileKind(Content.BINARY, document)
    if name == BZIP2 and not _BZIP2_BLOCK.match(sample):
        name = ""
    if not name and _ZSTD_SKIPPABLE.match(sample):
        name = ZSTD
    if not name and _LZMA_ALONE.match(sample):
        name = LZMA
    if not name and (_TAR.match(sample) or _is_old_tar(sample)):
        name = TAR
    return FileKind(Content.PACKED, name) if name else None


def _is_old_tar(sample: bytes) -> bool:
    """Whether the first block is a tar header without a signature (V7): its checksum says so."""
    block = sample[:512]
    stored = block[_TAR_CHECKSUM].strip(b" \0")
    if len(block) < 512 or not stored or stored.strip(b"01234567"):
        return False
    return int(stored, 8) == sum(block) - sum(block[_TAR_CHECKSUM]) + 8 * ord(" ")


def _binary(sample: bytes) -> FileKind | None:
    name = next((name for magic, name in _BINARY.items() if sample.startswith(magic)), "")
    return FileKind(Content.BINARY, name) if name else None


def _text(sample: bytes, whole: bool) -> FileKind:
    encoding = next((encoding for mark, encoding in _MARKS if sample.startswith(mark)), "") or _without_mark(sample, whole)
    if encoding is None:
        return FileKind(Content.BINARY, "binary data, not text")
    text = sample.decode(encoding or "latin-1", "ignore")
    return FileKind(Content.TEXT, encoding=encoding, form=form_of(text))


def _without_mark(sample: bytes, whole: bool) -> str | None:
    """The encoding of a text without a byte order mark, "" when it is not Unicode, None when it is no text."""
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be") if b"\0" in sample else ():
        if _zeros_fit(sample, encoding) and _decodes(sample, encoding, whole):
            return encoding
    # Before control characters are counted: Korean shifts in and out of its characters with two of them at every word.
    escaped = next((name for pattern, name in _ESCAPED if pattern.search(sample)), "")
    if escaped and sample.isascii() and _decodes(sample, escaped, whole):
        return escaped
    if len(sample) - len(sample.translate(None, _CONTROLS)) > len(sample) / 50 or sample.count(0) > len(sample) / 100:
        return None
    return "utf-8" if _decodes(sample, "utf-8", whole) else ""


def _zeros_fit(sample: bytes, encoding: str) -> bool:
    """Whether zero bytes are where spaces, line ends and Latin letters have them in an encoding, and are many."""
    width = 4 if "32" in encoding else 2
    columns = [sample[place::width].count(0) for place in range(width)]
    zero = columns[1:] if encoding.endswith("le") else columns[:-1]
    other = columns[0] if encoding.endswith("le") else columns[-1]
    units = len(sample) // width
    if width == 4:
        # No character needs the highest byte, and no common one the second highest.
        edge = columns[3] if encoding.endswith("le") else columns[0]
        return units > 0 and edge == units and sum(zero) >= 2 * units * 0.9
    # What is UTF-8 but for its zero bytes is UTF-16 only when nearly every unit has one.
    least = 0.8 * units if _decodes(sample, "utf-8", False) else units / 50
    return units > 0 and other <= sum(zero) / 20 and sum(zero) >= least


def _decodes(sample: bytes, encoding: str, whole: bool) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError as error:
        return not whole and error.start >= len(sample) - _LONGEST_CHARACTER
    return True


_PROLOGUE = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>)*", re.DOTALL)
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)(?=[\s/>])")
_HTML = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!DOCTYPE\s+html|html|head|body)\b", re.DOTALL | re.IGNORECASE)
_JSON_OBJECT = re.compile(r"\{\s*(?:\"|\})")
_JSON_ARRAY = re.compile(r"\[\s*[\[{\"]")
_BLOG_ROOTS = frozenset({"blog", "post", "date"})
# What corpora call the ends of sentences, rare words and the like: words, not markup.
_SPECIAL_WORDS = frozenset({"s", "unk", "pad", "bos", "eos", "sep", "cls", "mask", "num", "number", "url", "user"})


def form_of(text: str) -> Form:
    """What the beginning of a text is made of."""
    start = text.lstrip("\ufeff \t\r\n")
    if _HTML.match(start):
        return Form.HTML
    if start.startswith("<"):
        return _xml(start)
    if _JSON_OBJECT.match(start):
        first, _, rest = start.partition("\n")
        # An object a line; an object over several lines is one document.
        return Form.JSON_LINES if first.rstrip().endswith("}") or not rest else Form.JSON
    return Form.JSON if _JSON_ARRAY.match(start) else Form.PLAIN


def _xml(start: str) -> Form:
    prologue = _PROLOGUE.match(start)
    root = _ROOT.match(start, prologue.end() if prologue else 0)
    if root is None:
        return Form.XML if start.startswith(("<?xml", "<!DOCTYPE")) else Form.PLAIN
    name = root[2].lower()
    if name in _SPECIAL_WORDS:
        return Form.PLAIN
    if name in _BLOG_ROOTS:
        return Form.BLOG
    if name == "mediawiki":
        return Form.MEDIAWIKI
    declared = prologue is not None and prologue.end() > 0
    # A text may begin with a tag of somebody's own: markup is declared, closed, or has attributes.
    return Form.XML if declared or f"</{root[0][1:]}" in start or "=" in start[root.end() : start.find(">")] else Form.PLAIN
