"""The life of a BlazingText model, from Python: ``from blazingtext import BlazingText``, and ``load`` for a model without a run."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import BlazingText
    from .runs.local_models import open_model as load

__version__ = "0.1.0"
__all__ = ["BlazingText", "__version__", "load"]


def __getattr__(name: str) -> Any:
    """The client, and what reads a model of one's own, loaded when first asked for: boto3 would slow down ``blazingtext --help``."""
    if name == "BlazingText":
        from .client import BlazingText  # noqa: PLC0415 - see above

        return BlazingText
    if name == "load":
        from .runs.local_models import open_model  # noqa: PLC0415 - likewise

        return open_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
