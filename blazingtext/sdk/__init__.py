"""The SageMaker Python SDK's own objects, bound to a deployed stage: its role, bucket, image, tags and names are set."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from blazingtext_lifecycle.extras import MissingExtraError

from ..cloud import Cloud
from .stage import Sdk


def bind(cloud: Cloud) -> Sdk:
    """The objects of the SDK generation that is installed: version 3 (`ModelTrainer`), or version 2 (`Estimator`).

    Raises:
        MissingExtraError: neither is installed.
        NotDeployedError: the stage is not deployed.
    """
    if find_spec("sagemaker") is not None and find_spec("sagemaker.train") is not None:
        from .v3 import SdkV3  # noqa: PLC0415 - the SDK takes seconds to load

        return SdkV3(cloud)
    if _version_2():
        from .v2 import SdkV2  # noqa: PLC0415 - likewise

        return SdkV2(cloud)
    raise MissingExtraError("sagemaker", ["sagemaker.train"])


def _version_2() -> bool:
    try:
        return version("sagemaker").startswith("2.")
    except PackageNotFoundError:
        return False
