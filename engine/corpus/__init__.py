"""The text as numbers: vocabulary, tokens, labelled lines."""
