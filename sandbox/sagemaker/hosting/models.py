"""Models: an image with an artifact, checked when it is created."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import ClientError

from .. import events
from ..api import listing, tagging
from ..api.contract import Parameters, shown_by
from ..api.errors import ValidationException, members_not_emulated
from ..cloud import Cloud, RoleError, arn, authorize_tags, pass_role
from ..programs import Programs
from ..registry import ModelPackages
from ..s3 import Location
from ..store import Model, Store, taken

_GZIP: Final = b"\x1f\x8b"
#: What S3 answers to a request for the first bytes of an object without any.
_EMPTY: Final = "InvalidRange"


class Models:
    """The operations on models.

    Args:
        cloud: the account it runs in.
        programs: which images can serve.
        packages: the model packages that a model may be made of.
    """

    def __init__(self, cloud: Cloud, programs: Programs, packages: ModelPackages) -> None:
        self._cloud, self._programs, self._packages = cloud, programs, packages

    def create(self, store: Store, parameters: Parameters) -> Parameters:
        """CreateModel: the caller may pass the role, which trusts SageMaker and can read the artifact; a program stands for the image.

        Raises:
            AccessDeniedException: PassRole or AddTags.
            ValidationException: image, role, artifact, or a name that is taken.
        """
        name = parameters["ModelName"]
        parameters = self._with_package(store, _with_primary_container(parameters))
        model = Model(name, arn(self._cloud, "model", name), parameters, tagging.as_map(parameters.get("Tags", [])))
        authorize_tags(self._cloud, model.arn, parameters.get("Tags", []))
        if "ExecutionRoleArn" not in parameters or "Image" not in parameters.get("PrimaryContainer", {}):
            raise ValidationException("The request must name ExecutionRoleArn and PrimaryContainer.Image.")
        pass_role(self._cloud, parameters["ExecutionRoleArn"])
        self._programs.check(parameters["PrimaryContainer"]["Image"], self._cloud.region)
        self._check_artifact(parameters)
        with store.lock:
            if taken(store.models, model):
                raise ValidationException(f'Cannot create already existing model "{model.arn}".')
            store.models[name] = model
        events.model_changed(self._cloud, model)
        return {"ModelArn": model.arn}

    def describe(self, store: Store, parameters: Parameters) -> Parameters:
        """DescribeModel."""
        model = self._find(store, parameters)
        shown = shown_by("DescribeModel", model.request)
        if "Containers" in shown:
            shown["Containers"] = [shown.pop("PrimaryContainer")]
        return {
            **shown,
            "ModelArn": model.arn,
            "CreationTime": model.created,
            "EnableNetworkIsolation": bool(model.request.get("EnableNetworkIsolation")),
        }

    def list_(self, store: Store, parameters: Parameters) -> Parameters:
        """ListModels."""
        with store.lock:
            models = list(store.models.values())
        found, token = listing.page(models, parameters)
        shown = [{"ModelName": model.name, "ModelArn": model.arn, "CreationTime": model.created} for model in found]
        return {"Models": shown, "NextToken": token}

    def delete(self, store: Store, parameters: Parameters) -> Parameters:
        """DeleteModel; endpoints that serve it go on."""
        with store.lock:
            model = self._find(store, parameters)
            del store.models[model.name]
        events.model_changed(self._cloud, model)
        return {}

    def _with_package(self, store: Store, parameters: Parameters) -> Parameters:
        """The request with the container of its model package in it, if it names one."""
        container = parameters.get("PrimaryContainer", {})
        if "ModelPackageName" not in container:
            return parameters
        return {**parameters, "PrimaryContainer": {**self._packages.container(store, container["ModelPackageName"]), **container}}

    def _find(self, store: Store, parameters: Parameters) -> Model:
        model = store.models.get(parameters["ModelName"])
        if model is None:
            raise ValidationException(f'Could not find model "{arn(self._cloud, "model", parameters["ModelName"])}".')
        return model

    def _check_artifact(self, parameters: Parameters) -> None:
        """Read the artifact with the role: it must exist, be readable, and be gzipped."""
        uri, role = parameters["PrimaryContainer"].get("ModelDataUrl"), parameters["ExecutionRoleArn"]
        if uri is None and self._programs.is_own(parameters["PrimaryContainer"]["Image"]):
            return
        if uri is None:
            raise ValidationException("The request must name PrimaryContainer.ModelDataUrl: BlazingText has nothing to serve without it.")
        location = Location.parse(uri)
        if location is None or not location.key.endswith(".tar.gz"):
            raise ValidationException(f"Invalid model data {uri}: the object must be a .tar.gz in S3.")
        try:
            first = self._cloud.client("s3", role).get_object(Bucket=location.bucket, Key=location.key, Range="bytes=0-1")["Body"].read()
        except (ClientError, RoleError) as problem:
            if not (isinstance(problem, ClientError) and problem.response["Error"]["Code"] == _EMPTY):
                raise ValidationException(_unreadable(uri, role, self._cloud.region)) from problem
            first = b""
        if first != _GZIP:
            raise ValidationException(f"Invalid model data {uri}: the object is not gzipped.")


def _with_primary_container(parameters: Parameters) -> Parameters:
    """The request with its only container as the primary one: a model of one container may be given either way.

    Raises:
        ValidationException: both ways at once, or several containers.
    """
    containers = parameters.get("Containers", [])
    if not containers:
        return {name: value for name, value in parameters.items() if name != "Containers"}
    if "PrimaryContainer" in parameters:
        raise ValidationException("PrimaryContainer and Containers can not both be given.")
    if len(containers) > 1:
        raise members_not_emulated("CreateModel", [f"Containers (only one, not {len(containers)})"])
    return {**parameters, "PrimaryContainer": containers[0]}


def _unreadable(uri: str, role: str, region: str) -> str:
    return (
        f'Could not access model data at {uri}. Please ensure that the role "{role}" exists and that its trust relationship policy allows'
        ' the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject"'
        f" permissions and that the object is located in {region}. If your Model uses multiple models or uncompressed models, please ensure"
        ' that the role has "s3:ListBucket" permission.'
    )
