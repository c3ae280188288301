"""`python -m benchmarks.dashboard FILE`: a stage in a sandbox of its own, trained, served and called; then its dashboard as a picture."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aws_cdk as cdk

from blazingtext_sandbox.account import Sandbox
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build

from .picture import draw

ROOT = Path(__file__).parents[2]
STAGE = "picture"
# Long enough for a few minutes of the instances' metrics.
_SECONDS, _WORDS = 200, ("music", "money", "morning", "beautiful")


def main(file: Path) -> None:
    """Deploys, trains twice, calls the endpoint, and draws."""
    with tempfile.TemporaryDirectory() as folder, Sandbox(home=Path(folder) / "sandboxes") as account:
        environment = {**account.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        assembly = Path(folder) / "cdk.out"

        def run(*command: str) -> None:
            print("$", *command, flush=True)
            subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)

        app = cdk.App(outdir=str(assembly), context=json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"])
        # A region and a type with known prices.
        build(app, Settings(stage=STAGE, region="us-east-1", endpoint_instance_type="ml.m5.xlarge", dashboard=True, delete_data=True))
        app.synth()
        run("cdk", "bootstrap", "aws://000000000000/us-east-1")
        run("cdk", "deploy", "--app", str(assembly), "--all", "--require-approval", "never")
        blazingtext = ("blazingtext", "--stage", STAGE)
        sample = Path(folder) / "sample.txt"
        run(*blazingtext, "corpus", "sample", str(sample))
        run(*blazingtext, "upload", str(sample), "--corpus", "blogs")
        for epochs in ("1", "2"):
            run(*blazingtext, "train", "--corpus", "blogs", "--epochs", epochs, "--watch")
        run(*blazingtext, "status", "--wait", "--live", "newest")
        _call(account)
        draw(account.boto3("cloudwatch"), account.boto3("logs"), f"blazingtext-{STAGE}", file, hours=0.4)


def _call(account: Sandbox) -> None:
    """Asks the endpoint for minutes, a little more each minute, and now and then for something that it refuses."""
    runtime, end = account.boto3("sagemaker-runtime"), time.monotonic() + _SECONDS
    calls = 0
    while time.monotonic() < end:
        calls += 1
        # One request in forty is no JSON.
        body = b"{" if calls % 40 == 0 else json.dumps({"instances": list(_WORDS)}).encode()
        try:
            runtime.invoke_endpoint(EndpointName=f"blazingtext-{STAGE}", ContentType="application/json", Body=body)
        except runtime.exceptions.ModelError as refused:
            print(refused, flush=True)
        time.sleep(0.4 if end - time.monotonic() > _SECONDS / 2 else 0.15)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
