"""A picture of a model: its frequent words, near each other when their vectors are (t-SNE), coloured by k-means cluster."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.plurals import count

from ..arguments import several
from ..files import atomic_file, refuse_existing
from . import fonts
from .stop_words import stop_words
from .word_vectors import Vectors

FORMATS = ("png", "svg", "pdf")
_WORDS_PER_CLUSTER = 20
_MAX_CLUSTERS = 12
# In points, as all lengths of the figure.
_LARGEST_TYPE, _SMALLEST_TYPE = 22.0, 9.5
_MARGIN, _HEAD, _LINE = 36.0, 54.0, 17.0
# Canvas per area of type, and width by height.
_SPACING, _ASPECT = 4.0, 1.5
_MAX_STEPS = 600
_TOLERANCE = 1e-9
# Dark enough to read on white as small type, and told apart by eye: Tableau's and Tol's darker tones.
_COLOURS = (
    "#1f5fa8", "#c2410c", "#15803d", "#a21caf", "#b91c1c", "#0f766e", "#854d0e", "#4338ca",
    "#be185d", "#4d7c0f", "#0369a1", "#7c2d12", "#6b21a8", "#047857", "#9f1239", "#334155",
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What a map shows, and how.

    Args:
        words: how many words.
        seed: the same seed draws the same map.
        stop_words: show function words (the, of, and ...) too.
        title: above the picture.
        own: words to show besides, as large as the most frequent.
        name: what the model is called, below the title; a run's name, say.
    """

    words: int = 300
    seed: int = 1
    stop_words: bool = False
    title: str = ""
    own: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Map:
    """A map that was drawn.

    Attributes:
        path: the picture.
        words: the words on it: those asked for, then the most frequent first.
        clusters: the cluster of each.
        without_font: those of the words with characters that no installed font has, which are drawn as boxes; none in an SVG, whose text
            stays text.
    """

    path: Path
    words: tuple[str, ...]
    clusters: tuple[int, ...]
    without_font: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Map({self.path}: {len(self.words)} words in {max(self.clusters) + 1} clusters)"

    def _repr_png_(self) -> bytes | None:
        """The picture, for notebooks."""
        return self.path.read_bytes() if self._is("png") else None

    def _repr_svg_(self) -> str | None:
        """Likewise."""
        return self.path.read_text(encoding="utf-8") if self._is("svg") else None

    def _is(self, kind: str) -> bool:
        """Whether the picture is of a kind, and still where it was drawn."""
        return self.path.suffix.lower() == f".{kind}" and self.path.is_file()


@dataclass(frozen=True)
class InlineMap:
    """A map that was drawn into a notebook, and into no file.

    Attributes:
        png: the picture.
        words: as of `Map`.
        clusters: likewise.
        without_font: likewise.
    """

    png: bytes
    words: tuple[str, ...]
    clusters: tuple[int, ...]
    without_font: tuple[str, ...]

    def __repr__(self) -> str:
        return f"InlineMap({len(self.words)} words in {max(self.clusters) + 1} clusters)"

    def _repr_png_(self) -> bytes:
        """The picture."""
        return self.png


def draw(vectors: Vectors, path: Path, look: Look | None = None, *, force: bool = True) -> Map:
    """Draws the most frequent words of a model.

    Args:
        vectors: the model's, most frequent word first.
        path: the picture; its suffix chooses png, svg or pdf.
        look: what to show.
        force: replace an existing file.

    Raises:
        UserError: the suffix is unknown, the file exists, there are too few words, or the model has no vector of a word asked for.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise UserError(f"{path} cannot be written: its suffix chooses the format. Use one of: .{', .'.join(FORMATS)}")
    refuse_existing(path, force=force)
    content, words, clusters, without_font = _drawn(vectors, kind, Look() if look is None else look)
    with atomic_file(path) as stream:
        stream.write(content)
    return Map(path, words, clusters, without_font)


def draw_inline(vectors: Vectors, look: Look | None = None) -> InlineMap:
    """Draws the most frequent words of a model into a notebook.

    Args:
        vectors: the model's, most frequent word first.
        look: what to show.

    Raises:
        UserError: there are too few words, or the model has no vector of a word asked for.
    """
    return InlineMap(*_drawn(vectors, "png", Look() if look is None else look))


def _drawn(vectors: Vectors, kind: str, look: Look) -> tuple[bytes, tuple[str, ...], tuple[int, ...], tuple[str, ...]]:
    """The picture, the words on it, the cluster of each, and those that no font has."""
    own = list(dict.fromkeys(several("Look(own=", "words", look.own)))
    words = own + [word for word in (vectors.words[row] for row in chosen_rows(vectors, look)) if word not in own]
    if len(words) < 5:
        raise UserError(
            f"Only {count(len(words), 'words')} can be drawn, and a map has 5 or more. The model knows {len(vectors)}. "
            "Train on more text, or use --stop-words."
        )
    directions = _centred(np.array([vectors.unit(word) for word in words], np.float64))
    # For some hundred words, threads are slower: up to ten times on a busy machine.
    with threadpool_limits(1):
        places, clusters = embed(directions, look.seed), group(directions, look.seed)
    families, lacking = fonts.families_for("".join(words) + look.title + look.name)
    stream = io.BytesIO()
    # No date: the same model and seed give the same bytes. A dollar sign begins no formula, and text in an SVG can be searched and copied.
    with (
        mpl.rc_context({"font.family": families, "text.parse_math": False, "text.usetex": False, "svg.fonttype": "none"}),
        fonts.boxes_for_missing_characters(),
    ):
        figure = paint(words, places, clusters, look)
        figure.savefig(stream, format=kind, dpi=110, metadata={"Date": None} if kind == "svg" else None)
    # The text of an SVG is drawn by whoever shows it, with the fonts of that machine.
    without_font = () if kind == "svg" else tuple(word for word in words if lacking.intersection(word))
    return stream.getvalue(), tuple(words), tuple(int(cluster) for cluster in clusters), without_font


def chosen_rows(vectors: Vectors, look: Look) -> list[int]:
    """The rows of the words to show: the most frequent ones without function words, which in English are all of one or two letters."""
    left_out = frozenset() if look.stop_words else stop_words()
    shown = (
        row for row, word in enumerate(vectors.words) if look.stop_words or (word not in left_out and (len(word) > 2 or not word.isascii()))
    )
    return [row for row, _ in zip(shown, range(look.words), strict=False)]


def _centred(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Directions relative to their mean, since what all frequent words share does not tell them apart."""
    apart = directions - directions.mean(axis=0)
    seen: NDArray[np.float64] = apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-12)
    return seen


def embed(directions: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Positions in the plane, n x 2, by t-SNE on the cosine, rotated so that the largest spread is horizontal."""
    from sklearn.manifold import TSNE  # noqa: PLC0415 - scikit-learn takes two seconds to load, which placing labels need not wait for

    perplexity = min(20.0, (len(directions) - 1) / 3)
    reducer = TSNE(metric="cosine", init="random", perplexity=perplexity, learning_rate="auto", max_iter=1000, random_state=seed)
    places = reducer.fit_transform(directions).astype(np.float64)
    places -= places.mean(axis=0)
    turned: NDArray[np.float64] = places @ np.linalg.svd(places, full_matrices=False)[2].T
    return turned


def group(directions: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    """The cluster of each word, the largest cluster first."""
    from sklearn.cluster import KMeans  # noqa: PLC0415 - scikit-learn takes two seconds to load, which placing labels need not wait for

    count = max(2, min(_MAX_CLUSTERS, len(directions) // _WORDS_PER_CLUSTER))
    found = KMeans(n_clusters=count, n_init=5, random_state=seed).fit_predict(directions)
    order = np.argsort(-np.bincount(found, minlength=count), kind="stable")
    ranked: NDArray[np.int64] = np.argsort(order)[found]
    return ranked


def paint(words: list[str], places: NDArray[np.float64], clusters: NDArray[np.int64], look: Look) -> Figure:
    """The figure: every word at its position, larger when more frequent, in its cluster's colour."""
    sizes = np.geomspace(_LARGEST_TYPE, _SMALLEST_TYPE, len(words))
    boxes = np.array([_box(word, size) for word, size in zip(words, sizes, strict=True)])
    spots, canvas = without_overlaps(places, boxes)
    lines = _head(words, look)
    head = _HEAD + _LINE * (len(lines) - 2)
    wide = max(canvas[0], *(_box(line, size)[0] for line, size in lines))
    figure = Figure(figsize=((wide + 2 * _MARGIN) / 72, (canvas[1] + 2 * _MARGIN + head) / 72), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(-_MARGIN, wide + _MARGIN), ylim=(-_MARGIN, canvas[1] + _MARGIN + head))
    for word, (x, y), size, cluster in zip(words, spots, sizes, clusters, strict=True):
        axes.text(
            x + (wide - canvas[0]) / 2, y, word, fontsize=size, color=_COLOURS[cluster % len(_COLOURS)], ha="center", va="center_baseline"
        )
    top = canvas[1] + head
    axes.text(0, top, lines[0][0], fontsize=lines[0][1], weight="bold", color="#111827", va="center")
    for row, (line, size) in enumerate(lines[1:]):
        axes.text(0, top - 24 - row * _LINE, line, fontsize=size, color="#6b7280", va="center")
    return figure


def _head(words: list[str], look: Look) -> list[tuple[str, float]]:
    """The lines above the map with their sizes in points: the title, the model's name if it has one, and what the map shows."""
    shown = "words" if look.stop_words else "words, function words left out,"
    caption = f"the {len(words)} most frequent {shown} by t-SNE of cosine, coloured by k-means"
    named = [(look.name, 11.0)] if look.name else []
    return [(look.title or "Words of similar meaning", 20.0), *named, (caption, 11.0)]


def _box(word: str, size: float) -> tuple[float, float]:
    """Width and height of a word with its margin, in points."""
    # The outline's own points are enough: exact extents of every curve take a hundred times as long. A word that nobody sees (a zero
    # width space) has none.
    outline, _ = text_to_path.get_text_path(FontProperties(), word)
    across = float(np.ptp([x for x, _ in outline])) if len(outline) else 0.0
    return across * size / text_to_path.FONT_SCALE + 6, size * 1.18


def without_overlaps(places: NDArray[np.float64], boxes: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Places for boxes that do not overlap, near where they want to be, and the canvas that holds them; all in points.

    Overlapping pairs push each other apart along the shorter way until none is left: nothing here is random. (Label
    placers that move labels off their points leave some on top of each other at this density, and take ten times as long.)

    Args:
        places: where the boxes' centres want to be, in any unit.
        boxes: widths and heights.
    """
    widest, highest = boxes.max(axis=0)
    area = max(float(boxes.prod(axis=1).sum()) * _SPACING, float(widest) ** 2 / _ASPECT, float(highest) ** 2 * _ASPECT)
    while True:
        canvas = np.array([(area * _ASPECT) ** 0.5, (area / _ASPECT) ** 0.5])
        low, high = places.min(axis=0), places.max(axis=0)
        spots = boxes / 2 + (places - low) / np.where(high > low, high - low, 1) * (canvas - boxes)
        for _ in range(_MAX_STEPS):
            push = _pushes(spots, boxes)
            if not push.any():
                return spots, (float(canvas[0]), float(canvas[1]))
            spots = np.clip(spots + push, boxes / 2, canvas - boxes / 2)
        area *= 1.25


def _pushes(spots: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far every box should move to leave those that it overlaps; zeros when none does."""
    apart = spots.T[:, :, None] - spots.T[:, None]
    overlap = (boxes.T[:, :, None] + boxes.T[:, None]) / 2 - np.abs(apart)
    first, second = np.nonzero(np.triu((overlap[0] > _TOLERANCE) & (overlap[1] > _TOLERANCE), 1))
    axis = (overlap[0, first, second] >= overlap[1, first, second]).astype(int)
    # Two boxes in the same place part by their order.
    way = np.where(apart[axis, first, second] < 0, -1, 1)
    step = way * (overlap[axis, first, second] / 2 + 0.05)
    pushes = np.zeros_like(spots)
    np.add.at(pushes, (first, axis), step)
    np.add.at(pushes, (second, axis), -step)
    return pushes
