"""A copy of the working tree, in which faults are made: the tree itself is never touched."""

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .mutations import Mutation


class Copy:
    """The tracked and the new files of a repository in a folder of their own.

    Attributes:
        folder: where they are.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self._root, self.folder = root, folder
        self._faults = 0
        self._bring_files()
        self._link()

    def _bring_files(self) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=self._root, check=True, capture_output=True
        )
        wanted = {name for name in listed.stdout.decode().split("\0") if name and (self._root / name).is_file()}
        for name in wanted:
            source, target = self._root / name, self.folder / name
            if not target.exists() or target.read_bytes() != source.read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        for path in [*self.folder.rglob("*.py")]:
            if not path.is_relative_to(self.folder / ".names") and str(path.relative_to(self.folder)) not in wanted:
                path.unlink()

    def _link(self) -> None:
        """What is installed stays where it is; every package is found in the copy by its import name."""
        for name in (".venv", "node_modules"):
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(self._root / name)
        names = self.folder / ".names"
        shutil.rmtree(names, ignore_errors=True)
        names.mkdir()
        project = tomllib.loads((self.folder / "pyproject.toml").read_text(encoding="utf-8"))
        for name, folder in project["tool"]["setuptools"]["package-dir"].items():
            (names / name).symlink_to(Path("..") / folder)

    def environment(self, compiled: Path) -> dict[str, str]:
        """Variables for a Python process that imports from the copy; compiled kernels are kept in the folder `compiled`."""
        kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONDONTWRITEBYTECODE", "ENGINE_CPU"}}
        return kept | {
            "PYTHONPATH": os.pathsep.join([str(self.folder / ".names"), str(self.folder)]),
            "NUMBA_CACHE_DIR": str(compiled),
            # See tests/parity/in_process.py: what runs in another process can be neither traced nor given a fault unseen.
            "BLAZINGTEXT_TESTS_IN_PROCESS": "1",
            # See tests/template/matrix.py: what the CDK's plugins find takes most of the time, and only tests that do not count read it.
            "BLAZINGTEXT_TESTS_WITHOUT_REPORTS": "1",
        }

    @contextmanager
    def fault(self, mutation: Mutation) -> Iterator[None]:
        """One fault stands in the copy while the body runs.

        The file gets a time of its own, so that no bytecode or machine code of another state of it is taken for it; the old time comes
        back with the old text, and what was compiled from that is used again.
        """
        path = self.folder / mutation.file
        source, times = path.read_bytes(), path.stat()
        self._faults += 1
        try:
            _forget(path)
            path.write_bytes(mutation.applied(source))
            later = times.st_mtime_ns + self._faults * 1_000_000_000
            os.utime(path, ns=(later, later))
            yield
        finally:
            path.write_bytes(source)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            _forget(path)


def _forget(path: Path) -> None:
    """Remove a module's bytecode: another run may have left that of a fault of the same length at the same time."""
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()
