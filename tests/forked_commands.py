"""Runs commands of ours in processes that need not start: each is forked from one that has imported the command line already.

A journey types hundreds of commands, and most of what one costs is to start Python and import what it needs. A forked command has its own
process, arguments, environment, folder, standard streams and exit code, as one that was started has. It differs in what Python and imports
read of the environment; what names such a variable is started. That commands start is tested where they are not run through here:
``tests/journey/test_3_readers_that_leave.py`` starts every one of them.
"""

import array
import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

_ROOT = Path(__file__).parents[1]
# What the interpreter, the locale and the engine's libraries read once.
_READ_AT_START = ("PYTHON", "LC_", "LANG", "NUMBA_", "OMP_", "OPENBLAS_", "MKL_", "MPL", "TZ")
# Imported in advance; what a command imports beside these, it imports itself.
_MODULES = (
    "blazingtext.cli.runs",
    "blazingtext.cli.serving",
    "blazingtext.cli.vectors",
    "blazingtext.cli.evaluate",
    "rich.progress",
    "numpy",
)


class CommandServer:
    """The process that is forked. It ends when it is closed, or with the process that started it."""

    def __init__(self) -> None:
        self._read = _read_at_start(os.environ)
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tests.forked_commands", str(theirs.fileno())]
        self._process = subprocess.Popen(command, cwd=_ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        self._socket, self._lock = ours, threading.Lock()

    def close(self) -> None:
        """End it. Commands that run go on."""
        self._socket.close()
        self._process.wait()

    def suits(self, environment: Mapping[str, str]) -> bool:
        """Whether a command that is started in this environment finds nothing else at its start than this process did."""
        return _read_at_start(environment) == self._read

    def run(
        self, arguments: Sequence[str], *, environment: Mapping[str, str], folder: Path, timeout: float
    ) -> subprocess.CompletedProcess[bytes]:
        """Run ``blazingtext`` with arguments, as subprocess.run with ``capture_output`` does.

        Raises:
            subprocess.TimeoutExpired: it took longer than `timeout` seconds; it was killed.
        """
        ended, told = os.pipe()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            request = json.dumps({"arguments": list(arguments), "environment": dict(environment), "folder": str(folder)}).encode()
            with self._lock:
                _send(self._socket, request, [out.fileno(), err.fileno(), told])
                os.close(told)
                pid = int.from_bytes(_received(self._socket, 8))
            code = _code(pid, ended, timeout, arguments)
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(["blazingtext", *arguments], code, out.read(), err.read())


def _code(pid: int, ended: int, timeout: float, arguments: Sequence[str]) -> int:
    """What a command told of its end; a negative number when it was killed before it could."""
    kill = threading.Timer(timeout, os.kill, (pid, signal.SIGKILL))
    kill.start()
    try:
        said = os.read(ended, 1)
    finally:
        in_time = kill.is_alive()
        kill.cancel()
        os.close(ended)
    if not in_time:
        raise subprocess.TimeoutExpired(["blazingtext", *arguments], timeout)
    return said[0] if said else -signal.SIGKILL


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_READ_AT_START)}


@cache
def server() -> CommandServer:
    """The server of this process, until its end."""
    made = CommandServer()
    atexit.register(made.close)
    return made


def _send(to: socket.socket, message: bytes, descriptors: Sequence[int]) -> None:
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    to.sendmsg([len(message).to_bytes(8)], [rights])
    to.sendall(message)


def _received(of: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = of.recv(count - len(data))
        if not part:
            raise EOFError("the other process has ended")
        data += part
    return data


def _serve(own: socket.socket) -> None:
    """Fork a process for each request until the other side is gone."""
    while True:
        head, descriptors, *_ = socket.recv_fds(own, 8, 3)
        if not head:
            return
        request = json.loads(_received(own, int.from_bytes(head)))
        pid = os.fork()
        if not pid:
            own.close()
            _become(request, *descriptors)
        for each in descriptors:
            os.close(each)
        own.sendall(pid.to_bytes(8))


def _become(request: Mapping[str, Any], out: int, err: int, told: int) -> NoReturn:
    """In the forked process: be the command, and tell its exit code."""
    from blazingtext.cli.main import main

    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv = ["blazingtext", *request["arguments"]]
        code = exit_code_of(main)
        threading._shutdown()  # type: ignore[attr-defined] # what the interpreter itself does at its end
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    finally:
        os.write(told, bytes([code]))
        os._exit(code)


def exit_code_of(program: Callable[[], object]) -> int:
    """Run a program; the code with which Python would exit after it, told what Python would tell."""
    try:
        program()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return (ended.code or 0) & 0xFF
        print(ended.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001 - whatever it was
        traceback.print_exc()
        return 1
    return 0


def _import() -> None:
    for name in _MODULES:
        __import__(name)
    # What is there now is everybody's: the collector need not look at it again, nor write into its pages.
    gc.freeze()


if __name__ == "__main__":
    _import()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        _serve(channel)
