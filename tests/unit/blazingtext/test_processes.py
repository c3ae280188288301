"""Lines that several processes make are those that one makes, in their order; what goes wrong in one is said."""

import gzip
import io
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from blazingtext.corpus import batches, plain_lines, preparation, processes
from blazingtext.corpus.corpus_lines import Block, LineMaker, Made, Shape
from blazingtext.corpus.normaliser import Normaliser
from blazingtext.corpus.plain_lines import FileRange
from blazingtext.corpus.sources import Reading
from blazingtext.errors import WorkerEndedError
from blazingtext_lifecycle.errors import CorpusError, LifecycleError

TEXT = "".join(f"Line {n} caf\u00e9. \u0130t ends! {n * n}\n" for n in range(400)).encode()


class Ending(LineMaker):
    """Ends its process."""

    def made(self, blocks: Any) -> Made:
        os.kill(os.getpid(), signal.SIGKILL)
        return super().made(blocks)

    def __reduce__(self) -> tuple[object, ...]:
        return _ending, ()


def _ending() -> Ending:
    return Ending(Normaliser(), Shape(), labelled=False)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small is shared, too."""
    monkeypatch.setattr(processes, "_ALONE", 1)
    monkeypatch.setattr(batches, "SIZE", 100)
    monkeypatch.setattr(plain_lines, "RANGE", 3000)


@pytest.fixture(name="started")
def _started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started."""
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def popen(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr("subprocess.Popen", popen)
    return started


def maker() -> LineMaker:
    return LineMaker(Normaliser(), Shape(), labelled=False)


def folder_of_texts(folder: Path) -> Path:
    folder.mkdir()
    (folder / "a.txt").write_bytes(TEXT)
    (folder / "b.txt.gz").write_bytes(gzip.compress(TEXT[:4000]))
    (folder / "c.txt").write_bytes(b"Invalid: caf\xe9.\n" + TEXT * 2)
    (folder / "d.txt").write_bytes("\ufeffUTF-16 has no ranges.".encode("utf-16"))
    (folder / "e.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "f.txt").write_bytes(b"\xef\xbb\xbfMr. Mark. The end" + b" without line ends" * 500)
    return folder


@pytest.mark.parametrize("workers", [2, 3])
def test_several_processes_write_the_bytes_of_one_and_report_the_same(
    tmp_path: Path, workers: int, started: list[subprocess.Popen[bytes]]
) -> None:
    folder = str(folder_of_texts(tmp_path / "in"))

    one = preparation.prepare([folder], tmp_path / "one.txt")
    assert not started
    several = preparation.prepare([folder], tmp_path / "several.txt", workers=workers)

    assert (tmp_path / "several.txt").read_bytes() == (tmp_path / "one.txt").read_bytes()
    recipe = tmp_path / "several.txt.recipe.json"
    assert vars(several) == vars(one) | {"path": tmp_path / "several.txt", "recipe_file": recipe}
    assert recipe.read_bytes() == (tmp_path / "one.txt.recipe.json").read_bytes()
    assert (one.files, one.undecodable, one.garbled) == (5, 1, ("c.txt",))
    assert one.notes
    assert len(started) == workers
    assert all(worker.returncode is not None for worker in started)


def test_tables_are_shared_too(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("kind,text\n" + "".join(f"k{n % 3},Text number {n}\n,No label\n" for n in range(6000)))
    reading = Reading(column="text", label_column="kind")

    one = preparation.prepare([str(table)], tmp_path / "one.txt", reading=reading)
    two = preparation.prepare([str(table)], tmp_path / "two.txt", reading=reading, workers=2)

    assert (tmp_path / "two.txt").read_bytes() == (tmp_path / "one.txt").read_bytes()
    assert (one.lines, two.left_out) == (6000, {"rows with an empty label": 6000})


def test_what_is_small_is_made_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[subprocess.Popen[bytes]]) -> None:
    monkeypatch.setattr(processes, "_ALONE", 1 << 20)
    (tmp_path / "a.txt").write_bytes(TEXT)

    preparation.prepare([str(tmp_path / "a.txt")], tmp_path / "out.txt", workers=4)

    assert not started


def test_processes_begin_at_once_when_much_is_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[subprocess.Popen[bytes]]
) -> None:
    monkeypatch.setattr(processes, "_ALONE", 2 * len(TEXT) // 3)
    (tmp_path / "a.txt").write_bytes(TEXT)
    alone: list[object] = []
    make = LineMaker.made

    def made(self: LineMaker, blocks: Any) -> Made:
        alone.append(blocks)
        return make(self, blocks)

    monkeypatch.setattr(LineMaker, "made", made)

    # Two get half of it each, which is less than one would do alone: it begins.
    preparation.prepare([str(tmp_path / "a.txt")], tmp_path / "two.txt", workers=2)
    begun = len(alone)
    monkeypatch.setattr(processes, "_ALONE", len(TEXT) // 3)
    preparation.prepare([str(tmp_path / "a.txt")], tmp_path / "out.txt", workers=2)

    assert begun > 0
    assert len(alone) == begun
    assert len(started) == 4
    assert (tmp_path / "two.txt").read_bytes() == (tmp_path / "out.txt").read_bytes()


def test_no_more_is_read_than_the_processes_can_work_on() -> None:
    read: list[int] = []

    def blocks() -> Iterator[Block]:
        for number in range(60):
            read.append(number)
            yield b"x%d\n" % number + b"word " * 40

    ahead = [len(read) - done for done, _ in enumerate(processes.made(maker(), blocks(), 2), 1)]

    assert len(read) == 60
    assert max(ahead) <= 2 * 2 + 2


def test_a_process_that_is_killed_is_told_and_leaves_no_corpus(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    with pytest.raises(WorkerEndedError, match=r"signal SIGKILL.*memory.*Nothing was written.*--workers 1") as raised:
        list(_answers(Ending(Normaliser(), Shape(), labelled=False)))

    assert isinstance(raised.value, LifecycleError)
    assert raised.value.exit_code == 1
    assert len(started) == 2
    assert all(worker.returncode is not None for worker in started)


def _answers(with_maker: LineMaker) -> Iterator[Made]:
    """What processes answer; the first block is not made here."""
    with processes._Workers(with_maker, 2) as workers:
        yield from chain.from_iterable([workers.ask([b"one\n"]), workers.ask([b"two\n"])])


@pytest.mark.parametrize(("status", "named"), [(-9, "signal SIGKILL"), (1, "exit code 1"), (-100, "signal 100")])
def test_how_a_process_ended_is_said(status: int, named: str) -> None:
    assert f"({named})" in str(WorkerEndedError(status, "--workers 1"))


def test_a_process_that_never_begins_is_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(WorkerEndedError, match="exit code 1"):
        list(_answers(maker()))
    assert not capfd.readouterr().err


def test_an_error_of_a_process_is_raised_here(tmp_path: Path) -> None:
    gone = FileRange(tmp_path / "gone.txt", 0, 10)

    with processes._Workers(maker(), 1) as workers:
        with pytest.raises(CorpusError, match=r"gone.txt cannot be read. No such file or directory. Check"):
            list(workers.ask([gone]))
        assert [each.data for each in workers.ask([b"still There.\n"])] == [b"still there\n"]


def test_who_stops_listening_leaves_no_process(started: list[subprocess.Popen[bytes]]) -> None:
    answers = processes.made(maker(), (b"word " * 50 + b"\n" for _ in range(100)), 2)
    for _ in range(3):
        next(answers)
    assert len(started) == 2

    answers.close()

    assert all(worker.returncode is not None for worker in started)


def test_a_process_works_until_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered = io.BytesIO(), io.BytesIO()
    for each in (maker(), [b"One. Two\n"], [FileRange(Path("nowhere"), 0, 1)]):
        pickle.dump(each, asked)
    asked.seek(0)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(asked))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(answered))

    processes.work()

    answered.seek(0)
    assert pickle.load(answered) == Made(b"one\ntwo\n", 2, 2)  # noqa: S301 - what was just written
    assert pickle.load(answered) is None  # noqa: S301 - likewise
    assert isinstance(pickle.load(answered), CorpusError)  # noqa: S301 - likewise
    assert pickle.load(answered) is None  # noqa: S301 - likewise


def test_a_process_whose_parent_is_gone_ends_in_silence(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from blazingtext.corpus.processes import work; work()"]
    read, write = os.pipe()
    os.close(read)
    asked = pickle.dumps(maker()) + pickle.dumps([b"One\n"])

    ended = subprocess.run(command, input=asked, stdout=write, stderr=subprocess.PIPE, check=False, cwd=tmp_path)
    os.close(write)

    assert (ended.returncode, ended.stderr) == (1, b"")
    assert subprocess.run(command, input=b"", capture_output=True, check=True).stderr == b""


def test_usable_cores_are_those_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", {0: {1, 4, 5}}.__getitem__, raising=False)
    assert processes.usable_cores() == 3
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: 7)
    assert processes.usable_cores() == 7


def test_blocks_travel_together_and_ranges_alone() -> None:
    ranged = FileRange(Path("a"), 0, 10)
    small, pair = b"x" * 60, [("", "y" * 60)]

    found = list(batches.batches([small, pair, small, ranged, ranged, small]))

    assert found == [[small, pair], [small], [ranged], [ranged], [small]]
