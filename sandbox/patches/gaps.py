"""What ministack does otherwise than AWS, where our stacks meet it: each repair is one function and says what AWS does.

Internals are reached through `sandbox.internals` only, and every name is in its list.
"""

# ruff: noqa: SLF001 - repairing internals is this file's whole purpose

from __future__ import annotations

import os

from ..emulator.internals import internal
from . import alarms, buckets, conditions, event_targets, function_errors, iam_requests, stack_events


def repair() -> None:
    """Apply every repair; once per process, before the first request."""
    accept_only_own_credentials()
    run_no_scripts_of_the_machine()
    buckets.repair()
    alarms.repair()
    conditions.repair()
    event_targets.repair()
    function_errors.repair()
    iam_requests.repair()
    stack_events.repair()


def accept_only_own_credentials() -> None:
    """One access key is the account's root, and its signature is verified.

    ministack takes `test`, any twelve digits and an empty key for root, and believes root without checking the signature.
    On AWS a wrong secret is `SignatureDoesNotMatch`, an unknown key `InvalidClientTokenId`.
    """
    evaluator, sts = internal("core.iam_evaluator"), internal("services.sts")

    def is_root(access_key: str) -> bool:
        return access_key == os.environ["AWS_ACCESS_KEY_ID"]

    evaluator.is_root_access_key = is_root
    sts.is_root_access_key = is_root
    # Asked only to skip the signature check.
    evaluator._is_root_key = lambda _: False


def run_no_scripts_of_the_machine() -> None:
    """Ministack runs the scripts in /docker-entrypoint-initaws.d and /etc/localstack; a sandbox obeys nobody's files."""
    internal("app")._collect_scripts = lambda *_: []
