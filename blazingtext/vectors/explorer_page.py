"""The explorer as one HTML page that needs nothing else: no network, no file, a policy that lets only its own script and style run.

Its source is `blazingtext/data/explorer/`. Words are data: they stand in a script element that no browser executes, with every character
escaped that could end it, and the script sets them as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .explorer import Exploration, Side

_SCRIPTS = ("model.js", "map.js", "gestures.js", "search.js", "panel.js", "main.js")
# What could end a script element, begin another one, or (U+2028, U+2029) end a line of an old JavaScript.
_ESCAPED = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def page(found: Exploration) -> str:
    """The page."""
    source = files("blazingtext") / "data" / "explorer"
    style = (source / "style.css").read_text(encoding="utf-8")
    parts = [(source / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    script = "\n".join(['"use strict";', *parts])
    rules = ["default-src 'none'", f"script-src {_hash(script)}", f"style-src {_hash(style)}", "base-uri 'none'", "form-action 'none'"]
    return Template((source / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(" beside ".join(side.name for side in found.sides)),
        policy="; ".join(rules),
        style=style,
        script=script,
        data=_data(found),
    )


def _hash(text: str) -> str:
    """What a content security policy calls an inline script or style (Source: https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(found: Exploration) -> str:
    document = {
        "models": [_model(side) for side in found.sides],
        "clusters": found.clusters,
        "changed": found.changed,
        "made": _made(found),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)


def _model(side: Side) -> dict[str, Any]:
    return {
        "name": side.name,
        "total": side.total,
        "words": side.words,
        "places": _packed(side.places, "<f4"),
        "neighbors": _packed(side.neighbors, "<u4"),
        "cosines": _packed(side.cosines, "<f4"),
        "clusters": _packed(side.clusters, "<u1"),
        "same": None if side.same is None else _packed(side.same, "<f4"),
    }


def _packed(values: NDArray[Any], kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, kind).tobytes()).decode()


def _made(found: Exploration) -> str:
    shown = "; ".join(f"{side.name}: the {len(side.words):,} most frequent of {side.total:,} words" for side in found.sides)
    turned = " The second model is turned onto the first (orthogonal Procrustes)." if len(found.sides) > 1 else ""
    return f"{shown}. Places by t-SNE of the nearest words, clusters by k-means, nearest words by cosine among those shown.{turned}"
