"""Character n-grams of words, hashed into buckets exactly as fastText does (Bojanowski 2017)."""

from engine.models import Integers, Subwords


def word_hash(word: bytes) -> int:
    """fastText's 32-bit FNV-1a, in which each byte is sign-extended before it is mixed in."""
    raise NotImplementedError


def ngram_buckets(word: bytes, subwords: Subwords) -> Integers:
    """The bucket of every n-gram of `<word>`, in fastText's order, repeats included; add the number of words for the row."""
    raise NotImplementedError
