"""Whatever stands in cdk.json or behind -c: settings, or one error that names every key that is wrong."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from blazingtext_lifecycle.errors import ConfigurationError
from blazingtext_stacks.settings import Settings, belongs_to_cdk, context_key

KEYS = [context_key(name) for name in Settings.__dataclass_fields__]
TEXTS = st.sampled_from(
    [
        "",
        "true",
        "0",
        "-1",
        "1.5",
        "nan",
        "9" * 5000,
        "\u0663",
        "ml.m5.xlarge",
        "a@b.c",
        "{}",
        "[1",
        '{"mode": "cbow"}',
        "\ud800",
        "x" * 300,
    ]
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS | st.text(max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
CONTEXTS = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=12), VALUES, max_size=6)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(context=CONTEXTS)
def test_any_context_is_settings_or_one_error_that_names_the_unknown_keys(context: dict[str, Any]) -> None:
    unknown = [key for key in context if key not in KEYS and not belongs_to_cdk(key)]
    try:
        found = Settings.from_context(context)
    except ConfigurationError as error:
        said = str(error)
    else:
        said = ""
        assert Settings.from_context({context_key(name): getattr(found, name) for name in Settings.__dataclass_fields__}) == found

    assert bool(said) or not unknown
    assert all(key in said for key in unknown if key.isprintable())
