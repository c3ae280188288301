"""Files of a model: fastText binary and word2vec text."""
