"""The objects of SageMaker Python SDK 3."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from blazingtext_lifecycle import naming

from .stage import Sdk

# Imported by name: the SDK ships no types, and its parts are distributions of their own.
_train = importlib.import_module("sagemaker.train")
_configs = importlib.import_module("sagemaker.train.configs")
_session = importlib.import_module("sagemaker.core.helper.session_helper")
_resources = importlib.import_module("sagemaker.core.resources")
_shapes = importlib.import_module("sagemaker.core.shapes")
_ROLE_CHECK = "SAGEMAKER_VALIDATE_ROLE"


class SdkV3(Sdk):
    """A stage's `ModelTrainer` and resources."""

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
        """A `ModelTrainer`; see `Sdk.trainer`."""
        given = {
            "sagemaker_session": _session.Session(boto_session=self._cloud.session, default_bucket=self.bucket),
            "role": self.training_role,
            "training_image": self.image,
            "base_job_name": f"{naming.job_prefix(self._cloud.stage)}{naming.check_corpus(corpus)}",
            "hyperparameters": {name: str(value) for name, value in hyperparameters.items()},
            "compute": _configs.Compute(instance_type=instance_type, instance_count=instance_count, volume_size_in_gb=volume_gb),
            "stopping_condition": _configs.StoppingCondition(max_runtime_in_seconds=max_runtime_seconds),
            "output_data_config": _configs.OutputDataConfig(s3_output_path=naming.output_uri(self.bucket)),
            "tags": [_configs.Tag(key=tag["Key"], value=tag["Value"]) for tag in self.tags(corpus)],
        }
        with _unchecked_role():
            return _train.ModelTrainer(**{**given, **options})

    def inputs(self, corpus: str, *, validation: bool = False) -> Any:
        """`InputData` for `ModelTrainer.train(input_data_config=...)`."""
        channels = [naming.TRAIN, naming.VALIDATION] if validation else [naming.TRAIN]
        return [_configs.InputData(channel_name=name, data_source=self.data(corpus, name), content_type="text/plain") for name in channels]

    def tuner(
        self, trainer: Any, objective: str, ranges: Mapping[str, Any], *, max_jobs: int = 10, max_parallel_jobs: int = 2, **options: Any
    ) -> Any:
        """A `HyperparameterTuner`; see `Sdk.tuner`. Its ranges are those of `sagemaker.core.parameter`."""
        tuner = importlib.import_module("sagemaker.train.tuner")
        limits = {"max_jobs": max_jobs, "max_parallel_jobs": max_parallel_jobs}
        return tuner.HyperparameterTuner(trainer, objective, dict(ranges), **{**limits, **options})

    def deploy(self, artifact: str, name: str, *, instance_type: str = "ml.m5.large", instance_count: int = 1) -> Any:
        """An `Endpoint`; see `Sdk.deploy`."""
        full, session = self.name(name), self._cloud.session
        tags = [_shapes.Tag(key=tag["Key"], value=tag["Value"]) for tag in self.tags()]
        container = _shapes.ContainerDefinition(image=self.image, model_data_url=artifact)
        variant = _shapes.ProductionVariant(
            variant_name=naming.VARIANT, model_name=full, instance_type=instance_type, initial_instance_count=instance_count
        )
        _resources.Model.create(
            model_name=full, primary_container=container, execution_role_arn=self.hosting_role, tags=tags, session=session
        )
        _resources.EndpointConfig.create(endpoint_config_name=full, production_variants=[variant], tags=tags, session=session)
        endpoint = _resources.Endpoint.create(endpoint_name=full, endpoint_config_name=full, tags=tags, session=session)
        endpoint.wait_for_status("InService")
        return endpoint

    def predictor(self, name: str = "") -> Any:
        """An `Endpoint`, whose `invoke(body=..., content_type="application/json")` answers."""
        return _resources.Endpoint.get(self.endpoint_name(name), session=self._cloud.session)


@contextmanager
def _unchecked_role() -> Iterator[None]:
    """Without the SDK's check of the role: it asks for what BlazingText needs nothing of (EC2, ECR), and our role has less."""
    before = os.environ.get(_ROLE_CHECK)
    os.environ[_ROLE_CHECK] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_ROLE_CHECK]
        else:
            os.environ[_ROLE_CHECK] = before
