"""The real server on a loopback port: many requests at once, and an end that leaves none unanswered."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from blazingtext_engine.corpus.vocabulary import Vocabulary
from blazingtext_engine.formats.fasttext_writer import write_word_vectors
from blazingtext_engine.training.models import InputMatrix, WordVectors
from blazingtext_engine.training.settings import Word2VecSettings
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]


class Server:
    """`python -m blazingtext_engine serve` as a child process."""

    def __init__(self, base: Path, *options: str, host: str = "127.0.0.1", **variables: str) -> None:
        command = [sys.executable, "-m", "blazingtext_engine", "serve", "--base", str(base), "--port", "0", *options]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        self.url = f"http://{host}:{first.split()[-1].rstrip('.')}" if first else ""

    def get(self, path: str, payload: object = None) -> bytes:
        body = None if payload is None else json.dumps(payload).encode()
        request = urllib.request.Request(self.url + path, body, {"content-type": "application/json"})  # noqa: S310 - our own loopback address
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - likewise
            content: bytes = answer.read()
        return content

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("opt-ml")
    (base / "model").mkdir()
    words = [f"w{number}".encode() for number in range(2000)]
    rows = np.random.default_rng(1).normal(size=(2000, 100)).astype(np.float32)
    counts = np.arange(2000, 0, -1, dtype=np.int64)
    vocabulary = Vocabulary(words, counts, int(counts.sum()), [], counts[:0])
    model = WordVectors(vocabulary, Word2VecSettings(), rows, InputMatrix.of_words(rows), rows, 1.0, 1.0, completed=True)
    write_word_vectors(base / "model" / "vectors.bin", model, min_count=5)
    return base


@pytest.mark.parametrize("said", ["option", "variable"])
def test_it_listens_where_a_container_is_asked_and_on_loopback_only_by_default(base: Path, said: str) -> None:
    # 127.0.0.2 is this machine, too, and another address than the default one.
    options, variables = (["--host", "127.0.0.2"], {}) if said == "option" else ([], {"ENGINE_HOST": "127.0.0.2"})
    server = Server(base, *options, host="127.0.0.2", **variables)
    try:
        assert server.get("/ping") == b""
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(server.url.replace("127.0.0.2", "127.0.0.1") + "/ping", timeout=PATIENCE)  # noqa: S310 - likewise
    finally:
        server.end()


@pytest.fixture
def server(base: Path) -> Iterator[Server]:
    server = Server(base)
    yield server
    server.end()


def test_many_requests_at_once_are_all_answered(server: Server) -> None:
    payloads = [{"instances": [f"w{number}", "unheardof"]} for number in range(200)]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda payload: json.loads(server.get("/invocations", payload)), payloads))

    assert [[item["word"] for item in answer] for answer in answers] == [payload["instances"] for payload in payloads]
    assert all(any(answer[0]["vector"]) and not any(answer[1]["vector"]) for answer in answers)


def test_pings_are_answered_while_a_large_request_is_worked_on(server: Server) -> None:
    end, most = time.monotonic() + PATIENCE, 0

    # A server that works on one request at a time answers the first ping at most before it, and the last one after it. One that does not
    # may be done with it before there are six, and is asked again.
    while most <= 5 and time.monotonic() < end:
        pings = 0
        with ThreadPoolExecutor(1) as pool:
            large = pool.submit(server.get, "/invocations", {"instances": ["w1"] * 2500 + ["x" * 20_000] * 2})
            while not large.done():
                server.get("/ping")
                pings += 1
        assert json.loads(large.result())[0]["word"] == "w1"
        most = max(most, pings)

    assert most > 5


def test_a_server_told_to_end_finishes_the_request_under_way_and_exits_with_0(base: Path) -> None:
    server = Server(base)
    body = json.dumps({"instances": ["w1", "w2"]}).encode()
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=PATIENCE)
    connection.putrequest("POST", "/invocations")
    connection.putheader("content-type", "application/json")
    connection.putheader("content-length", str(len(body)))
    connection.endheaders(body[:5])
    server.get("/ping")  # when this is answered, the server has read the start of the other request

    server.process.send_signal(signal.SIGTERM)
    connection.send(body[5:])
    answer = connection.getresponse()

    assert (answer.status, [item["word"] for item in json.loads(answer.read())]) == (200, ["w1", "w2"])
    connection.close()
    assert server.end() == 0


def test_a_server_without_a_model_says_so_and_ends(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()

    ended = subprocess.run(
        [sys.executable, "-m", "blazingtext_engine", "serve", "--port", "0"],
        cwd=ROOT, env={**os.environ, "SAGEMAKER_BASE_DIR": str(tmp_path)}, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip

    assert ended.returncode == 1
    assert ended.stderr.startswith("Customer Error: The model folder has to hold exactly one .bin file, and it holds 0")
