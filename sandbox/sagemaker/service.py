"""The service: takes an operation's name and body, gives the operation's answer or AWS's error."""

from __future__ import annotations

import itertools
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from . import condition_keys
from .api import contract, tagging
from .api.contract import Parameters
from .api.coverage import EMPTY, RUNTIME
from .api.errors import AwsError, InternalFailure, SerializationException
from .api.runtime import Invocation
from .cloud import Cloud, arn
from .empty_lists import EmptyList
from .hosting.captures import Captures
from .hosting.endpoint_configs import EndpointConfigs
from .hosting.endpoints import Endpoints
from .hosting.fleet import Fleet
from .hosting.invocations import InvocationMetrics, Invocations
from .hosting.models import Models
from .job_lifecycle import GRACE_SECONDS
from .processing.job_runner import ProcessingRunner
from .processing.jobs import ProcessingJobs
from .programs import SERVE, TRAIN, Program, Programs
from .registry import ModelPackageGroups, ModelPackages
from .search import Search
from .store import EndpointConfig, Store, Stores
from .training.job_runner import JobRunner
from .training.jobs import TrainingJobs
from .transform.jobs import TransformJobs
from .transform.runner import TransformRunner
from .tuning.jobs import TuningJobs

logger = logging.getLogger("sandbox.sagemaker")

Operation = Callable[[Store, Parameters], Parameters]
HttpAnswer = tuple[int, dict[str, str], bytes]

#: Operation -> the kinds of resource IAM is asked about, and the members that name them.
RESOURCES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    **{f"{verb}TrainingJob": (("training-job", "TrainingJobName"),) for verb in ("Create", "Describe", "Stop", "Delete")},
    **{
        f"{verb}HyperParameterTuningJob": (("hyper-parameter-tuning-job", "HyperParameterTuningJobName"),)
        for verb in ("Create", "Describe", "Stop", "Delete", "ListTrainingJobsFor")
    },
    **{f"{verb}ProcessingJob": (("processing-job", "ProcessingJobName"),) for verb in ("Create", "Describe", "Stop", "Delete")},
    **{f"{verb}TransformJob": (("transform-job", "TransformJobName"),) for verb in ("Create", "Describe", "Stop")},
    **{f"{verb}Model": (("model", "ModelName"),) for verb in ("Create", "Describe", "Delete")},
    **{f"{verb}EndpointConfig": (("endpoint-config", "EndpointConfigName"),) for verb in ("Create", "Describe", "Delete")},
    **{f"{verb}Endpoint": (("endpoint", "EndpointName"),) for verb in ("Describe", "Delete")},
    "UpdateEndpointWeightsAndCapacities": (("endpoint", "EndpointName"),),
    **{f"{verb}ModelPackageGroup": (("model-package-group", "ModelPackageGroupName"),) for verb in ("Create", "Describe", "Delete")},
    "CreateModelPackage": (("model-package", "ModelPackageName"), ("model-package-group", "ModelPackageGroupName")),
    **{f"{verb}ModelPackage": (("model-package", "ModelPackageName"),) for verb in ("Describe", "Delete")},
    "UpdateModelPackage": (("model-package", "ModelPackageArn"),),
    **{f"{verb}Endpoint": (("endpoint", "EndpointName"), ("endpoint-config", "EndpointConfigName")) for verb in ("Create", "Update")},
}


class SageMaker:
    """The service of one sandbox.

    Args:
        cloud: the account it runs in.
        folder: where jobs and endpoints keep their files.
        train: the training container's program.
        serve: the inference container's program.
        grace: seconds a stopped job has between SIGTERM and SIGKILL.
        own: a user's commands for other images, by an image's URI or its beginning.
    """

    def __init__(
        self,
        cloud: Cloud,
        folder: Path,
        *,
        train: Sequence[str] = TRAIN,
        serve: Sequence[str] = SERVE,
        grace: float = GRACE_SECONDS,
        own: Mapping[str, Program] | None = None,
    ) -> None:
        self._cloud, self._folder = cloud, folder
        self._programs = Programs(train=train, serve=serve, own={} if own is None else own)
        self.stores = Stores()
        self.jobs = TrainingJobs(cloud, self._programs, JobRunner(cloud, folder, self._programs, grace=grace).run)
        self.tuning = TuningJobs(cloud, self._programs, self.jobs)
        self.processing = ProcessingJobs(cloud, self._programs, ProcessingRunner(cloud, folder, self._programs, grace=grace).run)
        self.transforms = TransformJobs(cloud, TransformRunner(cloud, folder, self._programs).run)
        self.groups = ModelPackageGroups(cloud)
        self.packages = ModelPackages(cloud, self.groups)
        self.models = Models(cloud, self._programs, self.packages)
        self.configs = EndpointConfigs(cloud)
        self.endpoints = Endpoints(cloud, self.configs, self._fleet)
        self._captures = Captures(cloud)
        self.invocations = Invocations(cloud, InvocationMetrics(cloud))
        self._numbers = itertools.count(1)
        self._operations = self._all_operations()

    def _all_operations(self) -> dict[str, Operation]:
        return {
            "CreateTrainingJob": self.jobs.create,
            "DescribeTrainingJob": self.jobs.describe,
            "ListTrainingJobs": self.jobs.list_,
            "StopTrainingJob": self.jobs.stop,
            "DeleteTrainingJob": self.jobs.delete,
            "CreateHyperParameterTuningJob": self.tuning.create,
            "DescribeHyperParameterTuningJob": self.tuning.describe,
            "ListHyperParameterTuningJobs": self.tuning.list_,
            "ListTrainingJobsForHyperParameterTuningJob": self.tuning.list_training_jobs,
            "StopHyperParameterTuningJob": self.tuning.stop,
            "DeleteHyperParameterTuningJob": self.tuning.delete,
            "CreateProcessingJob": self.processing.create,
            "DescribeProcessingJob": self.processing.describe,
            "ListProcessingJobs": self.processing.list_,
            "StopProcessingJob": self.processing.stop,
            "DeleteProcessingJob": self.processing.delete,
            "CreateTransformJob": self.transforms.create,
            "DescribeTransformJob": self.transforms.describe,
            "ListTransformJobs": self.transforms.list_,
            "StopTransformJob": self.transforms.stop,
            "CreateModel": self.models.create,
            "DescribeModel": self.models.describe,
            "ListModels": self.models.list_,
            "DeleteModel": self.models.delete,
            "CreateEndpointConfig": self.configs.create,
            "DescribeEndpointConfig": self.configs.describe,
            "ListEndpointConfigs": self.configs.list_,
            "DeleteEndpointConfig": self.configs.delete,
            "CreateEndpoint": self.endpoints.create,
            "DescribeEndpoint": self.endpoints.describe,
            "ListEndpoints": self.endpoints.list_,
            "UpdateEndpoint": self.endpoints.update,
            "DeleteEndpoint": self.endpoints.delete,
            "UpdateEndpointWeightsAndCapacities": self.endpoints.resize,
            "CreateModelPackageGroup": self.groups.create,
            "DescribeModelPackageGroup": self.groups.describe,
            "ListModelPackageGroups": self.groups.list_,
            "DeleteModelPackageGroup": self.groups.delete,
            "CreateModelPackage": self.packages.create,
            "DescribeModelPackage": self.packages.describe,
            "ListModelPackages": self.packages.list_,
            "UpdateModelPackage": self.packages.update,
            "DeleteModelPackage": self.packages.delete,
            "Search": self._search().search,
            "AddTags": tagging.add,
            "ListTags": tagging.list_,
            "DeleteTags": tagging.delete,
            **{operation: EmptyList(operation).list_ for operation in EMPTY},
        }

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of all operations, those of the runtime endpoint included."""
        return (*self._operations, *RUNTIME)

    @property
    def store(self) -> Store:
        """The resources in the account and region of the request."""
        return self.stores.of(self._cloud.account_id, self._cloud.region)

    def call(self, operation: str, parameters: Parameters) -> Parameters:
        """Do one operation of the control plane.

        Args:
            operation: its name.
            parameters: its input, as JSON has it.

        Returns:
            Its output, as JSON has it.

        Raises:
            AwsError: AWS's error for what is wrong.
        """
        contract.check_operation(operation)
        contract.check_request(operation, parameters)
        return contract.shape_answer(operation, self._operations[operation](self.store, contract.without_nulls(parameters)))

    def authorize(self, operation: str, parameters: Parameters) -> None:
        """Check that the caller may do an operation, for callers that do not come over HTTP.

        CloudFormation reads back what it creates and changes, so a role needs the Describe operation too.

        Raises:
            AccessDeniedException: with AWS's message.
        """
        tags = tagging.as_map(parameters.get("Tags", []))
        asked: dict[str, Any] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        asked |= {"aws:TagKeys": list(tags)} if tags else {}
        described = "Describe" + re.sub("^(Create|Update|Delete)", "", operation)
        for action in (operation, described):
            for resource_arn in self.resource_arns(action, parameters):
                self._cloud.authorize(f"sagemaker:{action}", resource_arn, {**asked, **self.condition_keys(action, parameters)})

    def answer(self, operation: str, body: bytes) -> HttpAnswer:
        """A control-plane request over HTTP."""

        def call() -> HttpAnswer:
            answer = self.call(operation, read_json(body))
            return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()

        return _answer_or_error(operation, call)

    def invoke(self, path: str, headers: Mapping[str, str], body: bytes, operation: str = "InvokeEndpoint") -> HttpAnswer:
        """A request of the runtime endpoint over HTTP; header names in lower case."""
        return _answer_or_error(operation, lambda: self.invocations.invoke(self.store, Invocation.parse(operation, path, headers, body)))

    def resource_arns(self, operation: str, parameters: Mapping[str, Any]) -> list[str]:
        """The ARNs IAM is asked about before an operation; `*` when it concerns no single resource."""
        named = [
            name if name.startswith("arn:") else arn(self._cloud, kind, name)
            for kind, member in RESOURCES.get(operation, ())
            if (name := str(parameters.get(member) or ""))
        ]
        return named or [str(parameters.get("ResourceArn", "*"))]

    def condition_keys(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """SageMaker's own condition keys of a request, which need not be a valid one."""
        return condition_keys.given(operation, parameters, arn(self._cloud, "model", "{}"))

    def resource_tags(self, resource_arn: str) -> dict[str, str]:
        """The tags of an existing resource, for `aws:ResourceTag` conditions."""
        resource = self.store.by_arn(resource_arn)
        return {} if resource is None else dict(resource.tags)

    def _search(self) -> Search:
        return Search(
            {
                "TrainingJob": ("TrainingJobName", self.jobs.describe),
                "HyperParameterTuningJob": ("HyperParameterTuningJobName", self.tuning.describe),
                "Model": ("ModelName", self.models.describe),
                "Endpoint": ("EndpointName", self.endpoints.describe),
                "ModelPackageGroup": ("ModelPackageGroupName", self.groups.describe),
                "ModelPackage": ("ModelPackageName", self.packages.describe),
            }
        )

    def _fleet(self, endpoint: str, config: EndpointConfig) -> Fleet:
        folder = self._folder / "endpoints" / endpoint / str(next(self._numbers))
        return Fleet(self._cloud, endpoint, config, folder, self._programs, self._captures)


def read_json(body: bytes) -> Parameters:
    """A request's body.

    Raises:
        SerializationException: it is not a JSON object.
    """
    try:
        parameters = json.loads(body or b"{}", parse_constant=_refuse_constant)
        # Half of a surrogate pair is no text: nothing could store it.
        json.dumps(parameters, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as problem:
        raise SerializationException(f"the body is not JSON: {problem}") from problem
    if not isinstance(parameters, dict):
        raise SerializationException("the body is not a JSON object")
    return parameters


def _refuse_constant(word: str) -> float:
    """NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(f"{word} is no JSON value")


def _answer_or_error(operation: str, work: Callable[[], HttpAnswer]) -> HttpAnswer:
    try:
        return work()
    except AwsError as problem:
        logger.info("%s: %s: %s", operation, problem.code, problem.message)
        return problem.response()
    except Exception:
        # The end of a request: a bug becomes AWS's InternalFailure, and its trace goes to the log.
        logger.exception("the sandbox failed in %s", operation)
        return InternalFailure(f"the sandbox failed in {operation}; its log says why").response()
