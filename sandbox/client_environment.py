"""What points every AWS client of a shell or a child process at a sandbox: variables, and the files they name."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from .aws_hosts import without_aws_hosts
from .certificates import Certificates
from .forward_proxy import PROXY_USER, Outside
from .state import Record

# Variables of the caller that would point a client elsewhere.
UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
# The SageMaker SDKs' defaults (https://sagemaker.readthedocs.io/en/stable/overview.html, "Configuring and using defaults with the
# SageMaker Python SDK"): the caller's own may name roles and buckets of a real account, and usage data is sent unless this says no.
_SAGEMAKER_SDK_DEFAULTS = """SchemaVersion: '1.0'
SageMaker:
  PythonSDK:
    Modules:
      TelemetryOptOut: true
"""


def make_files(folder: Path) -> None:
    """Write into a new state folder what the variables name; its certificates are there."""
    (folder / "cdk").mkdir()
    for name in ("aws-config", "aws-credentials"):
        (folder / name).touch(mode=0o600)
    (folder / "sagemaker.yaml").write_text(_SAGEMAKER_SDK_DEFAULTS, encoding="utf-8")
    (folder / "roots.pem").write_bytes(_callers_roots() + Certificates.of(folder).authority.read_bytes())


def exports(record: Record, folder: Path) -> dict[str, str]:
    """Address, certificates and files; the server's children get them too."""
    authority, roots = str(Certificates.of(folder).authority), str(folder / "roots.pem")
    outside, proxy = Outside.of_caller(os.environ), f"http://{PROXY_USER}:{record.proxy_secret}@127.0.0.1:{record.proxy_port}"
    direct = ",".join(filter(None, [without_aws_hosts(outside.no_proxy), "localhost", ".localhost", "127.0.0.1"]))
    return {
        "AWS_ENDPOINT_URL": record.url,
        "AWS_REGION": record.region,
        "AWS_DEFAULT_REGION": record.region,
        "AWS_CA_BUNDLE": authority,
        "NODE_EXTRA_CA_CERTS": authority,
        "REQUESTS_CA_BUNDLE": roots,
        "SSL_CERT_FILE": roots,
        "CURL_CA_BUNDLE": roots,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(folder / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "aws-credentials"),
        "CDK_HOME": str(folder / "cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(folder / "sagemaker.yaml"),
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "NO_PROXY": direct,
        "no_proxy": direct,
        **outside.exports(),
    }


def _callers_roots() -> bytes:
    """The certificates the caller's programs trust now, so that a shell pointed at the sandbox still reaches the internet."""
    path = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    return Path(path).read_bytes() + b"\n" if path and Path(path).is_file() else b""
