"""Which host names are AWS's own, so that a client that builds them itself is answered here and nowhere else."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from botocore.loaders import Loader

# A function's URL is the one address below on.aws that an account owns
# (https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html).
_FUNCTION_URL: Final = re.compile(r"[a-z0-9-]+\.lambda-url\.[a-z0-9-]+\.on\.aws")
HTTPS_PORT: Final = 443


def normalized(name: str) -> str:
    """A host name as it is compared: lower case, without the dot that may end it."""
    return name.lower().rstrip(".")


@cache
def suffixes() -> tuple[str, ...]:
    """What ends the host names of every partition (`amazonaws.com`, `api.aws`, `amazonaws.com.cn` ...), as botocore's data has it."""
    outputs = [partition["outputs"] for partition in Loader().load_data("partitions")["partitions"]]
    return tuple(sorted({output[key] for output in outputs for key in ("dnsSuffix", "dualStackDnsSuffix")}))


def is_aws_host(name: str) -> bool:
    """Whether a name is below one of AWS's suffixes; `amazonaws.com` itself is a website and no service."""
    host = normalized(name)
    return any(host.endswith(f".{suffix}") for suffix in suffixes()) or _FUNCTION_URL.fullmatch(host) is not None


def without_aws_hosts(no_proxy: str) -> str:
    """A NO_PROXY list less the entries that would let a client past the sandbox to AWS (`*`, `.amazonaws.com`, `s3.amazonaws.com`)."""
    entries = [entry.strip() for entry in no_proxy.split(",")]
    return ",".join(entry for entry in entries if entry and not _excepts_aws(entry))


def _excepts_aws(entry: str) -> bool:
    """Whether an entry matches an AWS host: one below it, the suffix itself, or one of the suffix's parents (`com`)."""
    host = normalized(entry.partition(":")[0]).removeprefix("*").removeprefix(".")
    return not host or is_aws_host(host) or any(suffix == host or suffix.endswith(f".{host}") for suffix in (*suffixes(), "on.aws"))
