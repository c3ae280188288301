"""Write `policies.json.gz` anew from a release of moto, whose maintainers collect the documents from IAM.

    pip download --no-deps moto==5.2.5
    python sandbox/data/managed_policies/renew.py moto-5.2.5-py3-none-any.whl

Nothing of moto is installed or run: the one file is read out of the wheel. The same wheel gives the same bytes.
"""

from __future__ import annotations

import ast
import gzip
import json
import sys
import zipfile
from pathlib import Path

IN_THE_WHEEL = "moto/iam/aws_managed_policies.py"
KEPT = ("CreateDate", "DefaultVersionId", "Path", "UpdateDate")
OUTPUT = Path(__file__).with_name("policies.json.gz")


def policies(wheel: Path) -> dict[str, dict[str, object]]:
    """Name -> what is kept of it, in the order of the names.

    Raises:
        ValueError: the file in the wheel is not the one assignment of a JSON text that it was.
    """
    with zipfile.ZipFile(wheel) as archive:
        tree = ast.parse(archive.read(IN_THE_WHEEL))
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Assign):
        raise ValueError(f"{IN_THE_WHEEL} in {wheel} is not one assignment; see what became of it, and change this script.")
    found = json.loads(ast.literal_eval(tree.body[0].value))
    return {name: {**{key: found[name][key] for key in KEPT}, "Document": _text(found[name]["Document"])} for name in sorted(found)}


def _text(document: object) -> str:
    """A document as IAM hands it out: a text."""
    return json.dumps(document, separators=(",", ":"))


def main() -> None:
    """Renew the file, and say how many documents it holds."""
    found = policies(Path(sys.argv[1]))
    OUTPUT.write_bytes(gzip.compress(_text(found).encode(), 9, mtime=0))
    print(f"{len(found)} policies, {OUTPUT.stat().st_size} bytes, from {sys.argv[1]}")


if __name__ == "__main__":
    main()
