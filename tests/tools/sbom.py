"""What the project runs on, as a software bill of materials: `make sbom`.

A CycloneDX document (https://cyclonedx.org/docs/1.6/json/) of every package in requirements/project.txt and every one that the CDK CLI in
package-lock.json needs, with the hashes of the locks. It holds no time and no address: of the same locks it is the same.
"""

import base64
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import blazingtext

ROOT = Path(__file__).parents[2]
TARGET = Path("dist/sbom.cdx.json")
_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def bill(root: Path = ROOT) -> dict[str, Any]:
    """The document of a checkout's locks."""
    python = _of_python((root / "requirements" / "project.txt").read_text(encoding="utf-8"))
    node = _of_node(json.loads((root / "package-lock.json").read_text(encoding="utf-8")))
    own = _component("pypi", "blazingtext-cdk", blazingtext.__version__, [])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**own, "type": "application"}},
        "components": sorted([*python, *node], key=lambda each: str(each["purl"])),
    }


def _of_python(lock: str) -> Iterator[dict[str, Any]]:
    """The packages of a lock of `uv pip compile --generate-hashes`."""
    found = list(_REQUIREMENT.finditer(lock))
    for each, following in zip(found, [*found[1:], None], strict=True):
        block = lock[each.start() : None if following is None else following.start()]
        hashes = [{"alg": "SHA-256", "content": content} for content in _HASH.findall(block)]
        yield _component("pypi", each["name"], each["version"], hashes)


def _of_node(lock: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The packages of an npm lock but those that only its tests need."""
    for path, package in lock["packages"].items():
        if path and not package.get("dev"):
            algorithm, _, digest = package["integrity"].partition("-")
            hashes = [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}]
            yield _component("npm", path.rpartition("node_modules/")[2], package["version"], hashes)


def _component(kind: str, name: str, version: str, hashes: list[dict[str, str]]) -> dict[str, Any]:
    """One package; its address is https://github.com/package-url/purl-spec's."""
    purl = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, **({"hashes": hashes} if hashes else {})}


def main(target: Path = ROOT / TARGET) -> int:
    """Writes the document, and says where."""
    found = bill()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"{target}: {len(found['components'])} packages", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
