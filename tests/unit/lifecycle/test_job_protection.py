"""What a company's settings change in a CreateTrainingJob request, and what a request of a person's cannot change back."""

import dataclasses
from typing import Any

import pytest

from blazingtext_lifecycle import instances, requests, training_jobs
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.job_protection import JobProtection
from tests.unit.aws_requests import validate
from tests.unit.lifecycle.test_training_jobs import ENVIRONMENT, REQUEST, corpus

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
VPC = {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}


def definition(protection: JobProtection, **changes: Any) -> dict[str, Any]:
    environment = dataclasses.replace(ENVIRONMENT, protection=protection)
    job = training_jobs.decide(dataclasses.replace(REQUEST, **changes), corpus(), environment, [])
    validate("sagemaker", "CreateTrainingJob", {"TrainingJobName": job.name, **job.definition})
    return job.definition


def test_without_protection_a_job_is_as_it_always_was() -> None:
    plain = definition(JobProtection())

    assert not {"VpcConfig", "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"} & plain.keys()
    assert "KmsKeyId" not in plain["OutputDataConfig"]
    assert "VolumeKmsKeyId" not in plain["ResourceConfig"]


def test_the_key_encrypts_volume_and_artifact() -> None:
    protected = definition(JobProtection(key_arn=KEY))

    assert protected["OutputDataConfig"]["KmsKeyId"] == protected["ResourceConfig"]["VolumeKmsKeyId"] == KEY


@pytest.mark.parametrize("instance_type", ["ml.g5.xlarge", "ml.g4dn.xlarge", "ml.c5d.xlarge"])
def test_a_disk_that_encrypts_itself_gets_no_key_which_sagemaker_would_refuse(instance_type: str) -> None:
    protected = definition(JobProtection(key_arn=KEY), instance_type=instance_type)

    assert "VolumeKmsKeyId" not in protected["ResourceConfig"]
    assert protected["OutputDataConfig"]["KmsKeyId"] == KEY


@pytest.mark.parametrize(
    ("instance_type", "itself"),
    [("ml.c5.xlarge", False), ("ml.m5d.large", True), ("ml.p3.2xlarge", False), ("ml.p3dn.24xlarge", True), ("ml.p4de.24xlarge", True),
     ("ml.c6id.large", True), ("ml.m4.xlarge", False), ("ml.p5.48xlarge", True), ("ml.trn1.2xlarge", True), ("no-type", False)],
)  # fmt: skip
def test_which_instances_encrypt_their_disks_themselves(instance_type: str, itself: bool) -> None:
    assert instances.encrypts_local_disk(instance_type) is itself


def test_jobs_run_in_the_network_isolated_and_with_encrypted_traffic() -> None:
    protected = definition(JobProtection(vpc=VPC, network_isolation=True, traffic_encryption=True))

    assert protected["VpcConfig"] == VPC
    assert protected["EnableNetworkIsolation"] is True
    assert protected["EnableInterContainerTrafficEncryption"] is True


def test_the_stages_tags_are_on_every_job_and_no_request_changes_them() -> None:
    protected = definition(JobProtection(tags={"cost-center": "42", "team": "platform"}), tags={"team": "mine", "purpose": "trial"})
    tags = {tag["Key"]: tag["Value"] for tag in protected["Tags"]}

    assert (tags["cost-center"], tags["team"], tags["purpose"]) == ("42", "platform", "trial")
    assert tags["blazingtext:stage"] == "dev"


def test_protection_does_not_change_the_model_and_so_not_the_jobs_name() -> None:
    protected = dataclasses.replace(ENVIRONMENT, protection=JobProtection(key_arn=KEY, vpc=VPC))

    assert training_jobs.decide(REQUEST, corpus(), protected, []).name == training_jobs.decide(REQUEST, corpus(), ENVIRONMENT, []).name


def test_the_stages_tags_leave_a_request_less_room() -> None:
    environment: LaunchEnvironment = dataclasses.replace(ENVIRONMENT, protection=JobProtection(tags={"a": "1", "b": "2"}))
    event = {"corpus": "wiki", "tags": {str(number): "x" for number in range(41)}}

    _, (problem,) = requests.read(event, environment)
    _, none = requests.read({**event, "tags": {str(number): "x" for number in range(40)}}, environment)

    assert "8 are ours and 2 the stage's. Give at most 40." in str(problem)
    assert none == []
