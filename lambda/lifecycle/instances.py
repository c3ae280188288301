"""What BlazingText may run on: the rules on CPU and GPU instances.

Sources: the BlazingText page of the SageMaker guide (matrix of modes and instances; "P2, P3, G4dn, and G5") and
``validator.py`` beside AWS's text8 notebook. GPU counts are the SageMaker SDK's; a test holds them equal.
"""

import re

_TYPE = re.compile(r"ml\.(?P<family>[a-z][a-z0-9-]*)\.[a-z0-9-]+")
_GPU_FAMILY = re.compile(r"(p|g)\d")

GPU_COUNTS = {
    "ml.p2.xlarge": 1,
    "ml.p2.8xlarge": 8,
    "ml.p2.16xlarge": 16,
    "ml.p3.2xlarge": 1,
    "ml.p3.8xlarge": 4,
    "ml.p3.16xlarge": 8,
    "ml.g4dn.xlarge": 1,
    "ml.g4dn.2xlarge": 1,
    "ml.g4dn.4xlarge": 1,
    "ml.g4dn.8xlarge": 1,
    "ml.g4dn.12xlarge": 4,
    "ml.g4dn.16xlarge": 1,
    "ml.g5.xlarge": 1,
    "ml.g5.2xlarge": 1,
    "ml.g5.4xlarge": 1,
    "ml.g5.8xlarge": 1,
    "ml.g5.12xlarge": 4,
    "ml.g5.16xlarge": 1,
    "ml.g5.24xlarge": 4,
    "ml.g5.48xlarge": 8,
}

# These bring their own NVMe disk; the volume size does not limit them.
_LOCAL_DISK_FAMILIES = ("g4dn", "g5", "p3dn", "p4d")

# What a family with instance storage is called: a "d" after its number (c5d, g4dn, p4d), or one of a few without.
_INSTANCE_STORAGE = re.compile(r"[a-z]+\d+[a-z]*d[a-z]*|g5|g6e?|p5e?n?|trn\d+n?")

MAXIMUM_COUNT = 20


def is_instance_type(name: str) -> bool:
    """Whether a name has the shape of a SageMaker instance type, such as ``ml.c5.xlarge``."""
    return _TYPE.fullmatch(name) is not None


def family(name: str) -> str:
    """The family of an instance type: ``c5`` of ``ml.c5.xlarge``; ``""`` when the name is none."""
    found = _TYPE.fullmatch(name)
    return found["family"] if found else ""


def is_gpu(name: str) -> bool:
    """Whether an instance type has GPUs."""
    return _GPU_FAMILY.match(family(name)) is not None


def has_local_disk(name: str) -> bool:
    """Whether an instance type brings its own disk, so that the volume size does not matter."""
    return family(name) in _LOCAL_DISK_FAMILIES


def encrypts_local_disk(name: str) -> bool:
    """Whether an instance type encrypts its own disks in hardware, so that SageMaker refuses a KMS key for them.

    Sources: ``VolumeKmsKeyId`` of https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html and, for the types,
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/InstanceStorage.html. A type that is not known there counts as one without.
    """
    return _INSTANCE_STORAGE.fullmatch(family(name)) is not None


def gpu_count(name: str) -> int | None:
    """How many GPUs an instance type has: 0 for a CPU instance, None for a GPU instance that BlazingText does not support."""
    return GPU_COUNTS.get(name) if is_gpu(name) else 0
