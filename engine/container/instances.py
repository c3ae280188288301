"""Which instances BlazingText trains on: rules by mode, on CPUs and on GPUs.

Source: "BlazingText algorithm", SageMaker developer guide (the matrix of modes and instances, "EC2 Instance Recommendation"). The words of
the first two refusals are those of AWS's validator.py beside the text8 notebook. How many GPUs a type has: Amazon EC2 instance types.
"""

import re
from collections.abc import Iterator

_FAMILY = re.compile(r"ml\.(?P<family>[a-z]+\d[a-z0-9-]*)")
# Families with accelerators begin so, and a digit follows.
_ACCELERATED = re.compile(r"(p|g|trn|inf)\d")
GPU_FAMILIES = ("p2", "p3", "g4dn", "g5")
_SEVERAL_GPUS = {
    "ml.p2.8xlarge": 8,
    "ml.p2.16xlarge": 16,
    "ml.p3.8xlarge": 4,
    "ml.p3.16xlarge": 8,
    "ml.g4dn.12xlarge": 4,
    "ml.g5.12xlarge": 4,
    "ml.g5.24xlarge": 4,
    "ml.g5.48xlarge": 8,
}


def problems(mode: str, instance_type: str, hosts: int) -> Iterator[str]:
    """Why BlazingText does not train in this mode on these instances, one sentence each; nothing when it does.

    Args:
        mode: the training mode.
        instance_type: such as ml.c5.xlarge; empty when it is not known, and then the instances count as CPUs.
        hosts: how many of them.
    """
    match = _FAMILY.match(instance_type)
    if match is None or _ACCELERATED.match(match["family"]) is None:
        yield from _cpu_problems(mode, hosts)
        return
    if match["family"] not in GPU_FAMILIES:
        yield (
            f"BlazingText does not train on {instance_type}. Of the instances with accelerators it supports P2, P3, G4dn and G5. "
            "Take one of these, or a CPU instance such as ml.c5.xlarge."
        )
    if hosts > 1:
        yield (
            f"Please use a single GPU instance or change to multiple CPU instances. This is {hosts} x {instance_type}. "
            "Set InstanceCount to 1, or take a CPU instance."
        )
    if mode == "batch_skipgram":
        yield f"batch_skipgram is not supported on GPU. Please select a CPU instance or use cbow/skipgram. This is {instance_type}."
    if mode == "supervised" and instance_type in _SEVERAL_GPUS:
        yield (
            f"supervised trains on one GPU only. {instance_type} has {_SEVERAL_GPUS[instance_type]}. "
            "Take an instance with one, such as ml.g4dn.xlarge, or a CPU instance."
        )


def _cpu_problems(mode: str, hosts: int) -> Iterator[str]:
    if hosts > 1 and mode != "batch_skipgram":
        yield (
            f"Only batch_skipgram is available when training on multiple CPU instances. "
            f"This is {mode} on {hosts} instances. Set InstanceCount to 1, or mode to batch_skipgram."
        )
