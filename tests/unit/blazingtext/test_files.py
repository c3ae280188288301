"""Files appear when they are complete, and what stands in the way of that is said in a sentence."""

import errno
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from blazingtext.files import atomic_file, refuse_existing
from blazingtext_lifecycle.errors import UserError
from tests.patience import PATIENCE


def write(path: Path, data: bytes = b"new", *, force: bool = True) -> None:
    with atomic_file(path, force=force) as stream:
        stream.write(data)


def test_a_symbolic_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "deep" / "target", tmp_path / "link"
    link.symlink_to(target)

    write(link, b"first")
    with pytest.raises(UserError, match="--force"):
        write(link, b"second", force=False)
    write(link, b"third")

    assert link.is_symlink()
    assert target.read_bytes() == b"third"
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    with pytest.raises(UserError, match="cannot be written"):
        write(tmp_path / "loop")


@pytest.mark.parametrize("force", [True, False])
def test_a_device_is_written_to_and_stays(force: bool) -> None:
    write(Path(os.devnull), b"x" * 3_000_000, force=force)

    assert Path(os.devnull).is_char_device()


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()

    write(pipe, b"through")
    reader.join()

    assert heard == [b"through"]
    assert pipe.is_fifo()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="It is a folder"):
        write(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=os.strerror(errno.ENOSPC)):
        write(Path("/dev/full"))
    with pytest.raises(UserError, match=os.strerror(errno.ENOSPC)):
        write(Path("/dev/full"), b"x" * 3_000_000)


@pytest.mark.parametrize("size", [2_000, 3_000_000])
def test_a_limit_on_the_size_of_files_is_said_and_leaves_nothing(tmp_path: Path, size: int) -> None:
    script = (
        "import sys; from pathlib import Path; from blazingtext.files import atomic_file\n"
        f"with atomic_file(Path(sys.argv[1])) as stream: stream.write(bytes({size}))"
    )

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "out")],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )

    assert "UserError" in done.stderr
    assert os.strerror(errno.EFBIG) in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_name_is_as_long_as_the_system_lets_it_be(tmp_path: Path) -> None:
    write(tmp_path / ("\u00e9" * 127))
    with pytest.raises(UserError, match=os.strerror(errno.ENAMETOOLONG)):
        write(tmp_path / ("x" * 256))
    with pytest.raises(UserError, match=os.strerror(errno.ENAMETOOLONG)):
        refuse_existing(tmp_path / ("x" * 256), force=False)


def test_an_unfinished_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".out.part").write_text("theirs")
    (tmp_path / "out.part").write_text("theirs")

    write(tmp_path / "out")

    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.part", "out", "out.part"]


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="cannot be written"):
        write(tmp_path / "file" / "out")


def test_after_an_error_nothing_is_left_and_the_error_stays(tmp_path: Path) -> None:
    def fail() -> None:
        with atomic_file(tmp_path / "out") as stream:
            stream.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert list(tmp_path.iterdir()) == []


def test_a_socket_is_refused_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("door")

        with pytest.raises(UserError, match=r"door cannot be written\. It is a disk or a socket, not a file"):
            write(Path("door"))

    assert Path("door").is_socket()


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0o000, 0o666)])
def test_who_may_read_a_file_is_for_the_umask_to_say(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        write(tmp_path / "out")
        assert os.umask(mask) == mask, "it is as it was"
    finally:
        os.umask(before)

    assert (tmp_path / "out").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize(
    ("name", "shown"), [("x" * 200, "x" * 200), ("x" * 75 + "y" * 75 + "z" * 51, "x" * 75 + "y" * 25 + "..." + "z" * 50)]
)
def test_a_very_long_path_is_cut_in_the_middle_of_a_message(name: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).mkdir()

    with pytest.raises(UserError) as refusal:
        write(Path(name))

    assert str(refusal.value).startswith(f"{shown} cannot be written. It is a folder.")


def test_a_file_that_is_there_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    write(tmp_path / "out", b"first")
    with pytest.raises(UserError, match=r"out already exists\. Nothing was written\. Use --force"):
        write(tmp_path / "out", b"second", force=False)
    assert (tmp_path / "out").read_bytes() == b"first"
    write(tmp_path / "new" / "out", b"third", force=False)
    assert (tmp_path / "new" / "out").read_bytes() == b"third"
