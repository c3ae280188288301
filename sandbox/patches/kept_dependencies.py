"""CloudFormation keeps what a resource depends on when it cannot delete that resource.

ministack goes on and deletes it: the function and the role of a custom resource that failed are gone, and no further DeleteStack can
succeed. AWS deletes a resource before what it depends on
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html), and where it gives up on one, what
that needs is still there ("retains all resources that failed to delete, and retains dependencies of those resources",
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-delete-stack.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps two of them

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from ..emulator.internals import Json, internal

# In a stack's record while it is being deleted: what stays, by logical id.
_KEPT: Final = "sandbox_kept"


def apply() -> None:
    """Take such resources out of the stack as long as it is being deleted."""
    stacks, handlers = internal("services.cloudformation.stacks"), internal("services.cloudformation.handlers")
    stacks._delete_resource = _keeping(stacks._delete_resource)
    handlers._delete_stack_async = stacks._delete_stack_async = _restoring(stacks._delete_stack_async)


def _stack(name: str | None) -> Json | None:
    found: Json | None = internal("services.cloudformation")._stacks.get(name)
    return found


def _keeping(operation: Callable[..., Any]) -> Callable[..., Any]:
    def delete(resource_type: str, physical_id: str, properties: Json, stack_name: str | None = None, logical_id: str | None = None) -> Any:
        try:
            return operation(resource_type, physical_id, properties, stack_name, logical_id)
        except Exception:
            stack = _stack(stack_name)
            if stack is not None and _KEPT in stack:
                resources, definitions = stack["_resources"], stack["_template"].get("Resources", {})
                needed = internal("services.cloudformation.stacks")._with_dependencies([logical_id], definitions, set(resources))
                stack[_KEPT].update({each: resources.pop(each) for each in needed - {logical_id} if each in resources})
            raise

    return delete


def _restoring(operation: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Coroutine[Any, Any, None]]:
    async def delete_stack(stack_name: str, stack_id: str, retain_resources: Any = (), force: bool = False) -> None:
        stack = _stack(stack_name)
        # A forced deletion leaves them out by itself.
        if stack is None or force:
            await operation(stack_name, stack_id, retain_resources, force)
            return
        order, stack[_KEPT] = list(stack.get("_resources", {})), {}
        try:
            await operation(stack_name, stack_id, retain_resources, force)
        finally:
            kept = stack.pop(_KEPT)
            if kept:
                left = {**stack["_resources"], **kept}
                stack["_resources"].clear()
                stack["_resources"].update({each: left[each] for each in order if each in left})

    return delete_stack
