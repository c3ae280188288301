"""A container of one's own in SageMaker's contract, as small as it can be: it learns the mean of its corpus's numbers and answers with it.

Run as `python own_container.py train` and `python own_container.py serve`.
"""

import http.server
import json
import os
import sys
from pathlib import Path

BASE = Path(os.environ["SAGEMAKER_BASE_DIR"])
# What no container may inherit of the server that starts it: the account's root key.
SECRETS = [name for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE") if name in os.environ]


def train() -> None:
    settings = json.loads((BASE / "input" / "config" / "hyperparameters.json").read_text())
    if settings.get("fail"):
        (BASE / "output" / "failure").write_text("the numbers do not add up")
        sys.exit(3)
    files = sorted((BASE / "input" / "data" / "train").iterdir()) if (BASE / "input" / "data" / "train").is_dir() else []
    numbers = [float(line) for path in files for line in path.read_text().splitlines()]
    mean = sum(numbers) / max(1, len(numbers)) + float(settings.get("bias", 0))
    if SECRETS:
        print(f"inherits {SECRETS}", flush=True)
    print(f"mean={mean}; in {Path.cwd().name}", flush=True)
    (BASE / "model" / "mean.json").write_text(json.dumps(mean))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        model = BASE / "model" / "mean.json"
        mean = json.loads(model.read_text()) if model.exists() else None
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(json.dumps({"mean": mean, "asked": asked, "greeting": os.environ.get("GREETING"), "inherits": SECRETS}).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    if sys.argv[-1] == "train":
        train()
    else:
        http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
