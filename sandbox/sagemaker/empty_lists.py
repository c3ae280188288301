"""The List operations of what cannot be made here: always empty."""

from __future__ import annotations

from typing import cast

from botocore.model import ListShape, StructureShape

from .api import contract
from .api.contract import Parameters
from .store import Store


class EmptyList:
    """One List operation that has nothing to list.

    Args:
        operation: its name.
    """

    def __init__(self, operation: str) -> None:
        self._operation = operation

    def list_(self, _: Store, __: Parameters) -> Parameters:
        """The empty list, under the name that the operation's output gives it."""
        shape = cast("StructureShape", contract.model().operation_model(self._operation).output_shape)
        return {name: [] for name, member in shape.members.items() if isinstance(member, ListShape)}
