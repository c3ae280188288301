"""Whether the beginning of a file is text that BlazingText can train on. Pure: bytes in, findings out."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from . import naming
from .file_kinds import Content, FileKind, Form, kind_of
from .plurals import count
from .table_shape import table_of

LABEL = naming.LABEL.encode()

# Characters that separate words for a reader, and not for fastText and BlazingText, which split at ASCII white space and NUL only
# (fastText's Dictionary::readWord).
UNSEEN_SEPARATORS = re.compile("[\x1c-\x1f\x85\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000]")
# Control characters have no Unicode name; U+200B's is its alias.
_NAMES = {"\x85": "NEXT LINE", "\xa0": "NO-BREAK SPACE", **{chr(code): "INFORMATION SEPARATOR" for code in range(0x1C, 0x20)}}
_ENDS_OF_LABELS = (b",", b";", b":")
# Fewer lines may each have a class of their own by chance.
_LINES_WITH_A_PATTERN = 10


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
    refusal = refusal_of(sample, name, whole)
    if refusal:
        return [Finding(refusal, fatal=True)]
    lines = _complete_lines(sample, whole)
    findings = form_findings(sample, name, whole) + separator_findings(_separators(sample), name)
    return findings + (_labels(lines, sample, name, whole) if supervised else _no_labels(lines, name))


def refusal_of(sample: bytes, name: str, whole: bool) -> str:
    """Why a file is no prepared text at all, and what to do; "" when it is."""
    kind = kind_of(sample, whole=whole)
    if kind.content is Content.PACKED:
        return f"{name} is a {kind.name} archive. BlazingText reads plain text and does not unpack. Unpack it and upload the text."
    if kind.content is Content.BINARY or b"\0" in sample or kind.encoding.startswith(("utf-16", "utf-32")):
        return f"{name} is not plain text but {_named(kind)}. BlazingText reads UTF-8 text. Convert it and upload it again."
    if kind.form is not Form.PLAIN:
        return f"{name} is {kind.form}. BlazingText reads plain text and would learn its markup as words. Prepare it and upload the text."
    if sample and not sample.decode("utf-8", "replace").split():
        return f"{name} is empty: its first {count(len(sample), 'bytes', 'are')} white space. There is nothing to learn. Upload it again."
    return ""


def _named(kind: FileKind) -> str:
    if kind.encoding.startswith(("utf-16", "utf-32")):
        return kind.encoding[:6].upper()
    return kind.name or "binary"


def _complete_lines(sample: bytes, whole: bool) -> dict[int, bytes]:
    """The lines by number, blank ones left out: they are no examples."""
    lines = sample.split(b"\n")
    if not whole and len(lines) > 1:
        lines.pop()
    return {number: line for number, line in enumerate(lines, 1) if line.strip()}


def form_findings(sample: bytes, name: str, whole: bool) -> list[Finding]:
    """Warnings about encoding and form: a byte order mark, bytes that are not UTF-8, a table."""
    findings = _table(sample, name, whole)
    kind = kind_of(sample, whole=whole)
    if kind.encoding == "utf-8-sig":
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


def _separators(sample: bytes) -> Counter[str]:
    return Counter(UNSEEN_SEPARATORS.findall(sample.decode("utf-8", "ignore")))


def separator_findings(found: Mapping[str, int], name: str) -> list[Finding]:
    """A warning of the separators in a text that BlazingText does not see, or none.

    Args:
        found: how often each of `UNSEEN_SEPARATORS` occurs.
        name: what to call the text.
    """
    if not found:
        return []
    most = sorted(found.items(), key=lambda item: -item[1])[:3]
    listed = ", ".join(f"U+{ord(each):04X} {_NAMES.get(each) or unicodedata.name(each, '')} {count:,} times" for each, count in most)
    return [
        Finding(
            f"{name} holds separators that BlazingText does not see: {listed}. What stands on both sides becomes one word. "
            "Replace them by spaces: blazingtext corpus prepare does."
        )
    ]


def _table(sample: bytes, name: str, whole: bool) -> list[Finding]:
    table = table_of(sample.decode("utf-8", "ignore"), whole=whole)
    if table is None:
        return []
    cells = ", ".join(table.first)[:80]
    return [
        Finding(
            f"{name} looks like a table of {len(table.first)} columns ({cells}): all of them would be learnt as words. "
            "Take the column of the text: blazingtext corpus prepare --column ..."
        )
    ]


def _labels(lines: Mapping[int, bytes], sample: bytes, name: str, whole: bool) -> list[Finding]:
    """Every line needs a label, and some need words."""
    bare = [number for number, line in lines.items() if not labels_of(line)]
    if bare:
        return [Finding(_bare(lines, bare, sample, name, whole), fatal=True)]
    if not any(len(line.split()) > len(labels_of(line)) for line in lines.values()):
        only = f"{name} holds labels only: none of its {count(len(lines), 'lines')} has a word. Mode supervised learns labels from words. "
        return [Finding(only + f"Write each line as: {LABEL.decode()}<name> word word ...", fatal=True)]
    counts = Counter(label for line in lines.values() for label in labels_of(line))
    return [Finding(text) for text in label_warnings(counts, len(lines), name)]


def _bare(lines: Mapping[int, bytes], bare: Sequence[int], sample: bytes, name: str, whole: bool) -> str:
    """What to say of lines without a label."""
    first = lines[bare[0]]
    if first.removeprefix(b"\xef\xbb\xbf").startswith(LABEL):
        return (
            f"{name} line {bare[0]} has no {LABEL.decode()} word, because the file begins with a byte order mark, which is part of the "
            f"first word. Save the file as UTF-8 without one, or run: blazingtext corpus prepare"
        )
    seen = "" if whole else f" in the first {count(len(sample), 'bytes')}"
    return (
        f"{name} line {bare[0]} has no {LABEL.decode()} word ({len(bare)} of {count(len(lines), 'lines')} without one{seen}). "
        f"Mode supervised learns from labelled lines only. Write each line as: {LABEL.decode()}<name> word word ..., "
        "or choose a Word2Vec mode such as batch_skipgram."
    )


def labels_of(line: bytes) -> tuple[bytes, ...]:
    """The labels of a line: its words that begin with ``__label__``."""
    return tuple(word for word in line.split() if word.startswith(LABEL)) if LABEL in line else ()


def label_warnings(counts: Mapping[bytes, int], lines: int, name: str) -> Iterator[str]:
    """What suggests that labels are not those that were meant.

    Args:
        counts: how often each label occurs.
        lines: how many lines were looked at.
        name: what to call the file.
    """
    if len(counts) == 1:
        only = next(iter(counts)).decode("utf-8", "replace")
        yield f"{name} begins with lines of one label only ({only}). A classifier needs several: shuffle the lines."
    ended = [label for label in counts if label.endswith(_ENDS_OF_LABELS) and len(label) > len(LABEL) + 1]
    if ended:
        shown = ended[0].decode("utf-8", "replace")
        without = ended[0][:-1].decode("utf-8", "replace")
        yield (
            f'{name}: {count(len(ended), "labels", "end")} in punctuation, such as "{shown}": another class than "{without}". '
            "Separate labels and words by spaces alone."
        )
    if LABEL in counts:
        yield f'{name}: {count(counts[LABEL], "labels", "have")} no name ("{LABEL.decode()}"). Name the class, or drop the lines.'
    if lines >= _LINES_WITH_A_PATTERN and len(counts) > lines / 2:
        yield (
            f"{name}: {len(counts):,} labels in {lines:,} lines: nearly every line is a class of its own, so there is nothing to learn. "
            "Check what separates label and text: it must be a space."
        )


def _no_labels(lines: Mapping[int, bytes], name: str) -> list[Finding]:
    if any(line.startswith(LABEL) for line in lines.values()):
        text = f"{name} holds {LABEL.decode()} words, which Word2Vec learns as ordinary words. "
        return [Finding(text + "For text classification, set mode to supervised.")]
    return []
