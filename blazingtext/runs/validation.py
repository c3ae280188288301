"""The labelled text that a run was validated on, on this machine."""

from __future__ import annotations

from pathlib import Path

from blazingtext_lifecycle import naming

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..errors import RunError
from ..files import atomic_file
from .artifacts import cache_folder


def texts(cloud: Cloud, job: str) -> list[Path]:
    """The files of a run's validation channel as they are in the bucket now, downloaded once.

    Raises:
        RequestError: the run had no such channel, or its files are gone.
    """
    with translating_aws_errors(f"look at the validation channel of {job}"):
        described = cloud.sagemaker.describe_training_job(TrainingJobName=job)
        channels = (each for each in described.get("InputDataConfig", []) if each.get("ChannelName") == naming.VALIDATION)
        channel = next(channels, None)
        uri = "" if channel is None else channel["DataSource"].get("S3DataSource", {}).get("S3Uri", "")
        if not uri:
            raise RunError(
                f"{job} had no validation channel, so there is nothing to judge it on. Name labelled text: "
                f"{naming.command(f'evaluate --job {job} test.txt', cloud.stage)}.",
                cloud.stage,
            )
        found = [_kept(cloud, bucket, key) for bucket, key in _keys(cloud, uri)]
    if not found:
        raise RunError(
            f"The validation text of {job} is no longer at {uri}. Name labelled text: "
            f"{naming.command(f'evaluate --job {job} test.txt', cloud.stage)}.",
            cloud.stage,
        )
    return found


def _keys(cloud: Cloud, uri: str) -> list[tuple[str, str]]:
    """The bucket and key of every object below a prefix that holds something."""
    bucket, prefix = naming.split_s3_uri(uri)
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [(bucket, each["Key"]) for page in pages for each in page.get("Contents", []) if each["Size"]]


def _kept(cloud: Cloud, bucket: str, key: str) -> Path:
    """A file of the bucket, downloaded once; the ETag is part of its path, since a corpus may be replaced."""
    etag = cloud.s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
    path = cache_folder() / bucket / "validation" / etag / Path(key).name
    if not path.is_file():
        with atomic_file(path) as stream:
            cloud.s3.download_fileobj(bucket, key, stream)
    return path
