"""The code that a processing job runs: this package's own, sent to the stage's bucket once.

It is that of the command, not of the deployed stage: a corpus that is prepared on AWS is the one that this very version makes here.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import blazingtext_lifecycle
from blazingtext_lifecycle import naming, object_reading
from blazingtext_lifecycle.processing_jobs import APPLICATION, PACKAGES

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud

_OWN = Path(__file__).parents[1]
# What of this package is needed there: its modules at the top, the preparation of corpora, and what Spark runs.
_FOLDERS = ("", "corpus", "spark")
# The earliest day that a ZIP archive knows: the same code has the same bytes.
_DAY = (1980, 1, 1, 0, 0, 0)
_MAIN = b"""# Spark starts this; everything else is in the archive beside it.
import sys

from blazingtext.spark.application import main

sys.exit(main(sys.argv[1:]))
"""


def files() -> Mapping[str, bytes]:
    """The files by name: an archive of packages, and the application.

    The archive is not compressed: other versions of zlib would make other bytes.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, path in sorted(_modules()):
            archive.writestr(zipfile.ZipInfo(name, _DAY), path.read_bytes())
    return {PACKAGES: stream.getvalue(), APPLICATION: _MAIN}


def send(cloud: Cloud) -> str:
    """Sends the code, unless it is there.

    Returns:
        Its SHA-256.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    found = files()
    digest = hashlib.sha256(b"".join(hashlib.sha256(data).digest() for _, data in sorted(found.items()))).hexdigest()
    with translating_aws_errors("send the code of the processing job"):
        for name, data in found.items():
            key = naming.code_key(digest, name)
            if object_reading.size_of(cloud.s3, cloud.bucket, key) != len(data):
                cloud.s3.put_object(Bucket=cloud.bucket, Key=key, Body=data)
    return digest


def _modules() -> Iterator[tuple[str, Path]]:
    for folder in _FOLDERS:
        for path in (_OWN / folder).glob("*.py"):
            yield path.relative_to(_OWN.parent).as_posix().replace(f"{_OWN.name}/", "blazingtext/", 1), path
    for path in Path(blazingtext_lifecycle.__path__[0]).glob("*.py"):
        yield f"blazingtext_lifecycle/{path.name}", path
