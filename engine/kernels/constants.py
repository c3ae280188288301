"""Numbers that compiled code shares with code that needs no compiler; this module imports neither Numba nor NumPy."""

# The token that ends a line; labels follow below it: -2 - n is label n.
END_OF_LINE = -1
# FNV-1a, the hash fastText gives words and character n-grams.
FNV_OFFSET_BASIS = 2166136261
FNV_PRIME = 16777619
# The factor of fastText's hash of a word n-gram.
WORD_NGRAM_FACTOR = 116049371
# Of fastText's character n-grams: the brackets around a word, and the two highest bits of a byte that continues a UTF-8 character.
BEGIN_OF_WORD, END_OF_WORD = ord("<"), ord(">")
UTF8_CONTINUATION, UTF8_CONTINUATION_MASK = 0x80, 0xC0
