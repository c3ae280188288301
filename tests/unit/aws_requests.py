"""Requests of tests held against botocore's own model of the service: what botocore would refuse to send fails the test."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.loaders
import botocore.session
from boto3.s3.transfer import S3Transfer
from botocore import xform_name
from botocore.model import ListShape, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator


@cache
def service_model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


@cache
def operations(service: str) -> Mapping[str, str]:
    """Operations by the names of the client's methods."""
    return {xform_name(name): name for name in service_model(service).operation_names}


@cache
def paginated(service: str) -> frozenset[str]:
    """The methods of a client that have a paginator."""
    model = botocore.loaders.Loader().load_service_model(service, "paginators-1")
    return frozenset(map(xform_name, model["pagination"]))


@cache
def waiters(service: str) -> frozenset[str]:
    """The names by which a client gives its waiters."""
    model = botocore.loaders.Loader().load_service_model(service, "waiters-2")
    return frozenset(map(xform_name, model["waiters"]))


def validate(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Fails a test whose request botocore itself would refuse."""
    shape = service_model(service).operation_model(operation).input_shape
    assert shape is not None
    report = ParamValidator().validate(dict(parameters), shape)
    assert not report.has_errors(), f"{service} {operation}: {report.generate_report()}"
    # botocore leaves greatest values and lengths to the service.
    assert not [*_too_much(shape, parameters, operation)], f"{service} {[*_too_much(shape, parameters, operation)]}"


def _too_much(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """The places of values that are greater or longer than the service's model allows."""
    most = shape.metadata.get("max")
    size = value if isinstance(value, int | float) else len(value) if isinstance(value, str | bytes | list | tuple) else 0
    if most is not None and size > most:
        yield f"{path}: {size} is more than {most}"
    if isinstance(shape, StructureShape):
        for name, each in value.items():
            yield from _too_much(shape.members[name], each, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for each in value:
            yield from _too_much(shape.member, each, f"{path}[]")


class CheckedClient:
    """A fake client whose operations are the service's, and whose requests are held against its model."""

    def __init__(self, service: str, fake: Any) -> None:
        self._service, self._fake = service, fake

    def __getattr__(self, name: str) -> Any:
        answer = getattr(self._fake, name)
        operation = operations(self._service).get(name)
        if operation is None:
            assert self._service == "s3", f"{self._service} has no operation {name}"
            return answer

        def call(**wish: Any) -> Any:
            validate(self._service, operation, wish)
            return answer(**wish)

        return call

    def upload_file(self, path: str, bucket: str, key: str, *, ExtraArgs: Mapping[str, Any], **options: Any) -> None:  # noqa: N803 - boto3's name
        assert set(ExtraArgs) <= set(S3Transfer.ALLOWED_UPLOAD_ARGS), f"boto3 uploads with none of {sorted(ExtraArgs)}"
        self._fake.upload_file(path, bucket, key, ExtraArgs=ExtraArgs, **options)

    def get_waiter(self, name: str) -> Any:
        assert name in waiters(self._service), f"botocore has no waiter {name} for {self._service}"
        return self._fake.get_waiter(name)

    def can_paginate(self, name: str) -> bool:
        return name in paginated(self._service)

    def get_paginator(self, name: str) -> "CheckedPaginator":
        assert self.can_paginate(name), f"botocore has no paginator for {self._service} {name}"
        return CheckedPaginator(self._service, name, self._fake.get_paginator(name))


class CheckedPaginator:
    """A fake paginator whose requests are held against the model."""

    def __init__(self, service: str, name: str, fake: Any) -> None:
        self._service, self._name, self._fake = service, name, fake

    def paginate(self, **wish: Any) -> Iterator[dict[str, Any]]:
        given = {name: value for name, value in wish.items() if name != "PaginationConfig"}
        validate(self._service, operations(self._service)[self._name], given)
        yield from self._fake.paginate(**wish)
