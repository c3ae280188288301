from pathlib import Path

import pytest

from blazingtext_sandbox import endpoint_rollbacks
from blazingtext_sandbox.errors import SandboxError


def test_what_is_played_is_kept_in_the_folder_and_noticed_before_anything_was_chosen(tmp_path: Path) -> None:
    before = endpoint_rollbacks.read(tmp_path)
    endpoint_rollbacks.write(tmp_path, "silent")

    assert (before, endpoint_rollbacks.read(tmp_path)) == ("noticed", "silent")


def test_an_answer_that_does_not_exist_can_be_corrected_and_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="Choose noticed or silent") as refused:
        endpoint_rollbacks.write(tmp_path, "loud")

    assert (refused.value.exit_code, endpoint_rollbacks.read(tmp_path)) == (2, "noticed")
