"""The life of a BlazingText model, from Python: ``from blazingtext import BlazingText``."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import BlazingText

__version__ = "0.1.0"
__all__ = ["BlazingText", "__version__"]


def __getattr__(name: str) -> Any:
    """The client, loaded when it is first asked for: boto3 would slow down ``blazingtext --help``."""
    if name == "BlazingText":
        from .client import BlazingText  # noqa: PLC0415 - see above

        return BlazingText
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
