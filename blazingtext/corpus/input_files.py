"""Which files and objects are meant: paths, folders, globs, and addresses of S3."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path

from blazingtext_lifecycle.errors import CorpusError

from . import objects, recipe
from .objects import S3Object

Source = Path | S3Object

STDIN = "-"


def expand(patterns: Iterable[str], access: objects.Access | None = None) -> list[Source]:
    """The files of paths, folders (with all below) and globs, in name order, each once; recipes of corpora are none.

    Args:
        patterns: paths; "-" for stdin; or addresses of S3, of objects, folders and globs alike.
        access: how S3 is reached.

    Raises:
        CorpusError: something does not exist, or matches no file.
        LifecycleError: AWS refuses, or cannot be reached.
    """
    access = access or objects.Access()
    found: dict[Source, None] = {}
    for pattern in patterns:
        matched: Sequence[Source] = _objects(pattern, access) if objects.is_address(pattern) else _matching(pattern)
        if not matched:
            raise CorpusError(
                f"{pattern} was not found: it is not a file, a folder with files, or a pattern that matches files. Check the path."
            )
        found.update(dict.fromkeys(matched))
    return list(found)


def named(inputs: Sequence[str], paths: Iterable[Source]) -> set[Source]:
    """Those that were asked for by their own name, and not as one of several."""
    return {*(Path(each).expanduser() for each in inputs), *(each for each in paths if str(each) in inputs)}


def _objects(address: str, access: objects.Access) -> list[S3Object]:
    """The objects that an address means, without the recipes beside others."""
    # Spark's image has an older botocore, and lists in its own way.
    from . import object_requests  # noqa: PLC0415

    found = object_requests.matching(address, access)
    keys = {each.key for each in found}
    return [each for each in found if not (each.key.endswith(recipe.SUFFIX) and each.key.removesuffix(recipe.SUFFIX) in keys)]


def _matching(pattern: str) -> list[Path]:
    if pattern == STDIN:
        return [Path(STDIN)]
    path = Path(pattern).expanduser()
    if path.is_dir():
        return sorted(
            each
            for each in path.rglob("*")
            if each.is_file() and not recipe.is_recipe(each) and not any(part.startswith(".") for part in each.relative_to(path).parts)
        )
    if path.exists():
        return [path]
    # pathlib's own glob takes no absolute patterns.
    found = glob.glob(str(path), recursive=True)  # noqa: PTH207 - see above
    return sorted(Path(each) for each in found if Path(each).is_file() and not recipe.is_recipe(Path(each)))
