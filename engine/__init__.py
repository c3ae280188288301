"""An open engine in the container contract of Amazon SageMaker BlazingText: `python -m engine train|serve`."""
