"""What the SDK's objects need to know of a stage, and what both generations of the SDK offer."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from blazingtext_lifecycle import images, naming
from blazingtext_lifecycle.errors import RequestError

from ..cloud import Cloud

# What is left of SageMaker's 32 characters after the prefix of the longest stage name.
_TUNING_SUFFIX = 7


class Sdk(ABC):
    """A stage for a person with the SageMaker Python SDK.

    Everything made through it is named after the stage and tagged as its own, so `blazingtext runs` and `audit` see it, a finished job
    is promoted like any other, and `cdk destroy` stops a running one.

    Args:
        cloud: the stage.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    @property
    def bucket(self) -> str:
        """The stage's bucket."""
        return self._cloud.bucket

    @cached_property
    def training_role(self) -> str:
        """The role of its training jobs."""
        return self._cloud.output(naming.training_stack(self._cloud.stage), naming.Output.TRAINING_ROLE_ARN)

    @cached_property
    def hosting_role(self) -> str:
        """The role of its endpoints."""
        return self._cloud.output(naming.training_stack(self._cloud.stage), naming.Output.HOSTING_ROLE_ARN)

    @property
    def image(self) -> str:
        """The BlazingText image of its region."""
        return images.image_uri(self._cloud.region)

    def tags(self, corpus: str = "") -> list[dict[str, str]]:
        """The stage's tags, and a corpus's."""
        found = naming.tags(self._cloud.stage) | ({naming.CORPUS_TAG: corpus} if corpus else {})
        return [{"Key": key, "Value": value} for key, value in found.items()]

    def data(self, corpus: str, channel: str) -> str:
        """The S3 URI of a channel of an uploaded corpus.

        Raises:
            RequestError: that is not a corpus name.
        """
        return naming.channel_uri(self.bucket, naming.check_corpus(corpus), channel)

    def name(self, suffix: str) -> str:
        """A name of a model or an endpoint of one's own beside the live one.

        Raises:
            RequestError: nothing would tell it from the live endpoint.
        """
        if not suffix:
            raise RequestError(
                "An endpoint of your own needs a name: the stage's own endpoint is changed by promotion only. Choose one, such as mine."
            )
        return f"{naming.job_prefix(self._cloud.stage)}{suffix}"

    @abstractmethod
    def trainer(
        self,
        corpus: str,
        hyperparameters: Mapping[str, object],
        *,
        instance_type: str = "ml.c5.xlarge",
        instance_count: int = 1,
        volume_gb: int = 30,
        max_runtime_seconds: int = 3600,
        **options: Any,
    ) -> Any:
        """A `ModelTrainer` (SDK 3) or `Estimator` (SDK 2) that trains on a corpus: `train()` or `fit()` with what `inputs` gives.

        Args:
            corpus: names and tags its jobs.
            hyperparameters: BlazingText's.
            instance_type: of each instance.
            instance_count: how many.
            volume_gb: the disk of each.
            max_runtime_seconds: how long a job may run.
            options: anything else that the SDK's class takes.
        """

    @abstractmethod
    def inputs(self, corpus: str, *, validation: bool = False) -> Any:
        """The channels of an uploaded corpus, as the trainer takes them."""

    @abstractmethod
    def tuner(
        self, trainer: Any, objective: str, ranges: Mapping[str, Any], *, max_jobs: int = 10, max_parallel_jobs: int = 2, **options: Any
    ) -> Any:
        """A `HyperparameterTuner` over what `trainer` gave: `tune()` (SDK 3) or `fit()` (SDK 2) with what `inputs` gives.

        Pass `job_name=tuning_name()` to either. The training jobs are the stage's. When the tuning job has ended, the best of
        them is judged as any run, if it carries the stage's tags: SDK 3 gives it those of the trainer; with SDK 2, pass `tags`.

        Args:
            trainer: trains with what is not searched; word vectors need `evaluation` for the objective `train:mean_rho`.
            objective: `train:mean_rho` or `validation:accuracy`.
            ranges: the SDK's parameter ranges by hyperparameter.
            max_jobs: training jobs in all; each is billed.
            max_parallel_jobs: training jobs at once.
            options: anything else that the SDK's class takes.
        """

    def tuning_name(self) -> str:
        """A new name for a tuning job, with the stage's prefix, by which its training jobs are the stage's.

        SageMaker allows 32 characters; the SDK's own names are longer and cut the prefix where the stage's name has more than 7.
        """
        return f"{naming.job_prefix(self._cloud.stage)}{secrets.token_hex(4)[:_TUNING_SUFFIX]}"

    @abstractmethod
    def deploy(self, artifact: str, name: str, *, instance_type: str = "ml.m5.large", instance_count: int = 1) -> Any:
        """An endpoint of one's own that serves an artifact, once it is in service; it bills until `delete`."""

    @abstractmethod
    def predictor(self, name: str = "") -> Any:
        """The stage's live endpoint, or one of one's own: an `Endpoint` (SDK 3) or a `Predictor` (SDK 2)."""

    def delete(self, name: str) -> None:
        """Removes an endpoint of one's own, its configuration and its model."""
        full, sagemaker = self.name(name), self._cloud.sagemaker
        sagemaker.delete_endpoint(EndpointName=full)
        sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=full)
        sagemaker.delete_endpoint_config(EndpointConfigName=full)
        sagemaker.delete_model(ModelName=full)

    def endpoint_name(self, name: str) -> str:
        """The live endpoint's name when no other is given."""
        return self.name(name) if name else naming.endpoint(self._cloud.stage)
