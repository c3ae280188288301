"""A vocabulary of words that are hard on a page: markup, other directions, marks, other scripts, emoji, and very long ones."""

HOSTILE = (
    "</script><script>window.injected=1</script>",
    "<img/src=x/onerror=window.injected=2>",
    "</script/><img/src=x/onerror=window.injected=7>",
    "<!--<script>",
    "]]>&lt;b&gt;&amp;",
    '"onmouseover=window.injected=3',
    "javascript:window.injected=4",
    "${window.injected=5}",
    "$title",
    "{{constructor.constructor('window.injected=6')()}}",
    "\\u003cb\\u003e",
    "__proto__",
    "constructor",
)
SCRIPTS = (
    "\u0645\u0648\u0633\u064a\u0642\u0649",
    "\u05de\u05d5\u05d6\u05d9\u05e7\u05d4",
    "\u202eevil\u202c",
    "cafe\u0301",
    "\u00dcbergro\u00dfe",
    "\u97f3\u4e50",
    "\u97f3\u697d\u304c",
    "\u0e2d\u0e31\u0e01\u0e29\u0e23",
    "\u0939\u093f\u0928\u094d\u0926\u0940",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\U0001f600",
    "a\u2028b",
    "\u0001",
    "l" + "o" * 3000 + "ng",
    "z\u0351\u034c\u0358" * 40,
)
PLAIN = ("music", "song", "king", "queen", "war", "peace", "river", "mountain", "red", "blue", "one", "two", "Music", "musical")
WORDS = PLAIN + HOSTILE + SCRIPTS
