"""Results as objects of the libraries that notebooks use: gensim's vectors, pandas' tables."""
