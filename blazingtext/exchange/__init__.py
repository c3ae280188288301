"""Vectors in the formats of other people's libraries."""

from blazingtext_lifecycle.extras import require

require("export")
