"""The objects of SageMaker Python SDK 2."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from blazingtext_lifecycle import naming

from .stage import Sdk

# Imported by name: generation 3 has no such modules.
_session = importlib.import_module("sagemaker.session")
_estimator = importlib.import_module("sagemaker.estimator")
_inputs = importlib.import_module("sagemaker.inputs")
_model = importlib.import_module("sagemaker.model")
_predictor = importlib.import_module("sagemaker.predictor")
_serializers = importlib.import_module("sagemaker.serializers")
_deserializers = importlib.import_module("sagemaker.deserializers")


class SdkV2(Sdk):
    """A stage's `Estimator` and `Predictor`."""

    @property
    def _session(self) -> Any:
        return _session.Session(boto_session=self._cloud.session, default_bucket=self.bucket)

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
        """An `Estimator`; see `Sdk.trainer`."""
        given = {
            "image_uri": self.image,
            "role": self.training_role,
            "instance_count": instance_count,
            "instance_type": instance_type,
            "volume_size": volume_gb,
            "max_run": max_runtime_seconds,
            "output_path": naming.output_uri(self.bucket),
            "base_job_name": f"{naming.job_prefix(self._cloud.stage)}{naming.check_corpus(corpus)}",
            "hyperparameters": {name: str(value) for name, value in hyperparameters.items()},
            "tags": self.tags(corpus),
            "sagemaker_session": self._session,
        }
        return _estimator.Estimator(**{**given, **options})

    def inputs(self, corpus: str, *, validation: bool = False) -> Any:
        """`TrainingInput` by channel, for `Estimator.fit`."""
        channels = [naming.TRAIN, naming.VALIDATION] if validation else [naming.TRAIN]
        return {name: _inputs.TrainingInput(self.data(corpus, name), content_type="text/plain") for name in channels}

    def tuner(
        self, trainer: Any, objective: str, ranges: Mapping[str, Any], *, max_jobs: int = 10, max_parallel_jobs: int = 2, **options: Any
    ) -> Any:
        """A `HyperparameterTuner`; see `Sdk.tuner`. Its ranges are those of `sagemaker.tuner`."""
        tuner = importlib.import_module("sagemaker.tuner")
        limits = {"max_jobs": max_jobs, "max_parallel_jobs": max_parallel_jobs}
        return tuner.HyperparameterTuner(trainer, objective, dict(ranges), **{**limits, **options})

    def deploy(self, artifact: str, name: str, *, instance_type: str = "ml.m5.large", instance_count: int = 1) -> Any:
        """A `Predictor`; see `Sdk.deploy`."""
        full = self.name(name)
        model = _model.Model(image_uri=self.image, model_data=artifact, role=self.hosting_role, name=full, sagemaker_session=self._session)
        model.deploy(instance_count, instance_type, endpoint_name=full, tags=self.tags())
        return self.predictor(name)

    def predictor(self, name: str = "") -> Any:
        """A `Predictor` that takes and gives JSON."""
        return _predictor.Predictor(
            self.endpoint_name(name),
            sagemaker_session=self._session,
            serializer=_serializers.JSONSerializer(),
            deserializer=_deserializers.JSONDeserializer(),
        )
