"""A variant's model: fetched with the hosting role, and unpacked."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from .. import model_archive, s3, volume
from ..api.contract import Parameters
from ..cloud import Cloud, RoleError
from ..model_archive import ArchiveError, TooLargeError
from ..s3 import Location, TransferError

#: AWS's longest ModelDataDownloadTimeoutInSeconds, for a variant that names none.
DOWNLOAD_SECONDS: Final = 3600


class FleetError(Exception):
    """A fleet did not become healthy; the message is the endpoint's FailureReason."""


def fetch(cloud: Cloud, model: Parameters, variant: Parameters, folder: Path) -> None:
    """Fetch a model's artifact and unpack it into a folder; the archive does not stay.

    Raises:
        FleetError: it cannot be fetched, or not be unpacked.
    """
    name, uri = str(variant["VariantName"]), str(model["PrimaryContainer"]["ModelDataUrl"])
    limit, began = variant.get("ModelDataDownloadTimeoutInSeconds", DOWNLOAD_SECONDS), time.monotonic()
    archive = folder.with_name("model.tar.gz")
    try:
        # CreateModel has checked the address.
        s3.download(cloud.client("s3", model["ExecutionRoleArn"]), Location.parse(uri) or Location("", ""), archive)
        _unpack(archive, folder, variant, uri)
        if time.monotonic() - began > limit:
            raise TransferError(f"it took more than {limit} seconds")  # noqa: TRY301 - reported like any other reason
    except (TransferError, RoleError) as problem:
        raise FleetError(
            f"Failed to download model data for the production variant {name}. Please ensure that there is an object located at the"
            f' URL "{uri}" and that the role passed to CreateModel has permissions to download the object. ({problem})'
        ) from problem
    finally:
        archive.unlink(missing_ok=True)


def _unpack(archive: Path, folder: Path, variant: Parameters, uri: str) -> None:
    """Unpack an archive, with SageMaker's words when that fails.

    Seen: https://github.com/aws/deep-learning-containers/pull/569 and https://github.com/aws/sagemaker-python-sdk/issues/879

    Raises:
        FleetError: it is no archive, holds what may not be extracted, or does not fit.
    """
    size = variant.get("VolumeSizeInGB")
    try:
        model_archive.unpack(archive, folder, room=None if size is None else size * volume.GIGABYTE)
    except TooLargeError as problem:
        raise FleetError(
            "The model data archive is too large. Please reduce the size of the model data archive or move to an instance type with more"
            f" memory. ({problem})"
        ) from problem
    except ArchiveError as problem:
        raise FleetError(
            f'Failed to extract model data archive for container "container_1" from URL "{uri}". Please ensure that the object located at'
            f" the URL is a valid tar.gz archive. ({problem})"
        ) from problem
