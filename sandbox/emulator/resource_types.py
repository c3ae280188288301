"""Registering CloudFormation resource types."""

# ruff: noqa: SLF001 - see internals.py

from __future__ import annotations

from collections.abc import Callable, Sequence

from .internals import Json, internal

# (logical id, properties, stack name) -> (physical id = what Ref gives, attributes for Fn::GetAtt)
Create = Callable[[str, Json, str], tuple[str, Json]]
# (physical id, old properties, new properties, stack name) -> likewise; another physical id means: replaced, delete the old one
Update = Callable[[str, Json, Json, str], tuple[str, Json]]
# (physical id, properties); deleting what is already gone is a success
Delete = Callable[[str, Json], None]

#: The types whose operations wait; patches/worker_threads.py runs them on threads.
waiting_types: set[str] = set()


def register_cloudformation_type(
    type_name: str,
    *,
    create: Create,
    update: Update | None,
    delete: Delete,
    replacement: Sequence[str] = (),
    name_property: str | None = None,
    tags: bool = True,
    waits: bool = False,
) -> None:
    """Register a resource type.

    A changed property of `replacement` replaces the resource: `create` is called again (`physical_name` then gives a new
    name), and the old one is deleted after the update, or the new one when it rolls back. Any other change calls `update`.
    An exception's text becomes the event's reason and rolls the stack back.

    Args:
        type_name: for example `AWS::SageMaker::Model`.
        create: makes the resource; its attributes are what `Fn::GetAtt` may ask for.
        update: changes it in place; None when every change replaces it.
        delete: removes it; also called when a stack rolls back.
        replacement: the properties documented as "Update requires: Replacement".
        name_property: the property with the physical name; a resource named by the template cannot be replaced under that name.
        tags: whether `Tags` (stack tags and `aws:cloudformation:*` included) reach the properties.
        waits: whether an operation waits for something: it then runs on a thread and may send requests to the sandbox.
    """
    provisioners = internal("services.cloudformation.provisioners")
    handlers: Json = {"create": create, "delete": delete}
    if update is not None:
        handlers["update"] = update
    provisioners._RESOURCE_HANDLERS[type_name] = handlers
    provisioners._REPLACING_PROPERTIES[type_name] = tuple(replacement)
    if name_property is not None:
        rule = {"name": name_property, "requires_replacement": _changed(replacement, name_property)}
        provisioners._CUSTOM_NAME_REPLACEMENT[type_name] = rule
    if tags:
        provisioners._STACK_TAG_PROPERTY[type_name] = ("Tags", "list")
    if waits:
        waiting_types.add(type_name)


def types() -> list[str]:
    """The resource types that can be made, in the order of their names."""
    return sorted(internal("services.cloudformation.provisioners")._RESOURCE_HANDLERS)


def _changed(replacement: Sequence[str], name_property: str) -> Callable[[Json, Json], bool]:
    """Whether an update replaces a resource for another reason than a new name."""
    names = [name for name in replacement if name != name_property]
    return lambda old, new: any(old.get(name) != new.get(name) for name in names)


def physical_name(stack_name: str, logical_id: str, max_length: int = 63) -> str:
    """The name CloudFormation generates for a resource without one: the same on every update, a new one on replacement."""
    provisioners = internal("services.cloudformation.provisioners")
    return str(provisioners._physical_name(stack_name, logical_id, max_len=max_length))


if __name__ == "__main__":
    print("\n".join(types()))
