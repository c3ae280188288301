"""A container for tests of transform jobs: what it answers to a request is told by the request's lines.

It upper-cases lines (`application/jsonlines`: it answers `{"said": line}`), and its model's `reply.txt` may say `ill` (never healthy),
`gone` (ends at the first request), `parameters ...` (what /execution-parameters answers) or `slow` (each request takes a while). A request
of the line `bad` is refused with 400, one of `broken` with 500, `flaky` with 500 the first time.
"""

import http.server
import json
import os
import sys
import time
from pathlib import Path

BASE = Path(os.environ["SAGEMAKER_BASE_DIR"])
REPLY = (BASE / "model" / "reply.txt").read_text().strip()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    flaked = False

    def do_GET(self) -> None:
        if self.path == "/execution-parameters":
            told = REPLY.removeprefix("parameters ")
            self._answer(200 if told != REPLY else 404, told.encode())
        else:
            self._answer(500 if REPLY == "ill" else 200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if REPLY == "gone":
            os._exit(1)
        time.sleep(0.05 if REPLY == "slow" else 0)
        lines = body.splitlines()
        if b"bad" in lines:
            self._answer(400, b"Customer Error: bad line")
        elif b"broken" in lines or (b"flaky" in lines and not Handler.flaked):
            Handler.flaked = b"flaky" in lines
            self._answer(500, b"cannot")
        elif b"environment" in lines:
            self._answer(200, json.dumps({name: value for name, value in os.environ.items() if name.startswith("SAGEMAKER_")}).encode())
        elif b"request" in lines:
            self._answer(200, json.dumps({"type": self.headers.get("Content-Type"), "accept": self.headers.get("Accept")}).encode())
        elif self.headers.get("Content-Type") == "application/jsonlines":
            self._answer(200, b"".join(json.dumps({"said": json.loads(line)}).encode() + b"\n" for line in lines))
        elif self.headers.get("Content-Type") == "text/csv":
            self._answer(200, b"".join(b"%d\n" % line.count(b",") for line in lines))
        else:
            self._answer(200, b"[" + body.upper() + b"]")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        print(format % arguments, flush=True)


if __name__ == "__main__":
    if REPLY == "dead":
        print("cannot load the model", flush=True)
        sys.exit(1)
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
