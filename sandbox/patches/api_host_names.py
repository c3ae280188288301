"""An API of API Gateway answers under AWS's own name, `<api>.execute-api.<region>.amazonaws.com`, which a template's output spells out.

ministack knows it below `localhost` only; the forward proxy brings such requests here
(https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

import re

from ..aws_hosts import suffixes
from ..emulator.internals import internal


def apply() -> None:
    """Answer an API under AWS's name for it too."""
    app = internal("app")
    hosts = [re.escape(app._MINISTACK_HOST), *(rf"[a-z0-9-]+\.{re.escape(suffix)}" for suffix in suffixes())]
    app._EXECUTE_API_RE = re.compile(rf"^([a-f0-9]{{8}})\.execute-api\.(?:{'|'.join(hosts)})(?::\d+)?$", re.IGNORECASE)
