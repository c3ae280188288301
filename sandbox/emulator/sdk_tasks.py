"""A task of a state machine that calls an operation of an AWS service: names, permissions and errors as Step Functions has them.

The call is a request to the sandbox with the credentials of the state machine's role, so whatever that role lacks is denied.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html. Inferred: an error that the service's model
does not list, CloudFormation's ValidationError and AccessDenied among them, is named after the service, as the AWS SDK for Java calls its
class: `CloudFormation.CloudFormationException`.
"""

# ruff: noqa: SLF001 - see internals.py

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from typing import Any, Final

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.model import OperationModel

from .identity import Credentials, region
from .internals import Json, internal

# Step Functions calls services as the AWS SDK for Java does; these differ from botocore by more than hyphens.
_BOTOCORE_NAMES: Final[Mapping[str, str]] = {"sfn": "stepfunctions", "cloudwatchlogs": "logs", "eventbridge": "events"}
_ONCE: Final = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=120)

# Clients are made on many threads; a session is not safe for that.
_lock = threading.Lock()
_session = boto3.session.Session()


class TaskError(Exception):
    """A task failed.

    Args:
        error: the error's name, for example `CloudFormation.CloudFormationException`.
        cause: its text.
    """

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


def run(resource: str, parameters: Json, credentials: Credentials) -> Json:
    """The result of a task.

    Args:
        resource: the task's resource, `arn:aws:states:::aws-sdk:<service>:<operation>`.
        parameters: the operation's, in Step Functions' spelling.
        credentials: those of the state machine's role.

    Raises:
        TaskError: the service refused, or there is no such operation.
    """
    _, _, called = resource.partition(":aws-sdk:")
    service, _, operation = called.partition(".")[0].partition(":")
    client = _client(service, credentials)
    name = operation[:1].upper() + operation[1:]
    if name not in client.meta.service_model.operation_names:
        raise TaskError("States.Runtime", f"{resource} is no operation of an AWS SDK.")
    model = client.meta.service_model.operation_model(name)
    try:
        answer = getattr(client, xform_name(name))(**_asked(model, parameters))
    except ClientError as refusal:
        raise _refused(client.meta.service_model.service_id, model, refusal) from refusal
    except ParamValidationError as problem:
        raise TaskError("States.Runtime", f"The parameters of {resource} are not accepted: {problem}") from problem
    except BotoCoreError as problem:
        raise TaskError("States.TaskFailed", str(problem)) from problem
    answer.pop("ResponseMetadata", None)
    return _told(model, answer)


def _client(service: str, credentials: Credentials) -> Any:
    with _lock:
        known = {name.replace("-", ""): name for name in _session.get_available_services()}
        name = _BOTOCORE_NAMES.get(service, known.get(service))
        if name is None:
            raise TaskError("States.Runtime", f"{service} is no service of an AWS SDK.")
        return _session.client(
            name,  # type: ignore[call-overload] # the stubs want a literal
            region_name=region(),
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.session_token,
            config=_ONCE,
        )


def _asked(model: OperationModel, parameters: Json) -> Json:
    asked: Json = internal("services.stepfunctions")._sdk_json_param_value(parameters or {}, model.input_shape) if model.input_shape else {}
    return asked


def _told(model: OperationModel, answer: Json) -> Json:
    told: Json = internal("services.stepfunctions")._sdk_json_value(_plain(answer), model.output_shape) if model.output_shape else {}
    return told


def _plain(value: Any) -> Any:
    """What boto3 answers, as JSON has it."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if hasattr(value, "read"):
        return value.read().decode("utf-8", "replace")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _refused(service_id: str, model: OperationModel, refusal: ClientError) -> TaskError:
    code, message = refusal.response["Error"]["Code"], refusal.response["Error"]["Message"]
    listed = {shape.metadata.get("error", {}).get("code", shape.name): shape.name for shape in model.error_shapes}
    prefixes = internal("services.stepfunctions")._AWS_SDK_ERROR_PREFIX
    prefix = prefixes.get(service_id.replace(" ", "").lower(), service_id.replace(" ", ""))
    name = f"{listed.get(code, prefix).removesuffix('Exception')}Exception"
    answer = refusal.response["ResponseMetadata"]
    said = f"(Service: {prefix}, Status Code: {answer['HTTPStatusCode']}, Request ID: {answer.get('RequestId', '')})"
    return TaskError(f"{prefix}.{name}", f"{message} {said}")
