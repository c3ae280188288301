"""The kinds of SageMaker's jobs that the functions start, look up and stop; a further kind is a row here."""

from dataclasses import dataclass

from . import naming, tuning_names


@dataclass(frozen=True)
class JobKind:
    """How SageMaker's API calls one kind of job.

    Attributes:
        noun: what people call it.
        shape: what its fields begin with, such as ``TrainingJobName``.
        method: what boto3's methods end in, such as ``create_training_job``.
        failures: the command of ours that shows why one failed.
        listed: the command of ours that lists them.
        answered: what its fields in the answers of our functions begin with, such as ``jobName``.
        log_group: where its containers' output is; ``""`` when it has none.
        is_deletable: whether AWS can delete its record.
        longest_name: how many characters its name may have.
    """

    noun: str
    shape: str
    method: str
    failures: str
    listed: str
    answered: str
    log_group: str = ""
    is_deletable: bool = True
    longest_name: int = 63

    @property
    def name(self) -> str:
        """The field that holds its name."""
        return f"{self.shape}Name"

    @property
    def arn(self) -> str:
        """The field that holds its ARN."""
        return f"{self.shape}Arn"

    @property
    def status(self) -> str:
        """The field that holds its status."""
        return f"{self.shape}Status"

    @property
    def ended(self) -> str:
        """The field that holds when it ended, once it has."""
        return f"{self.shape.removesuffix('Job')}EndTime"


TRAINING = JobKind("training job", "TrainingJob", "training_job", "logs", "runs", "job", naming.TRAINING_LOG_GROUP)
TUNING = JobKind(
    "tuning job",
    "HyperParameterTuningJob",
    "hyper_parameter_tuning_job",
    "tunings",
    "tunings",
    "tuningJob",
    longest_name=tuning_names.LIMIT,
)
PROCESSING = JobKind("processing job", "ProcessingJob", "processing_job", "corpus jobs", "corpus jobs", "job", naming.PROCESSING_LOG_GROUP)
TRANSFORM = JobKind(
    "transform job", "TransformJob", "transform_job", "transforms", "transforms", "job", naming.TRANSFORM_LOG_GROUP, is_deletable=False
)
