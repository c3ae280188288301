"""Word vectors on this machine: neighbours, evaluation, the map."""

from blazingtext_lifecycle.extras import require

require("look")
