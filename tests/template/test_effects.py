"""What each setting changes is what its page says."""

from pathlib import Path

from blazingtext_stacks.settings import Settings
from tests.template import effects


def test_the_matrix_has_a_value_of_every_setting() -> None:
    assert set(effects.values()) == set(Settings.__dataclass_fields__), "give it a value in CONFIGURATIONS of tests/template/matrix.py"


def test_the_page_says_what_each_setting_changes(tmp_path: Path) -> None:
    assert effects.table(tmp_path) in effects.PAGE.read_text(encoding="utf-8"), "python -m tests.template.effects writes it"
