"""The commands of engine/README.md, "By hand", do what they say."""

import http.client
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
FOLDER = "/tmp/ml"  # noqa: S108 - as the page has it; the test puts a folder of its own in its place
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown() -> tuple[str, str, str]:
    """What is typed to train, the command that serves, and the one that asks it."""
    page = (ROOT / "engine/README.md").read_text(encoding="utf-8")
    first, asking = BLOCK.findall(page.partition("## By hand")[2].partition("\n## ")[0])
    *training, serving = first.strip().splitlines()
    assert " serve " in serving
    return "\n".join(training), serving, asking


def asked(command: str, port: int, server: subprocess.Popen[bytes]) -> Any:
    """The answer to what curl would send, once the server listens."""
    words = shlex.split(command)
    name, _, value = words[words.index("-H") + 1].partition(": ")
    body, path = words[words.index("-d") + 1], urllib.parse.urlsplit(words[-1]).path
    deadline = time.monotonic() + PATIENCE
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("POST", path, body, {name: value})
            return json.load(connection.getresponse())
        except OSError:
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        finally:
            connection.close()


def test_the_example_trains_and_serves_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (ROOT / ".venv/bin/activate").exists():
        pytest.skip("the commands are for a clone with an environment of its own")
    training, serving, asking = shown()
    folder = shlex.quote(str(tmp_path / "ml"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("SAGEMAKER_BIND_TO_PORT", str(port))

    done = subprocess.run(["sh", "-ec", training.replace(FOLDER, folder)], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    # The last line of them lists the model.
    assert done.stdout.splitlines()[-3:] == ["eval.json", "vectors.bin", "vectors.txt"]
    command = shlex.split(serving.replace(FOLDER, folder), comments=True)
    with subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            answer = asked(asking, port, server)
        finally:
            server.send_signal(signal.SIGINT)
    assert [each["word"] for each in answer] == ["music", "history"]
    assert [len(each["vector"]) for each in answer] == [50, 50]
    assert all(any(each["vector"]) for each in answer)
