"""How a corpus was prepared: a document that lies beside it, travels with it, and lets a question be prepared the same way.

Beside ``wiki.txt`` it is ``wiki.txt.recipe.json``, in the bucket an object under the hash of its content, in a model's folder
``recipe.json`` (docs/decisions/0044-the-recipe-travels-with-the-run.md has its fields).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from blazingtext_lifecycle import recipe_keys
from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.plurals import count

from ..errors import UnreadableFileError
from ..version import __version__
from . import lower_case
from .hashing import sha256_of
from .normaliser import Normaliser, Numbers, Punctuation
from .objects import S3Object
from .phrases import Joiner, Phrases
from .writing import complete

FORMAT = 1
# Of a recipe with phrases: an older version would not join them in a question.
FORMAT_WITH_PHRASES = 2
# Raised with every change of what `Normaliser` makes of a text: a model must be asked by the rules that its corpus was made by.
RULES = 1
SUFFIX = ".recipe.json"
# In a model's folder.
FILE = "recipe.json"
# A corpus of ten thousand files.
MAXIMUM_BYTES = 16_000_000
_FORMS = ("NFC", "NFD", "NFKC", "NFKD")


class _Addressed(Protocol):
    """A file or an object."""

    @property
    def name(self) -> str: ...

    def with_name(self, name: str, /) -> Self: ...


_Target = TypeVar("_Target", bound=_Addressed)


class RecipeError(UserError):
    """A recipe cannot be used, or there is none."""


@dataclass(frozen=True)
class Sources:
    """What a corpus was made of.

    Attributes:
        files: how many files were named, found in folders, or came through stdin.
        size: their bytes, as stored.
        sha256: of one, its own; of several, the SHA-256 of theirs in hexadecimal, a line each.
    """

    files: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Content:
    """A corpus that was written.

    Attributes:
        lines: its lines.
        words: its words, labels excluded.
        size: its bytes.
        sha256: its hash, in hexadecimal.
    """

    lines: int
    words: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Preparation:
    """One corpus file that was prepared.

    Attributes:
        version: the project's version.
        rules: `RULES` of that version.
        unicode: the version of Unicode that the Python had: it says what is a letter.
        lines: what the lines are: the fields of `preparation.Shape`; where phrases were joined, how the sources were prepared.
        reading: how the sources were read: encoding, columns, header, plain.
        sources: what it was made of.
        left_out: rows of tables that did not become lines, and duplicates, by reason.
        result: what was written.
    """

    version: str
    rules: int
    unicode: str
    lines: Mapping[str, Any]
    reading: Mapping[str, Any]
    sources: Sources
    left_out: Mapping[str, int]
    result: Content


@dataclass(frozen=True)
class Recipe:
    """How one or several files of a corpus were prepared.

    Attributes:
        normaliser: what happened to characters.
        prepared: the files.
        phrases: those that were joined, in the order of the passes.
    """

    normaliser: Normaliser
    prepared: tuple[Preparation, ...]
    phrases: tuple[Phrases, ...] = ()

    @property
    def in_words(self) -> str:
        """What is done to a text."""
        return "; ".join([self.normaliser.recipe, *(count(each.count, "phrases") + " joined" for each in self.phrases)])

    def document(self) -> bytes:
        """The recipe as JSON: the same recipe has the same bytes."""
        settings = {each.name: getattr(self.normaliser, each.name) for each in fields(Normaliser) if each.init}
        whole = {"format": FORMAT, "normaliser": settings, "prepared": [asdict(each) for each in self.prepared]}
        if self.phrases:
            whole |= {"format": FORMAT_WITH_PHRASES, "phrases": [each.document() for each in self.phrases]}
        return (json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8", "replace")

    def words(self, text: str) -> str:
        """The words of a text, as the corpus has them, joined by single spaces.

        Raises:
            RecipeError: they cannot be known, because the phrases were too many for a recipe.
        """
        words = self.normaliser.words(text)
        if not self.phrases:
            return words
        line = words.encode("utf-8", "replace")
        for joiner in self._joiners:
            line, _ = joiner.line(line)
        return line.decode()

    @cached_property
    def _joiners(self) -> tuple[Joiner, ...]:
        try:
            return tuple(each.joiner() for each in self.phrases)
        except ValueError as error:
            raise RecipeError(
                f"The corpus has {self.phrases[-1].count:,} phrases, and {error}: nobody can tell which words of a question it joins. "
                "Ask without --prepare for words as the corpus has them (new_york), or train on a corpus with fewer: --threshold."
            ) from error


def beside(path: _Target) -> _Target:
    """Where the recipe of a corpus lies, which is a file or an object."""
    return path.with_name(path.name + SUFFIX)


def is_recipe(path: Path) -> bool:
    """Whether a file is the recipe of the one beside it, as a glob or a folder gives both."""
    return path.name.endswith(SUFFIX) and path.with_name(path.name.removesuffix(SUFFIX)).is_file()


def made(
    normaliser: Normaliser,
    result: Content,
    *,
    lines: Mapping[str, Any],
    reading: Mapping[str, Any],
    sources: Sources,
    left_out: Mapping[str, int],
) -> Recipe:
    """The recipe of a corpus that was written just now, by this version of the project."""
    prepared = Preparation(__version__, RULES, unicodedata.unidata_version, lines, reading, sources, dict(left_out), result)
    return Recipe(normaliser, (prepared,))


def with_phrases(source: Recipe, phrases: Phrases, sources: Sources, result: Content) -> Recipe:
    """The recipe of a corpus whose phrases were joined just now.

    Args:
        source: the recipe of the corpus that was joined.
        phrases: what was joined; a table that is too large for a recipe is left out.
        sources: the files that were joined.
        result: what was written.
    """
    # Questions are prepared by the rules of the words; where those differ, no rules serve them, and `usable` says so.
    words = next((each for each in source.prepared if each.rules != RULES), source.prepared[0])
    lines = {"prepared": [asdict(each) for each in source.prepared], "version": __version__}
    made = Preparation(words.version, words.rules, words.unicode, lines, {}, sources, {}, result)
    return Recipe(source.normaliser, (made,), (*source.phrases, phrases.fitting()))


def sources_of(paths: Iterable[Path | S3Object], streamed: Mapping[Path | S3Object, tuple[int, str]]) -> Sources:
    """What a corpus was made of.

    Args:
        paths: the files and objects, in the order in which they were read.
        streamed: size and hash of those that can be read only once.

    Raises:
        CorpusError: one cannot be read any more.
    """
    found = [streamed.get(path) or _hashed(path) for path in paths]
    return Sources(len(found), sum(size for size, _ in found), recipe_keys.joined_sha256([digest for _, digest in found]))


def _hashed(path: Path | S3Object) -> tuple[int, str]:
    """Size and hash of a file.

    Raises:
        CorpusError: it cannot be read any more.
    """
    try:
        return path.stat().st_size, sha256_of(path)
    except OSError as error:
        raise UnreadableFileError(path, error) from error


def write(recipe: Recipe, path: Path | S3Object) -> None:
    """Writes a recipe; an older one is replaced.

    Raises:
        UserError: the path cannot be written.
        LifecycleError: AWS refuses an object, or cannot be reached.
    """
    with complete(path) as stream:
        stream.write(recipe.document())


def read(path: Path) -> Recipe | None:
    """The recipe in a file; None when there is no such file.

    Raises:
        RecipeError: it is not one, or cannot be read.
    """
    try:
        with path.open("rb") as stream:
            document = stream.read(MAXIMUM_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RecipeError(f"{path} cannot be read. {error.strerror or error}. Check its permissions, or remove it.") from error
    return parse(document, str(path))


def parse(document: bytes, name: str) -> Recipe:
    """The recipe in a document.

    Args:
        document: JSON.
        name: what it is called in messages.

    Raises:
        RecipeError: it is not one, or a newer version of the project wrote it.
    """
    try:
        if len(document) > MAXIMUM_BYTES:
            raise ValueError(f"it has more than {MAXIMUM_BYTES:,} bytes")  # noqa: TRY301 - one sentence for whatever is wrong
        found = json.loads(document)
        number = found["format"]
        if number in {FORMAT, FORMAT_WITH_PHRASES}:
            prepared = tuple(_preparation(each) for each in found["prepared"])
            phrases = tuple(Phrases.parse(each) for each in (found["phrases"] if number == FORMAT_WITH_PHRASES else ()))
            return Recipe(_normaliser(found["normaliser"]), prepared, phrases)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UserError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise RecipeError(
            f"{name} is not the recipe of a corpus: {why}. Prepare the corpus again, or remove the file to do without."
        ) from error
    raise RecipeError(f"{name} has the format {number}, and this version reads {FORMAT_WITH_PHRASES}. Update blazingtext-cdk.")


def _normaliser(found: Mapping[str, Any]) -> Normaliser:
    lower, form, language = found["lower"], found["form"], found["language"]
    if not isinstance(lower, bool) or form not in _FORMS or language not in {"", *lower_case.LANGUAGES}:
        raise ValueError("a setting of its normaliser is unknown")
    return Normaliser(lower, Numbers(found["numbers"]), Punctuation(found["punctuation"]), form, language)


def _preparation(found: Mapping[str, Any]) -> Preparation:
    sources, result, left_out = found["sources"], found["result"], found["left_out"]
    if not recipe_keys.is_sha256(str(result["sha256"])):
        raise ValueError("the SHA-256 of what was written is none")
    return Preparation(
        str(found["version"]),
        int(found["rules"]),
        str(found["unicode"]),
        dict(found["lines"]),
        dict(found["reading"]),
        Sources(int(sources["files"]), int(sources["size"]), str(sources["sha256"])),
        {str(reason): int(number) for reason, number in left_out.items()},
        Content(int(result["lines"]), int(result["words"]), int(result["size"]), str(result["sha256"])),
    )


def is_of(recipe: Recipe, sha256: str) -> bool:
    """Whether a recipe is that of a file with this content: it was not changed since it was prepared."""
    return any(each.result.sha256 == sha256 for each in recipe.prepared)


def of_files(files: Sequence[tuple[Path, str]]) -> tuple[Recipe | None, list[str]]:
    """The recipe of a corpus of several files, and what to say when there is none although some have one.

    Args:
        files: each with its SHA-256.

    Raises:
        RecipeError: a recipe that lies beside one of them is broken.
    """
    found = [(path, read(beside(path)), sha256) for path, sha256 in files]
    if not any(recipe for _, recipe, _ in found):
        return None, []
    without = [str(path) for path, recipe, _ in found if recipe is None]
    changed = [str(path) for path, recipe, sha256 in found if recipe is not None and not is_of(recipe, sha256)]
    recipes = [recipe for _, recipe, _ in found if recipe is not None]
    again = "so no recipe goes with the corpus. Prepare all of it the same way to have one."
    if without:
        return None, [f"{', '.join(without)} has no recipe beside it, {again}"]
    if changed:
        return None, [f"{', '.join(changed)} has changed since it was prepared, {again}"]
    if any((recipe.normaliser, recipe.phrases) != (recipes[0].normaliser, recipes[0].phrases) for recipe in recipes):
        told = "; ".join(f"{path}: {recipe.in_words}" for path, recipe, _ in found if recipe is not None)
        return None, [f"The files were prepared differently ({told}), {again}"]
    return Recipe(recipes[0].normaliser, tuple(each for recipe in recipes for each in recipe.prepared), recipes[0].phrases), []


def usable(recipe: Recipe, name: str) -> Recipe:
    """The recipe itself, when this version prepares texts by the same rules.

    Args:
        recipe: the recipe.
        name: what it is called in messages.

    Raises:
        RecipeError: it does not.
    """
    for each in recipe.prepared:
        if each.rules != RULES:
            raise RecipeError(
                f"{name} was made by rules {each.rules} of blazingtext-cdk {each.version}, and this version has rules {RULES}. "
                f"Install version {each.version} to ask this model, or train again on a corpus prepared by this one."
            )
    return recipe
