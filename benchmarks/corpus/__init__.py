"""Raw text to lines of words: `corpus prepare` beside the libraries that people clean text with."""
