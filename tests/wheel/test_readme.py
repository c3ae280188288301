"""The README's command that installs the project is run, as it stands there."""

import re
import sys
from pathlib import Path

from tests.wheel import installation
from tests.wheel.installation import ROOT, Installation

SECTION = re.search(r"^## Install it\n(.*?)^## ", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_command_that_installs_the_project_installs_it(sources: Path, tmp_path: Path) -> None:
    assert SECTION is not None
    (block,) = re.findall(r"^```sh\n(.*?)^```", SECTION[1], re.MULTILINE | re.DOTALL)
    (line,) = block.splitlines()
    theirs: Installation = installation.create(tmp_path / "venv", "sandbox", "look", also=("setuptools",))
    # As in an activated environment, whose pip this is: its index and its build environment would need a network.
    variables = {"PIP_PYTHON": str(theirs.python), "PIP_NO_BUILD_ISOLATION": "0", "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}

    installation.shell(line, cwd=sources, variables=variables)

    assert theirs.run("blazingtext", "neighbors", "--help").stdout.startswith("Usage: blazingtext neighbors")


def test_the_table_of_extras_names_them_all() -> None:
    assert SECTION is not None
    rows = re.findall(r"^\| `(\w+)` \|", SECTION[1], re.MULTILINE)

    assert sorted(rows) == sorted(installation.extras())
