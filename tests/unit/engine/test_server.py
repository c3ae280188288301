"""The process that serves: what it imports, where it listens, how it is told to end."""

import asyncio
import io
import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import uvicorn

from blazingtext_engine import serve
from blazingtext_engine.container.opt_ml import Container
from blazingtext_engine.corpus.words import Subwords
from blazingtext_engine.errors import ModelError
from tests.patience import PATIENCE
from tests.unit.engine.saved_models import save_classifier, save_vectors


def modules_of_a_server(base: Path, instance: str) -> tuple[str, object]:
    """Every module that `engine serve` imported until it had answered a request, as Python's import log; and the answer."""
    command = [sys.executable, "-X", "importtime", "-m", "blazingtext_engine", "serve", "--base", str(base), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().split()[-1].rstrip('.')}/invocations"
        body = json.dumps({"instances": [instance]}).encode()
        request = urllib.request.Request(url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - likewise
            content = json.loads(answer.read())
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=PATIENCE)
    return log, content


@pytest.mark.parametrize(
    ("save", "instance"),
    [
        (save_vectors, "unknown"),
        (lambda folder: save_vectors(folder, Subwords(2, 3, 20)), "unknown"),
        (save_classifier, "a good text"),
    ],
    ids=["words", "subwords", "classifier"],
)
def test_a_server_needs_no_compiler(tmp_path: Path, save: Callable[[Path], object], instance: str) -> None:
    (tmp_path / "model").mkdir()
    save(tmp_path / "model")

    log, answer = modules_of_a_server(tmp_path, instance)

    assert answer
    assert "blazingtext_engine.inference" in log
    assert "numba" not in log
    assert "llvmlite" not in log


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Container:
    """A container with a model; what a server does to this process is undone."""
    (tmp_path / "model").mkdir()
    save_vectors(tmp_path / "model")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", "/nowhere")
    monkeypatch.setenv("ENGINE_ACCESS_TOKEN", "s3cret")
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    return Container(tmp_path)


def test_a_server_says_where_it_listens_and_gives_requests_their_time(served: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    configurations, ports, heard, pipe = list[uvicorn.Config](), list[int](), list[bytes](), io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe, write_through=False))

    def run(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        configurations.append(server.config)
        heard.append(pipe.getvalue())
        ports.extend(each.getsockname()[1] for each in sockets)

    monkeypatch.setattr(uvicorn.Server, "run", run)

    assert serve.run(served, host="127.0.0.1", port=0, workers=1) == 0

    # Whoever started it waits for this line, and reads it through a pipe.
    assert heard == [b"Serving on 127.0.0.1 port %d.\n" % ports[0]]
    (configuration,) = configurations
    # SageMaker kills a container 30 seconds after SIGTERM; its proxy keeps connections open for a minute.
    assert (configuration.timeout_graceful_shutdown, configuration.timeout_keep_alive) == (25, 75)
    assert [configuration.access_log, configuration.server_header, configuration.date_header] == [False] * 3
    assert (configuration.lifespan, configuration.ws, configuration.log_level) == ("off", "none", "warning")
    assert status_of(cast("serve.Application", configuration.app), "s3cret") == 200
    assert status_of(cast("serve.Application", configuration.app), "") == 403


def status_of(application: serve.Application, token: str) -> int:
    """How an application answers a ping with a token."""
    statuses: list[int] = []

    async def send(message: Any) -> None:
        await asyncio.sleep(0)
        statuses.append(message.get("status", 0))

    scope = {"type": "http", "method": "GET", "path": "/ping", "headers": [(b"x-engine-access-token", token.encode())]}
    asyncio.run(application(scope, lambda: asyncio.sleep(0, {"type": "http.disconnect"}), send))
    return statuses[0]


@pytest.mark.parametrize("workers", [2, 3])
def test_several_workers_find_the_same_model_and_token(served: Container, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    calls: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(uvicorn, "run", lambda application, **options: calls.append((application, options)))

    assert serve.run(served, host="::1", port=8081, workers=workers) == 0

    (application, options) = calls[0]
    module, _, name = application.partition(":")
    assert (options["workers"], options["factory"], options["host"], options["port"]) == (workers, True, "::1", 8081)
    assert options["timeout_graceful_shutdown"] == 25
    assert status_of(getattr(sys.modules[module], name)(), "s3cret") == 200
    assert status_of(getattr(sys.modules[module], name)(), "other") == 403


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_without_a_model_does_not_start(tmp_path: Path, workers: int) -> None:
    with pytest.raises(ModelError, match="exactly one"):
        serve.run(Container(tmp_path), host="127.0.0.1", port=0, workers=workers)


def test_a_port_that_is_taken_is_named_with_the_remedy(served: Container) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ModelError, match=rf"^127\.0\.0\.1 port {port} cannot be listened on: .* Choose another --port\.$"):
            serve.run(served, host="127.0.0.1", port=port, workers=1)


def test_a_server_ends_with_exit_code_0_when_it_is_told_to(served: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers: dict[int, Callable[[int, None], None]] = {}
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)

    serve.run(served, host="127.0.0.1", port=0, workers=1)

    with pytest.raises(SystemExit) as ended:
        handlers[signal.SIGTERM](signal.SIGTERM, None)
    assert ended.value.code == 0


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("localhost", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_a_server_listens_on_either_kind_of_address(
    served: Container, monkeypatch: pytest.MonkeyPatch, host: str, family: socket.AddressFamily
) -> None:
    asked: list[tuple[tuple[str, int], dict[str, Any]]] = []

    def create_server(address: tuple[str, int], **options: Any) -> socket.socket:
        asked.append((address, options))
        return socket.socket()

    monkeypatch.setattr(socket, "create_server", create_server)
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)

    serve.run(served, host=host, port=8082, workers=1)

    # As many may wait for their turn as where uvicorn itself listens.
    assert asked == [((host, 8082), {"family": family, "backlog": uvicorn.Config("app").backlog})]
