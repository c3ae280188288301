"""The environment of the server process: ministack reads its settings while it is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from . import state, waits
from .certificates import Certificates

# The caller's variables that the server and its children need; no others are passed on.
_KEPT = frozenset(
    {
        *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "PYTHONPATH"),
        *("PYSPARK_PYTHON", "JAVA_HOME"),
    }
)
_KEPT_PREFIXES = ("NUMBA_", "OMP_", "MKL_", "OPENBLAS_", "ENGINE_", "SANDBOX_", "COVERAGE_")


def server_environment(record: state.Record, folder: Path, clients: Mapping[str, str], caller: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the server process.

    Args:
        record: the sandbox; its process id is not known yet and not used.
        folder: its state folder.
        clients: what `env` exports; the server's children (functions, engines) are clients too.
        caller: the environment of whoever starts it; only what `_KEPT` and `_KEPT_PREFIXES` name is passed on.
    """
    certificates = Certificates.of(folder)
    kept = {name: value for name, value in caller.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    settings = {
        # The account's root key, for ministack itself; functions and engines get the credentials of their roles instead.
        "AWS_ACCESS_KEY_ID": record.access_key,
        "AWS_SECRET_ACCESS_KEY": record.secret_key,
        "AUTH": "true",
        "USE_SSL": "1",
        "GATEWAY_PORT": str(record.port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": record.region,
        "MINISTACK_ACCOUNT_ID": "000000000000",
        "MINISTACK_SSL_CERT": str(certificates.chain),
        "MINISTACK_SSL_KEY": str(certificates.key),
        "LAMBDA_EXECUTOR": "local",
        # How long a wait of a state machine takes, of its own time.
        "SFN_WAIT_SCALE": str(1 / float(caller.get(waits.CLOCK, waits.DEFAULT_CLOCK))),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "STATE_DIR": str(folder / "ministack"),
        "S3_DATA_DIR": str(folder / "s3"),
        # There is no such socket: Docker is not used even where the machine has it.
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        "HOME": str(folder / "home"),
        # Kernels the engine has compiled are used again by every later sandbox, as an image is pulled once.
        "XDG_CACHE_HOME": caller.get("XDG_CACHE_HOME") or str(Path(caller["HOME"] if "HOME" in caller else folder / "home") / ".cache"),
        "TMPDIR": str(folder / "tmp"),
        state.MARKER: record.marker,
        state.FOLDER: str(folder),
    }
    return {**kept, **clients, **settings}
