"""The bill of materials names what the locks hold, all of it, with their hashes, and is the same each time."""

import base64
import json
import re
from pathlib import Path

import pytest

import blazingtext
from tests.tools import sbom

ROOT = Path(__file__).parents[3]
PYTHON = f"""# a comment: numpy==0
boto3==1.43.0 \\
    --hash=sha256:{"a" * 64} \\
    --hash=sha256:{"b" * 64}
    # via something==9
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:{"c" * 64}
"""
NODE = {
    "packages": {
        "": {"name": "project"},
        "node_modules/aws-cdk": {"version": "2.1", "integrity": "sha512-" + base64.b64encode(b"\x01" * 64).decode()},
        "node_modules/aws-cdk/node_modules/@a/b": {"version": "3", "integrity": "sha1-" + base64.b64encode(b"\x02" * 20).decode()},
        "node_modules/test": {"version": "4", "integrity": "sha512-AAAA", "dev": True},
    }
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "project.txt").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "package-lock.json").write_text(json.dumps(NODE), encoding="utf-8")
    return tmp_path


def test_every_package_of_the_locks_is_there_with_its_hashes_but_those_of_tests(root: Path) -> None:
    found = sbom.bill(root)

    assert {each["purl"]: each.get("hashes") for each in found["components"]} == {
        "pkg:pypi/boto3@1.43.0": [{"alg": "SHA-256", "content": "a" * 64}, {"alg": "SHA-256", "content": "b" * 64}],
        "pkg:pypi/numpy@2.4.6": [{"alg": "SHA-256", "content": "c" * 64}],
        "pkg:npm/aws-cdk@2.1": [{"alg": "SHA-512", "content": "01" * 64}],
        "pkg:npm/%40a/b@3": [{"alg": "SHA-1", "content": "02" * 20}],
    }
    assert {each["name"] for each in found["components"]} == {"boto3", "numpy", "aws-cdk", "@a/b"}
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    own = found["metadata"]["component"]
    assert (own["type"], own["name"], own["version"]) == ("application", "blazingtext-cdk", blazingtext.__version__)


def test_the_projects_own_bill_is_whole_and_the_same_each_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sbom.main(tmp_path / "new" / "one.json") == sbom.main(tmp_path / "two.json") == 0

    one = (tmp_path / "new" / "one.json").read_bytes()
    assert one == (tmp_path / "two.json").read_bytes()
    components = json.loads(one)["components"]
    lock = (ROOT / "requirements" / "project.txt").read_text(encoding="utf-8")
    assert len([each for each in components if each["purl"].startswith("pkg:pypi/")]) == len(re.findall(r"^\S+==", lock, re.MULTILINE))
    assert "pkg:npm/aws-cdk@" in one.decode()
    assert all(each["hashes"] for each in components)
    assert len({each["bom-ref"] for each in components}) == len(components)
    assert f"{len(components)} packages" in capsys.readouterr().err
