"""Which modes train on which instances."""

import pytest

from blazingtext_engine.container import instances

# Amazon EC2 instance types: those with several GPUs among the families BlazingText trains on, and how many.
SEVERAL_GPUS = {
    "ml.p2.8xlarge": 8, "ml.p2.16xlarge": 16, "ml.p3.8xlarge": 4, "ml.p3.16xlarge": 8, "ml.g4dn.12xlarge": 4, "ml.g5.12xlarge": 4,
    "ml.g5.24xlarge": 4, "ml.g5.48xlarge": 8,
}  # fmt: skip
ONE_GPU = ["ml.p2.xlarge", "ml.p3.2xlarge", "ml.g4dn.xlarge", "ml.g4dn.16xlarge", "ml.g5.xlarge", "ml.g5.16xlarge"]


def problems(mode: str, instance_type: str, hosts: int = 1) -> list[str]:
    return list(instances.problems(mode, instance_type, hosts))


@pytest.mark.parametrize(("instance_type", "gpus"), SEVERAL_GPUS.items())
def test_classification_takes_one_gpu_and_word_vectors_all(instance_type: str, gpus: int) -> None:
    (problem,) = problems("supervised", instance_type)

    assert problem.startswith(f"supervised trains on one GPU only. {instance_type} has {gpus}. ")
    assert problems("cbow", instance_type) == problems("skipgram", instance_type) == []


@pytest.mark.parametrize("instance_type", ONE_GPU)
def test_one_gpu_trains_all_modes_but_batch_skipgram(instance_type: str) -> None:
    assert problems("supervised", instance_type) == problems("cbow", instance_type) == problems("skipgram", instance_type) == []
    assert [each.partition(".")[0] for each in problems("batch_skipgram", instance_type)] == ["batch_skipgram is not supported on GPU"]
    assert [each.partition(".")[0] for each in problems("cbow", instance_type, 2)] == [
        "Please use a single GPU instance or change to multiple CPU instances"
    ]


@pytest.mark.parametrize("family", ["p4d", "p5", "g4ad", "g6", "trn1", "trn1n", "inf1", "inf2"])
def test_other_accelerators_train_nothing(family: str) -> None:
    assert problems("cbow", f"ml.{family}.24xlarge")[0].startswith(f"BlazingText does not train on ml.{family}.24xlarge. ")


@pytest.mark.parametrize(
    "instance_type", ["", "local", "ml.c5.xlarge", "ml.m6gd.large", "ml.c7i-flex.xlarge", "ml.r5d.large", "ml.t3.medium"]
)
def test_any_cpu_trains_all_modes_and_several_train_batch_skipgram(instance_type: str) -> None:
    for mode in ("batch_skipgram", "skipgram", "cbow", "supervised"):
        assert problems(mode, instance_type) == []
        assert bool(problems(mode, instance_type, 2)) is (mode != "batch_skipgram")
