"""How many threads fastText's library is to train with."""

# fastText 0.9.2 initialises its matrices in ten blocks, one a thread, and leaves what does not divide by ten to the eleventh: with fewer
# threads it trains on memory as it was, and now and then meets a NaN there.
THREADS = 12
