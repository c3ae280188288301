"""What AWS serves without a signature is served: `AssumeRoleWithWebIdentity` and its like, where a token stands for the credentials.

ministack authenticates the empty key of such a request, which was root's there (see root_credentials.py) and is nobody's here.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html: calling it "does not require the use of AWS
security credentials". The role's trust policy is asked by the operation itself.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

from typing import Any

from ..emulator.internals import internal


def apply() -> None:
    """Ask an unsigned request for an operation that needs no signature for none."""
    evaluator = internal("core.iam_evaluator")
    original = evaluator.enforce

    def enforce(access_key: str, action: str, service: str, *arguments: Any, **options: Any) -> Any:
        if not access_key and evaluator._anonymous.get() and evaluator._served_unsigned(service, action):
            return None
        return original(access_key, action, service, *arguments, **options)

    evaluator.enforce = enforce
