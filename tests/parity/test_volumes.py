"""A training job's disk: what does not fit on its volume fails the job, and this machine's disk is not filled."""

import errno
import os
from pathlib import Path
from typing import Any

import psutil
import pytest

from blazingtext_sandbox.sagemaker import model_archive, volume
from blazingtext_sandbox.sagemaker.volume import Volume
from tests.parity.sagemaker_support import Sage, training_request
from tests.parity.support import wait_until

MEGABYTE = 1 << 20
REASON = "AlgorithmError: No space left on device: the volume of {} GB (VolumeSizeInGB) is full, exit code: 137"


def resources(gigabytes: int, instance: str = "ml.c5.xlarge", count: int = 1) -> dict[str, Any]:
    return {"InstanceType": instance, "InstanceCount": count, "VolumeSizeInGB": gigabytes}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gigabyte is a megabyte here."""
    monkeypatch.setattr(volume, "GIGABYTE", MEGABYTE)


@pytest.mark.parametrize("hosts", [1, 2])
def test_a_container_that_fills_its_volume_is_killed_and_the_job_says_why(sage: Sage, tmp_path: Path, hosts: int) -> None:
    before = psutil.Process().children()
    sage.call("CreateTrainingJob", **training_request(behaviour="fill", ResourceConfig=resources(2, count=hosts)))

    job = sage.ended("job")

    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", REASON.format(2))
    assert "ModelArtifacts" not in job
    wait_until(lambda: "No space left on device: the volume of 2 GB (VolumeSizeInGB) is full" in sage.lines("job"))
    wait_until(lambda: not (tmp_path / "training" / "us-east-1" / "job").exists())
    assert not [each for each in psutil.Process().children() if each not in before and each.status() != psutil.STATUS_ZOMBIE]


def test_a_container_that_ends_before_anybody_looked_has_filled_its_volume_all_the_same(
    sage: Sage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = sage.train(behaviour="fill-and-end", ResourceConfig=resources(1))
    assert job["FailureReason"] == REASON.format(1)

    assert sage.train("larger", behaviour="fill-and-end", ResourceConfig=resources(2))["TrainingJobStatus"] == "Completed"


def test_an_instance_with_disks_of_its_own_has_what_this_machine_has(sage: Sage) -> None:
    job = sage.train(behaviour="fill-and-end", ResourceConfig=resources(1, "ml.g4dn.xlarge"))

    assert job["TrainingJobStatus"] == "Completed"


def test_a_corpus_that_does_not_fit_is_not_fetched(sage: Sage, tmp_path: Path) -> None:
    sage.cloud.aws.objects["bucket", "corpora/x/train/more"] = bytes(MEGABYTE)
    job = sage.train(ResourceConfig=resources(1))

    assert job["FailureReason"] == "ClientError: Data download failed:Insufficient disk space"
    assert not sage.lines("job")


def test_two_channels_share_a_volume(sage: Sage) -> None:
    (train,) = training_request()["InputDataConfig"]
    sage.cloud.aws.objects["bucket", "corpora/x/train/text"] = b"words " * 100_000
    both = [train, {**train, "ChannelName": "validation"}]

    one = sage.train(ResourceConfig=resources(2), InputDataConfig=[train])
    two = sage.train("both", ResourceConfig=resources(1), InputDataConfig=both)

    assert one["TrainingJobStatus"] == "Completed"
    assert two["FailureReason"] == "ClientError: Data download failed:Insufficient disk space"


def test_a_model_that_leaves_no_room_for_its_archive_is_not_stored(sage: Sage, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = model_archive.pack

    def pack_and_grow(folder: Path, archive: Path) -> list[str]:
        names = pack(folder, archive)
        with archive.open("ab") as file:
            file.write(os.urandom(MEGABYTE))
            os.fsync(file.fileno())
        return names

    monkeypatch.setattr(model_archive, "pack", pack_and_grow)

    job = sage.train(ResourceConfig=resources(1))

    assert job["FailureReason"] == "ClientError: Artifact upload failed:Insufficient disk space"
    assert ("bucket", "runs/job/output/model.tar.gz") not in sage.cloud.aws.objects


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSPC, "ClientError: Artifact upload failed:Insufficient disk space"),
        (errno.EACCES, "InternalServerError: We encountered an internal error. Please try again."),
    ],
)
def test_a_full_disk_of_this_machine_is_a_full_volume_and_nothing_else_is(
    sage: Sage, monkeypatch: pytest.MonkeyPatch, code: int, reason: str
) -> None:
    def refused(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(model_archive, "pack", refused)

    assert sage.train()["FailureReason"] == reason


def test_a_job_whose_corpus_went_before_its_download_says_so_as_create_training_job_would(sage: Sage) -> None:
    looked: list[str] = []
    may = sage.cloud.client

    def gone_after_one_look(service: str, role_arn: str) -> Any:
        """The first client is CreateTrainingJob's own: it sees the corpus."""
        if service == "s3":
            looked.append(role_arn)
            if len(looked) == 2:
                sage.cloud.aws.objects.clear()
        return may(service, role_arn)

    sage.cloud.client = gone_after_one_look  # type: ignore[method-assign] # for this test

    job = sage.train()

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith('ClientError: No S3 objects found under S3 URL "s3://bucket/corpora/x/train/" given in input')
    assert [each["Status"] for each in job["SecondaryStatusTransitions"]] == ["Starting", "Downloading", "Failed"]


def test_input_counts_once_and_links_take_nothing(tmp_path: Path) -> None:
    (tmp_path / "input" / "data" / "train").mkdir(parents=True)
    (tmp_path / "input" / "data" / "train" / "text").write_bytes(os.urandom(3 * MEGABYTE))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "outwards").symlink_to(tmp_path / "input")
    (tmp_path / "model" / "again").symlink_to(tmp_path / "input" / "data" / "train" / "text")
    small = Volume(tmp_path, resources(2))
    unlimited = Volume(tmp_path, {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1})

    assert not small.is_full(now=True)
    small.add_data(3 * MEGABYTE)
    assert small.is_full()
    assert (small.room(), unlimited.room(), unlimited.is_full(now=True)) == (-MEGABYTE, None, False)
