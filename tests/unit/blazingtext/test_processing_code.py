"""The code of a processing job is all that it needs, has the same bytes for the same code, and is sent once."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from blazingtext.runs import processing_code
from tests.unit.blazingtext.cloud_fakes import BUCKET, FakeClient, cloud

# What AWS's Spark image has of what the project's packages import: smsparkbuild/py312/Pipfile.runtime.lock of
# https://github.com/aws/sagemaker-spark-container. Not backports.zstd.
INSTALLED = ("boto3", "botocore", "charset_normalizer")
ALONE = f"""
import sys

sys.path.insert(0, sys.argv[1])


class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {{"backports", "click", "rich", "numpy", "numba", "pandas"}}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path[:] = [Refused(), *(each for each in sys.meta_path if "editable" not in repr(each).lower())]
from blazingtext.spark import application, assembly, corpus, work
import blazingtext_lifecycle

ours = {{name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("blazingtext", "blazingtext_lifecycle")}}
print(all(str(module.__file__).startswith(sys.argv[1]) for module in ours.values()), len(ours) > 20)
print(sorted(name for name in sys.modules if name in {INSTALLED!r}))
"""


def test_the_archive_holds_all_that_the_application_imports(tmp_path: Path) -> None:
    archive = tmp_path / "blazingtext.zip"
    archive.write_bytes(processing_code.files()["blazingtext.zip"])

    ran = subprocess.run([sys.executable, "-c", ALONE, str(archive)], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert ran.stdout.splitlines() == ["True True", "['boto3', 'botocore', 'charset_normalizer']"], ran.stderr


def test_the_same_code_has_the_same_bytes_whenever_it_is_packed() -> None:
    first, again = processing_code.files(), processing_code.files()

    assert first == again
    with zipfile.ZipFile(io.BytesIO(first["blazingtext.zip"])) as archive:
        assert {(each.date_time, each.compress_type) for each in archive.infolist()} == {((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED)}
        assert "blazingtext/spark/application.py" in archive.namelist()
    compile(first["prepare_corpus.py"], "prepare_corpus.py", "exec")


def test_it_is_sent_once_under_its_hash() -> None:
    objects: dict[str, bytes] = {}

    def put(**wish: Any) -> dict[str, Any]:
        assert wish["Bucket"] == BUCKET
        objects[wish["Key"]] = wish["Body"]
        return {}

    def listed(**wish: Any) -> dict[str, Any]:
        return {"Contents": [{"Key": key, "Size": len(data)} for key, data in objects.items() if key.startswith(wish["Prefix"])]}

    s3 = FakeClient(put_object=put, list_objects_v2=listed)
    stage = cloud(s3=s3)

    digest = processing_code.send(stage)

    assert sorted(objects) == [f"processing/code/{digest}/blazingtext.zip", f"processing/code/{digest}/prepare_corpus.py"]
    assert processing_code.send(stage) == digest
    assert [name for name, _ in s3.calls].count("put_object") == 2
