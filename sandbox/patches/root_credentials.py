"""One access key is the account's root, and its signature is verified.

ministack takes `test`, any twelve digits and an empty key for root, and does not check root's signature. On AWS a wrong secret is
`SignatureDoesNotMatch` and an unknown key `InvalidClientTokenId`.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

import os

from ..emulator.internals import internal


def apply() -> None:
    """Accept the sandbox's own root key and no other."""
    evaluator, sts = internal("core.iam_evaluator"), internal("services.sts")

    def is_root(access_key: str) -> bool:
        return access_key == os.environ["AWS_ACCESS_KEY_ID"]

    evaluator.is_root_access_key = is_root
    sts.is_root_access_key = is_root
    # ministack asks this only to skip the signature check.
    evaluator._is_root_key = lambda _: False
