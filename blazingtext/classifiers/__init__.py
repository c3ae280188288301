"""Classifiers judged on labelled text: precision, recall, confusions and thresholds."""

from blazingtext_lifecycle.extras import require

require("look")
