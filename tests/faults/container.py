"""A container in BlazingText's place that trains and serves in milliseconds, and fails as it is told by files in a folder.

Run as `python container.py FOLDER train` and `python container.py FOLDER serve`. Its `mean_rho` grows with the hyperparameter `epochs`.
While `FOLDER/hold-training` exists, a training goes on; while `FOLDER/hang-ping` exists, `/ping` is not answered; while
`FOLDER/refuse-ping` exists, it is answered with 503. `FOLDER/trains` says that a training has written its first line.
"""

import http.server
import json
import os
import signal
import sys
import time
from pathlib import Path

BASE = Path(os.environ["SAGEMAKER_BASE_DIR"])
FOLDER = Path(sys.argv[-2])


def train() -> None:
    epochs = int(json.loads((BASE / "input" / "config" / "hyperparameters.json").read_text())["epochs"])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    (BASE / "model" / "vectors.txt").write_text(str(epochs))
    print("training", flush=True)
    (FOLDER / "trains").touch()
    while (FOLDER / "hold-training").exists():
        time.sleep(0.02)
    print(f"#mean_rho: {epochs / 100_000}", flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        while (FOLDER / "hang-ping").exists():
            time.sleep(0.02)
        self._answer(b"", 503 if (FOLDER / "refuse-ping").exists() else 200)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer((BASE / "model" / "vectors.txt").read_bytes())

    def _answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        print("asked", flush=True)


if __name__ == "__main__":
    if sys.argv[-1] == "train":
        train()
    else:
        http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
