"""Whether the next deployment would take away the key that the stage's objects are encrypted with."""

from __future__ import annotations

from collections.abc import Iterator

from blazingtext_lifecycle import naming

from .checks import Check, Outcome, Subject

_MAKE = "make"


def made_key(subject: Subject) -> Iterator[Check]:
    """A problem when the deployed storage stack made a key and the stage's file no longer asks for one, with ``deleteData``.

    CloudFormation then schedules the deletion of the key; what it encrypted nobody can read afterwards.

    Raises:
        LifecycleError: AWS did not show the stack.
    """
    if subject.plan.kms_key == _MAKE or not subject.plan.delete_data:
        return
    name = naming.storage_stack(subject.cloud.stage)
    stack = subject.cloud.find_stack(name)
    outputs = [] if stack is None else stack.get("Outputs", [])
    keys = sorted({each["OutputValue"] for each in outputs if ":kms:" in each["OutputValue"] and ":key/" in each["OutputValue"]})
    if keys:
        said = (
            f"{name} made the key {keys[0]}, and the stage's file no longer says kmsKey: {_MAKE}. With deleteData, the next deployment "
            "schedules the deletion of the key: in 30 days nobody can read what it encrypted."
        )
        cancel = f"aws kms cancel-key-deletion --key-id {keys[0]}"
        remedy = f'Put "kmsKey": "{_MAKE}" back, or copy the objects over first: docs/company.md. Within the 30 days: {cancel}'
        yield Check("key", Outcome.PROBLEM, said, remedy)
