"""The life of a BlazingText model, from Python: ``from blazingtext import BlazingText``, and the rest without AWS."""

from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .client import BlazingText
    from .runs.local_models import open_model as load
    from .runs.local_training import train
    from .runs.model_scores import benchmark, evaluate_classifier

__all__ = ["BlazingText", "__version__", "benchmark", "evaluate_classifier", "load", "train"]


def __getattr__(name: str) -> Any:
    """Each of them, loaded when it is first asked for: boto3 would slow down ``blazingtext --help``."""
    if name == "BlazingText":
        from .client import BlazingText  # noqa: PLC0415 - see above

        return BlazingText
    if name == "train":
        from .runs.local_training import train  # noqa: PLC0415 - likewise

        return train
    if name == "load":
        from .runs.local_models import open_model  # noqa: PLC0415 - likewise

        return open_model
    if name in {"benchmark", "evaluate_classifier"}:
        from .runs import model_scores  # noqa: PLC0415 - likewise

        return getattr(model_scores, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
