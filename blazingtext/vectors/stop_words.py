"""Words that say little of what a text is about."""

from importlib.resources import files


def stop_words() -> frozenset[str]:
    """English function words, and the number words that text8's form is full of."""
    listed = (files("blazingtext") / "data" / "stopwords.txt").read_text(encoding="utf-8")
    return frozenset(word for line in listed.splitlines() if not line.startswith("#") for word in line.split())
