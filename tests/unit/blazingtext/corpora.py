"""A corpus prepared from small inputs."""

from pathlib import Path

from blazingtext.corpus import preparation, sources
from blazingtext.corpus.preparation import Prepared


def written(folder: Path, name: str, content: str | bytes) -> str:
    """The path of a file with that content."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def prepared(folder: Path, name: str, content: str | bytes, **reading: object) -> tuple[list[str], Prepared]:
    """The lines of a corpus that was prepared from one file, and the report."""
    raw = written(folder, name, content)
    out = folder / "out.txt"
    made = preparation.prepare([raw], out, reading=sources.Reading(**reading), force=True)  # type: ignore[arg-type] # a test's options
    return out.read_text(encoding="utf-8").splitlines(), made
