"""Runs in other people's books: MLflow."""

from blazingtext_lifecycle.extras import require

require("mlflow")
