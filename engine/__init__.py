"""An open engine in the container contract of Amazon SageMaker BlazingText: `python -m blazingtext_engine train|serve`."""

from blazingtext_lifecycle.extras import require

require("engine")
