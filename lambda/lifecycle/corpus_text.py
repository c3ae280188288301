"""Whether the beginning of a file is text that BlazingText can train on. Pure: bytes in, findings out."""

import codecs
from dataclasses import dataclass

LABEL = b"__label__"

# The first bytes of archives and compressed files.
ARCHIVE_MAGICS = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
}
_BYTE_ORDER_MARKS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


@dataclass(frozen=True)
class Finding:
    """Something to tell about a corpus: a problem when fatal, else a warning."""

    text: str
    fatal: bool = False


def check(sample: bytes, name: str, whole: bool, supervised: bool) -> list[Finding]:
    """What is wrong with a file, judged from its beginning.

    Args:
        sample: its first bytes.
        name: what to call it in messages.
        whole: whether the sample is the whole file; otherwise its last line may be cut and is not judged.
        supervised: whether it is for text classification.
    """
    packed = next((kind for magic, kind in ARCHIVE_MAGICS.items() if sample.startswith(magic)), "")
    if packed:
        return [
            Finding(f"{name} is a {packed} archive. BlazingText reads plain text and does not unpack. Unpack it and upload the text.", True)
        ]
    encoded = next((kind for magic, kind in _BYTE_ORDER_MARKS.items() if sample.startswith(magic)), "binary" if b"\x00" in sample else "")
    if encoded:
        return [Finding(f"{name} is not plain text but {encoded}. BlazingText reads UTF-8 text. Convert it and upload it again.", True)]
    return _encoding(sample, name, whole) + (_labels(sample, name, whole) if supervised else _no_labels(sample, name))


def _encoding(sample: bytes, name: str, whole: bool) -> list[Finding]:
    findings = []
    if sample.startswith(codecs.BOM_UTF8):
        findings.append(
            Finding(f"{name} begins with a byte order mark, which becomes part of the first word. Save it as UTF-8 without one.")
        )
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        # The sample may end within a character.
        if whole or error.start < len(sample) - 3:
            findings.append(Finding(f"{name} is not UTF-8 (byte {error.start + 1}): words will be broken. Convert it to UTF-8."))
    return findings


def _labels(sample: bytes, name: str, whole: bool) -> list[Finding]:
    """Every line needs a label; blank lines are no examples."""
    lines = sample.split(b"\n")
    if not whole and len(lines) > 1:
        lines.pop()
    examples = {number: line for number, line in enumerate(lines, 1) if line.strip()}
    bare = [number for number, line in examples.items() if not _is_labelled(line)]
    if bare:
        seen = "" if whole else f" in the first {len(sample):,} bytes"
        text = (
            f"{name} line {bare[0]} has no {LABEL.decode()} word ({len(bare)} of {len(examples)} lines have none{seen}). "
            f"Mode supervised learns from labelled lines only. Write each line as: {LABEL.decode()}<name> word word ..., "
            "or choose a Word2Vec mode such as batch_skipgram."
        )
        return [Finding(text, fatal=True)]
    labels = {word for line in examples.values() for word in line.split() if word.startswith(LABEL)}
    if len(labels) == 1:
        only = labels.pop().decode("utf-8", "replace")
        return [Finding(f"{name} begins with lines of one label only ({only}). A classifier needs several: shuffle the lines.")]
    return []


def _is_labelled(line: bytes) -> bool:
    return any(word.startswith(LABEL) for word in line.split())


def _no_labels(sample: bytes, name: str) -> list[Finding]:
    if sample.startswith(LABEL) or b"\n" + LABEL in sample:
        text = f"{name} holds {LABEL.decode()} words, which Word2Vec learns as ordinary words. "
        return [Finding(text + "For text classification, set mode to supervised.")]
    return []
