"""`python -m benchmarks.corpus TEXT`: `corpus prepare` and its peers clean the same text in turn; medians, and the sentences agreed on."""

from __future__ import annotations

import argparse
import bz2
import sys
import tempfile
from itertools import accumulate, product
from pathlib import Path
from statistics import median

from benchmarks.corpus.peers import PEERS
from benchmarks.engine.measure import processors, run
from blazingtext.corpus.normaliser import Normaliser

_PEERS = Path(".venv/peers/bin/python")
# Peers are slow: they get so many bytes of the text.
_SHARE = 3_000_000
# A text is also prepared from so many compressed files.
_FILES = 8
_OURS = """
import sys, time
from pathlib import Path
from blazingtext.corpus import preparation
begun, wall = time.process_time(), time.perf_counter()
preparation.prepare([sys.argv[1]], Path(sys.argv[2]), workers=int(sys.argv[3]))
print(time.process_time() - begun if sys.argv[3] == "1" else time.perf_counter() - wall)
"""
_STATISTICS = """
import sys, time
from pathlib import Path
from blazingtext.corpus.statistics import statistics
begun = time.process_time()
statistics(Path(sys.argv[1]))
print(time.process_time() - begun)
"""


def main() -> None:
    """Prints MB/s of each, and how many of its ends of sentences are ends of `corpus prepare`'s and the other way round."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__)
    parser.add_argument("text", type=Path, help="Plain text in UTF-8, a paragraph or a sentence a line.")
    parser.add_argument("--runs", type=int, default=3)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder, "part.txt")
        part.write_bytes(_first_lines(told.text, _SHARE))
        sources = {"corpus prepare": told.text, f"corpus prepare of {_FILES} bz2": _packed(told.text, Path(folder, "packed"))}
        taken: dict[str, list[float]] = {}
        for _ in range(told.runs):
            for (what, source), workers in product(sources.items(), sorted({1, processors()})):
                command = [sys.executable, "-c", _OURS, str(source), str(Path(folder, f"{workers}.txt")), str(workers)]
                Path(command[-2]).unlink(missing_ok=True)
                taken.setdefault(f"{what}, {workers} processes", []).append(_speed(command, told.text))
            stats = [sys.executable, "-c", _STATISTICS, str(Path(folder, "1.txt"))]
            taken.setdefault("corpus stats", []).append(_speed(stats, Path(folder, "1.txt")))
            for peer in PEERS:
                command = [str(_PEERS), str(Path(__file__).with_name("peers.py")), peer, str(part), str(Path(folder, peer))]
                taken.setdefault(peer, []).append(_speed(command, part))
        outputs = {Path(folder, f"{workers}.txt").read_bytes() for workers in {1, processors()}}
        assert len(outputs) == 1
        for name, speeds in taken.items():
            print(f"{name:28} {median(speeds):8.2f} MB/s ({min(speeds):.2f} to {max(speeds):.2f})")
        _compare(part, Path(folder))


def _packed(text: Path, folder: Path) -> Path:
    """A folder of a text in compressed files of equal size."""
    folder.mkdir()
    with text.open("rb") as stream:
        for number in range(_FILES):
            (folder / f"{number}.txt.bz2").write_bytes(bz2.compress(stream.read(text.stat().st_size // _FILES) + stream.readline()))
    return folder


def _first_lines(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size) + stream.readline()


def _speed(command: list[str], text: Path) -> float:
    """MB of a text a second that a command takes."""
    return text.stat().st_size / 1e6 / float(run(command).output.split()[-1])


def _compare(part: Path, folder: Path) -> None:
    """Prints what of the ends of sentences two have in common, for each peer that knows sentences."""
    ours = folder / "ours.txt"
    run([sys.executable, "-c", _OURS, str(part), str(ours), "1"])
    found = _ends(ours)
    for peer in ("punkt", "sentencizer"):
        theirs = _ends(folder / peer)
        common = len(found & theirs)
        print(f"sentences: {len(found):,}; {peer} {len(theirs):,}; in common {common / len(found):.1%} and {common / len(theirs):.1%}")


def _ends(sentences: Path) -> set[int]:
    """Behind which words of a text its sentences end; words are those of the normaliser."""
    normaliser = Normaliser()
    with sentences.open(encoding="utf-8") as lines:
        return set(accumulate(len(words.split()) for line in lines if (words := normaliser.words(line))))


if __name__ == "__main__":
    main()
