"""A container for tests of the sandbox: it does what its hyperparameters or its model tell it, in milliseconds.

`train`: hyperparameter `behaviour` is one of done, output, environment, customer-error, platform-error, crash, stop (writes a
model when told to end), ignore-stop (does not end when told to), curve (its objective rises to the hyperparameter `level` in `epochs`
steps), fill (writes until it is killed), fill-and-end (writes 1 MB beside its model, and ends). `serve`: answers with the text of
`/opt/ml/model/reply.txt`; told `hang` or `ill`, it no longer answers `/ping`, or with 500.
"""

import http.server
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

BASE = Path(os.environ["SAGEMAKER_BASE_DIR"])


def train() -> int:
    configuration = BASE / "input" / "config"
    parameters = json.loads((configuration / "hyperparameters.json").read_text())
    host = json.loads((configuration / "resourceconfig.json").read_text())["current_host"]
    print(f"Arguments: train on {host}", flush=True)
    behaviour = parameters.get("behaviour", "done")
    if behaviour in ("stop", "ignore-stop"):
        wait_for_the_end(behaviour)
    if behaviour == "curve":
        rise(float(parameters["level"]), int(parameters.get("epochs", 1)))
    if behaviour.startswith("fill"):
        fill(until_killed=behaviour == "fill")
    if behaviour == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if behaviour.endswith("-error"):
        who = "Customer" if behaviour == "customer-error" else "Platform"
        (BASE / "output" / "failure").write_text(f"{who} Error: the words are wrong. " + "x" * 2000)
        return 1
    # Hosts share nothing but the network: what one of them reads does not lie with another one.
    assert not any(path.is_symlink() for path in BASE.rglob("*"))
    corpus = sorted((BASE / "input" / "data" / "train").iterdir())
    print(f"read {[path.name for path in corpus]}", flush=True)
    meet(host)
    if behaviour == "output":
        (BASE / "output" / "data" / "more").mkdir()
        (BASE / "output" / "data" / "more" / "note.txt").write_text("beside the model")
    if behaviour == "environment":
        print(json.dumps(dict(os.environ)), flush=True)
    if host == "algo-1":
        write_model(corpus[0].read_text())
    print("#mean_rho: 0.5", file=sys.stderr, flush=True)
    print("#mean_rho: 0.7164745137513052", flush=True)
    print("#train_accuracy: nan-ish", flush=True)
    return 0


def rise(level: float, epochs: int) -> None:
    """The objective after every epoch; on the way, the container ends when it is told to."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    write_model("so far")
    for epoch in range(1, epochs + 1):
        print(f"#mean_rho: {level * epoch / epochs}", flush=True)
        time.sleep(0 if epoch == epochs else 0.15)
    sys.exit(0)


def fill(*, until_killed: bool) -> None:
    """A MB, or one every twentieth of a second; it could not be compressed."""
    with (BASE / "output" / "scratch").open("wb", buffering=0) as scratch:
        while True:
            scratch.write(os.urandom(1 << 20))
            print(scratch.tell(), flush=True)
            if not until_killed:
                os.fsync(scratch.fileno())
                return
            time.sleep(0.05)


def wait_for_the_end(behaviour: str) -> None:
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    print("waiting", flush=True)
    while behaviour == "ignore-stop" or not told:
        time.sleep(0.01)
    write_model("so far")
    print("stopped", flush=True)
    sys.exit(0)


def meet(host: str) -> None:
    """The first of several hosts waits for the secret from each other one."""
    hosts = json.loads((BASE / "input" / "config" / "resourceconfig.json").read_text())["hosts"]
    if len(hosts) == 1:
        return
    address, _, port = dict(place.split("=") for place in os.environ["ENGINE_HOSTS"].split(","))["algo-1"].partition(":")
    secret = os.environ["ENGINE_SECRET"].encode()
    if host == "algo-1":
        with socket.create_server((address, int(port))) as listener:
            for _ in hosts[1:]:
                with listener.accept()[0] as other:
                    assert other.makefile("rb").read() == secret
        return
    while (first := reached(address, int(port))) is None:
        time.sleep(0.01)
    with first:
        first.sendall(secret)


def reached(address: str, port: int) -> socket.socket | None:
    try:
        return socket.create_connection((address, port))
    except ConnectionRefusedError:
        return None


def write_model(text: str) -> None:
    (BASE / "model" / "vectors.txt").write_text(text)
    (BASE / "model" / "eval.json").write_text("{}")
    (BASE / "model" / "vectors.bin").write_bytes(b"binary")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    reply = ""
    mood = ""

    def do_GET(self) -> None:
        while Handler.mood == "hang":
            time.sleep(0.01)
        self._answer(500 if "ill" in (self.reply, Handler.mood) else 200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.headers["Content-Type"] == "application/octet-stream":
            self._answer(415, b"content-type application/octet-stream not supported")
        elif body in ("hang", "ill"):
            Handler.mood = body
            self._answer(200, json.dumps({"pid": os.getpid()}).encode())
        elif body == "environment":
            self._answer(200, json.dumps(dict(os.environ)).encode())
        elif body == "sleep":
            time.sleep(0.6)
            self._answer(200, json.dumps({"reply": self.reply}).encode())
        else:
            self._answer(200, json.dumps({"reply": self.reply, "pid": os.getpid(), "said": body}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        print(format % arguments, flush=True)


def serve(port: int) -> None:
    Handler.reply = (BASE / "model" / "reply.txt").read_text().strip()
    if Handler.reply == "broken":
        print("cannot load the model", flush=True)
        sys.exit(1)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "train":
        sys.exit(train())
    serve(int(sys.argv[sys.argv.index("--port") + 1]))
