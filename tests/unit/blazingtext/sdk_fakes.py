"""Modules of the SageMaker SDK whose classes make nothing but notes of what they were told."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any


@dataclass
class Made:
    """An object of a class of the SDK's: what it was made with, and what it was asked since."""

    kind: str
    given: tuple[Any, ...]
    named: dict[str, Any]
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    check: str | None = None

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *given, **named: self.asked.append((name, given, named))


class Module(ModuleType):
    """A module of the SDK's whose classes make nothing but notes; a class method makes one, too."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.made: list[Made] = []

    def __getattr__(self, kind: str) -> Any:
        if kind.startswith("_") or kind[0].islower():
            raise AttributeError(kind)

        def make(name: str) -> Callable[..., Made]:
            def called(*given: Any, **named: Any) -> Made:
                self.made.append(Made(name, given, named, check=os.environ.get("SAGEMAKER_VALIDATE_ROLE")))
                return self.made[-1]

            return called

        kinds = make(kind)
        for verb in ("create", "get"):
            setattr(kinds, verb, make(f"{kind}.{verb}"))
        return kinds
