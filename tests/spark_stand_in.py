"""Stands for AWS's Spark image where tests are not about Spark: the application runs as its role and does all its work, but in one process.

What PySpark makes of it is tested by ``make spark``, which PySpark and Java need.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_COMMAND, _HOLD = "smspark-submit", "hold"
REPOSITORY = "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing"
# As in AWS's image, the first instance runs the application; here there is nothing for the others to do.
_PROGRAM = """#!{python}
import json
import os
import sys
import time
from pathlib import Path

while Path(__file__).with_name({hold!r}).exists():
    time.sleep(0.02)
place = json.loads((Path(os.environ["SAGEMAKER_BASE_DIR"]) / "config" / "resourceconfig.json").read_text())
if place["current_host"] != min(place["hosts"]):
    sys.exit()
option, packages, application, *words = sys.argv[1:]
assert (option, application.rpartition("/")[2]) == ("--py-files", "prepare_corpus.py"), sys.argv
sys.path.insert(0, packages)
from blazingtext.spark import application
sys.exit(application.finish(application.read(words), lambda function, items, *, together=1: [function(each) for each in items]))
"""


@contextmanager
def spark_stand_in(folder: Path) -> Iterator[Mapping[str, Sequence[str]]]:
    """The images of a sandbox that has none of Spark's: in its body, a sandbox finds ``smspark-submit``.

    Args:
        folder: where the program goes.
    """
    program = folder / _COMMAND
    program.write_text(_PROGRAM.format(python=sys.executable, hold=_HOLD), encoding="utf-8")
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        # Requests name their own entrypoint; without one there is nothing to run.
        yield {REPOSITORY: (sys.executable, "-c", "raise SystemExit('no entrypoint')")}


@contextmanager
def held() -> Iterator[None]:
    """Within a stand-in: applications wait before they do anything."""
    program = shutil.which(_COMMAND)
    assert program is not None
    mark = Path(program).with_name(_HOLD)
    mark.touch()
    try:
        yield
    finally:
        mark.unlink()
