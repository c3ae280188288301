"""Duplicates that are not exact, found by other people's libraries."""

from blazingtext_lifecycle.extras import require

require("deduplicate")
