"""An AWS account on this machine: README.md says what is in it."""

from blazingtext_lifecycle.extras import require

require("sandbox")
