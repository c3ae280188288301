"""The rules that join hyperparameters with each other, with the instances and with the channels.

Sources: the matrix of the SageMaker guide (``blazingtext.html``) and AWS's ``validator.py``, whose messages begin ours where it has one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from . import instances
from .errors import HyperparameterError

Value = int | float | bool

BATCH_SKIPGRAM = "batch_skipgram"
WORD2VEC = frozenset({BATCH_SKIPGRAM, "skipgram", "cbow"})
SUPERVISED = frozenset({"supervised"})
MODES = WORD2VEC | SUPERVISED
DEFAULT_MODE = BATCH_SKIPGRAM


@dataclass(frozen=True)
class Choice:
    """Everything that a training request chose.

    Attributes:
        mode: the training mode.
        values: every hyperparameter of the mode, defaults included.
        given: the names that were given rather than defaulted.
        instance_type: what the job runs on.
        instance_count: on how many of them.
        channels: the job's channels; None when they are not known.
    """

    mode: str
    values: Mapping[str, Value]
    given: frozenset[str]
    instance_type: str
    instance_count: int
    channels: frozenset[str] | None = None


def has_effect(only_with: str, mode: str, values: Mapping[str, Value]) -> bool:
    """Whether a hyperparameter does anything, by the mode or switch it depends on (``""``: none).

    ``buckets`` depends on ``subwords`` in the Word2Vec modes alone; supervised has no such switch and always hashes its n-grams.
    """
    return not only_with or only_with == mode or bool(values.get(only_with, only_with == "subwords" and mode in SUPERVISED))


def problems(choice: Choice) -> list[HyperparameterError]:
    """Every combination that BlazingText refuses, in three parts each."""
    found = [*_instances(choice), *_subwords(choice), *_early_stopping(choice)]
    return [HyperparameterError(problem) for problem in found]


def _instances(choice: Choice) -> list[str]:
    return _gpu_instances(choice) if instances.is_gpu(choice.instance_type) else _cpu_instances(choice)


def _gpu_instances(choice: Choice) -> list[str]:
    found = []
    if choice.instance_count > 1:
        found.append(
            "Please use a single GPU instance or change to multiple CPU instances. "
            f"{choice.instance_count} x {choice.instance_type} was asked for, and BlazingText does not spread over GPU instances. "
            "Set the instance count to 1, or take a CPU type such as ml.c5.xlarge."
        )
    if choice.mode == BATCH_SKIPGRAM:
        found.append(
            "batch_skipgram is not supported on GPU. Please select a CPU instance or use cbow/skipgram. "
            f"The instance is {choice.instance_type}."
        )
    gpus = instances.gpu_count(choice.instance_type)
    if choice.mode in SUPERVISED and gpus not in (None, 1):
        found.append(
            f"supervised uses one GPU only. {choice.instance_type} has {gpus}, all of them billed. "
            "Take an instance with one GPU, such as ml.g4dn.xlarge, or a CPU instance."
        )
    return found


def _cpu_instances(choice: Choice) -> list[str]:
    if choice.instance_count == 1 or choice.mode == BATCH_SKIPGRAM:
        return []
    problem = (
        "Only batch_skipgram is available when training on multiple CPU instances. "
        f"{choice.instance_count} x {choice.instance_type} was asked for with mode {choice.mode}. "
        "Set the instance count to 1 or the mode to batch_skipgram."
    )
    return [problem]


def _subwords(choice: Choice) -> list[str]:
    if not choice.values.get("subwords"):
        return []
    found = []
    if choice.mode == BATCH_SKIPGRAM:
        found.append(
            "Subword embedding learning is not supported by batch_skipgram. subwords is True. "
            "Set the mode to skipgram or cbow, or subwords to False."
        )
    shortest, longest = choice.values["min_char"], choice.values["max_char"]
    if shortest > longest:
        found.append(
            f"Parameter 'min_char' should be <= 'max_char'. They are {shortest} and {longest}, so no n-gram has an allowed length. "
            "Raise max_char or lower min_char."
        )
    return found


def _early_stopping(choice: Choice) -> list[str]:
    if not choice.values.get("early_stopping") or choice.channels is None or "validation" in choice.channels:
        return []
    problem = (
        "early_stopping needs a validation channel. It stops on validation accuracy, and the corpus has no validation part. "
        "Upload one with the corpus, or set early_stopping to False."
    )
    return [problem]


def warnings(choice: Choice) -> list[str]:
    """What BlazingText accepts but is probably a mistake."""
    return [*_size_warnings(choice), *_idle_warnings(choice), *_instance_warnings(choice)]


def _size_warnings(choice: Choice) -> list[str]:
    values, found = choice.values, []
    if values["vector_dim"] >= 1500:
        found.append(
            "You are using a big vector dimension. Training might take a long time or might fail due to memory issues. 100 to 300 is usual."
        )
    if choice.mode == BATCH_SKIPGRAM:
        ideal = 2 * values["window_size"] + 1
        # A batch has 32 words at most.
        if values["batch_size"] != ideal and values["window_size"] <= 15:
            found.append(f"It is recommended that you set batch_size as 2*window_size + 1 which is {ideal} in this case.")
    if values.get("sampling_threshold", 0) > 0.001:
        found.append("sampling_threshold above 0.001 hardly thins out frequent words. AWS recommends at most 0.001; 0.0001 is the default.")
    if values["learning_rate"] > 1:
        found.append("learning_rate above 1 usually makes training diverge. 0.005 to 0.05 is usual.")
    if values.get("early_stopping") and values["min_epochs"] >= values["epochs"]:
        found.append("early_stopping never acts: min_epochs is not below epochs. Raise epochs.")
    return found


_SWITCHES = {
    "buckets": "subwords",
    "min_char": "subwords",
    "max_char": "subwords",
    "min_epochs": "early_stopping",
    "patience": "early_stopping",
}


def _idle_warnings(choice: Choice) -> list[str]:
    found = [
        f"{name} has no effect without {switch}. Set {switch} to True, or leave {name} out."
        for name, switch in _SWITCHES.items()
        if name in choice.given and not has_effect(switch, choice.mode, choice.values)
    ]
    if "batch_size" in choice.given and choice.mode != BATCH_SKIPGRAM:
        found.append(f"batch_size has no effect in mode {choice.mode}. Only batch_skipgram uses it.")
    return found


def _instance_warnings(choice: Choice) -> list[str]:
    gpus = instances.gpu_count(choice.instance_type)
    if gpus is None:
        return [f"{choice.instance_type} is not among the GPU instances that AWS lists for BlazingText: P2, P3, G4dn and G5."]
    # Word vectors: text classification on several is refused.
    if gpus not in (0, 1):
        return [
            "Training on several GPUs writes no vectors.bin, so the model cannot be served. Take one GPU or a CPU instance for an endpoint."
        ]
    return []
