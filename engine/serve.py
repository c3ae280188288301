"""`/ping`, `/execution-parameters` and `/invocations` as BlazingText's container answers them.

A request passes four pure steps: the codec of its content type decodes it, the model predicts, the codec encodes. The server is
uvicorn on uvloop and httptools; the application speaks ASGI directly, since two routes need no framework.
Contract: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html and cdf-inference.html
"""

import asyncio
import hmac
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

import orjson
import uvicorn

from .container.opt_ml import Container
from .errors import ModelError
from .inference import Model, TextClassifier, load
from .vector_texts import VectorTexts

JSON = "application/json"
JSON_LINES = "application/jsonlines"
UNDECLARED = "application/octet-stream"  # what HTTP takes a body without a content type for
BODY_LIMIT = 6 * 1024 * 1024  # InvokeEndpoint's, for requests and for answers
INLINE_BODY_LIMIT = 32 * 1024  # larger ones are answered in a thread, so that /ping and short requests do not wait for them
# What a transform job is asked to do unless its request says otherwise. A word's vector is a hundred times as long as the word.
EXECUTION_PARAMETERS = {"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 1}
ACCESS_VARIABLE = "ENGINE_ACCESS_TOKEN"  # ports of this machine are open to all its users
ACCESS_HEADER = b"x-engine-access-token"
SHUTDOWN_SECONDS = 25  # SageMaker kills a container 30 seconds after SIGTERM
UNDECODABLE = "Customer Error: Unable to decode payload: Incorrect data format. (caused by ValueError)"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answer = dict[str, Any]


class RequestError(Exception):
    """The request cannot be answered; `status` is the HTTP status, the message the body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class BodyLimits:
    """How large bodies may be, in bytes.

    Attributes:
        request: of a request.
        answer: of an answer; None: any size.
    """

    request: int = BODY_LIMIT
    answer: int | None = BODY_LIMIT

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "BodyLimits":
        """InvokeEndpoint's, or those of a transform job, whose answers go to S3.

        Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html
        """
        if environ.get("SAGEMAKER_BATCH") != "true":
            return cls()
        megabytes = environ.get("SAGEMAKER_MAX_PAYLOAD_IN_MB", "")
        return cls(request=int(megabytes) * 1024 * 1024 if megabytes.isdecimal() and int(megabytes) else BODY_LIMIT, answer=None)


@dataclass(frozen=True)
class Instance:
    """One word or text to answer, and how many labels are wanted."""

    text: str
    k: int


Predict = Callable[[Sequence[Instance]], list[Answer]]


def decode_json(body: bytes) -> list[Instance]:
    """`{"instances": [...], "configuration": {"k": 2}}`."""
    payload = _parse(body)
    if not isinstance(payload, dict) or not isinstance(payload.get("instances"), list):
        raise RequestError(400, f'{UNDECODABLE} The body has no list "instances". Send {{"instances": ["...", "..."]}}.')
    configuration = payload.get("configuration", {})
    if not isinstance(configuration, dict):
        raise RequestError(400, f'{UNDECODABLE} "configuration" is not an object. Send {{"k": 2}}, or leave it out.')
    k = _k(configuration.get("k", 1))
    return [Instance(_text(text), k) for text in payload["instances"]]


def decode_json_lines(body: bytes) -> list[Instance]:
    """`{"source": "...", "k": 2}`, one a line."""
    instances = []
    for line in body.splitlines():
        if not line.strip():
            continue
        payload = _parse(line)
        if not isinstance(payload, dict) or "source" not in payload:
            raise RequestError(400, f'{UNDECODABLE} A line has no "source". Send one {{"source": "..."}} a line.')
        instances.append(Instance(_text(payload["source"]), _k(payload.get("k", 1))))
    return instances


def encode_json(answers: Sequence[Answer]) -> bytes:
    """A list of objects."""
    return orjson.dumps(answers, option=orjson.OPT_SERIALIZE_NUMPY)


def encode_json_lines(answers: Sequence[Answer]) -> bytes:
    """An object a line."""
    return b"".join(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE) for answer in answers)


# The answer has the request's content type: BlazingText ignores an Accept that differs from it.
CODECS: dict[str, tuple[Callable[[bytes], list[Instance]], Callable[[Sequence[Answer]], bytes]]] = {
    JSON: (decode_json, encode_json),
    JSON_LINES: (decode_json_lines, encode_json_lines),
}


def predictor(model: Model) -> Predict:
    """What gives one object per instance, in their order."""
    if isinstance(model, TextClassifier):

        def labels(instances: Sequence[Instance]) -> list[Answer]:
            predictions = (model.predict(instance.text, instance.k) for instance in instances)
            return [{"label": labels, "prob": probabilities} for labels, probabilities in predictions]

        return labels
    texts = VectorTexts(model)

    def vectors(instances: Sequence[Instance]) -> list[Answer]:
        found = texts.of([instance.text for instance in instances])
        return [{"vector": vector, "word": instance.text} for vector, instance in zip(found, instances, strict=True)]

    return vectors


def respond(predict: Predict, content_type: str, body: bytes, limit: int | None = BODY_LIMIT) -> bytes:
    """The body of the answer, of at most so many bytes.

    Raises:
        RequestError: the content type, the body or the size of the answer is refused.
    """
    if content_type not in CODECS:
        raise RequestError(415, f"content-type {content_type} not supported")
    decode, encode = CODECS[content_type]
    answer = encode(predict(decode(body)))
    if limit is not None and len(answer) > limit:
        raise RequestError(
            400,
            f"Customer Error: The answer would have {len(answer)} bytes. SageMaker passes on at most {limit}. "
            "Send fewer instances a request.",
        )
    return answer


class Application:
    """The ASGI application of one model.

    Args:
        model: what answers.
        token: what every request has to carry in the header X-Engine-Access-Token; None or "" for none.
        limits: how large bodies may be.
    """

    def __init__(self, model: Model, token: str | None = None, limits: BodyLimits | None = None) -> None:
        self._predict, self._token, self._limits = predictor(model), token, BodyLimits() if limits is None else limits

    @classmethod
    def from_environment(cls, model: Model, environ: Mapping[str, str]) -> "Application":
        """The application that a container's environment asks for."""
        return cls(model, environ.get(ACCESS_VARIABLE), BodyLimits.from_environment(environ))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        content_type = "text/plain; charset=utf-8"
        try:
            status, answer = 200, await self._answer(scope, receive)
            content_type = _content_type(scope) if answer and scope["method"] == "POST" else JSON
        except RequestError as error:
            status, answer = error.status, str(error).encode()
        headers = [(b"content-type", content_type.encode("latin-1")), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        if self._token and not hmac.compare_digest(_header(scope, ACCESS_HEADER).encode(), self._token.encode()):
            raise RequestError(
                403, f"The header {ACCESS_HEADER.decode()} does not hold this server's token. Send what {ACCESS_VARIABLE} says."
            )
        route = (scope["method"], scope["path"])
        if route == ("GET", "/ping"):
            return b""
        if route == ("GET", "/execution-parameters"):
            return orjson.dumps(EXECUTION_PARAMETERS)
        if route != ("POST", "/invocations"):
            known = scope["path"] in {"/ping", "/execution-parameters", "/invocations"}
            raise RequestError(
                405 if known else 404,
                f"{scope['method']} {scope['path']} is not served. Use GET /ping, GET /execution-parameters or POST /invocations.",
            )
        content_type, body = _content_type(scope), await _read(scope, receive, self._limits.request)
        if len(body) <= INLINE_BODY_LIMIT:
            return respond(self._predict, content_type, body, self._limits.answer)
        return await asyncio.to_thread(respond, self._predict, content_type, body, self._limits.answer)


def run(container: Container, *, host: str, port: int, workers: int) -> int:
    """Serve the container's model until SIGTERM; requests under way are finished first.

    Raises:
        ModelError: there is no model to serve, or several.
    """
    model = load(container.model)
    if workers > 1:
        del model  # it can be read; the process that starts the workers needs it no more
        os.environ["SAGEMAKER_BASE_DIR"] = str(container.base)  # every worker maps the same file from there
        uvicorn.run("blazingtext_engine.serve:application", factory=True, workers=workers, **_server_options(host, port))
        return 0
    # uvicorn raises the signal once more when all requests are answered: to end by it would look like a crash.
    signal.signal(signal.SIGTERM, _exit)
    server = uvicorn.Server(uvicorn.Config(Application.from_environment(model, os.environ), **_server_options(host, port)))
    with _listen(host, port) as listening:
        print(f"Serving on {host} port {listening.getsockname()[1]}.", flush=True)
        server.run(sockets=[listening])
    return 0


def application() -> Application:
    """What each of several workers runs."""
    return Application.from_environment(load(Container.from_environment(os.environ).model), os.environ)


def _server_options(host: str, port: int) -> dict[str, Any]:
    return {
        "host": host,
        "port": port,
        "lifespan": "off",
        "ws": "none",
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "date_header": False,
        "timeout_keep_alive": 75,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
    }


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ModelError(f"{host} port {port} cannot be listened on: {error}. Another server may use it. Choose another --port.") from error


def _exit(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body, refused as soon as it is known to be too large."""
    declared = _header(scope, b"content-length")
    if declared.isdigit():
        _reject_large_body(int(declared), limit)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestError(400, "The connection ended before the body was complete. The client went away. Send the request again.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        _reject_large_body(size, limit)
        more = message.get("more_body", False)
    return b"".join(parts)


def _reject_large_body(size: int, limit: int) -> None:
    if size > limit:
        raise RequestError(413, f"Customer Error: The body has more than {limit} bytes, SageMaker's limit. Send fewer instances a request.")


def _header(scope: Scope, wanted: bytes) -> str:
    for name, value in scope["headers"]:
        if name == wanted:
            text: str = value.decode("latin-1")
            return text
    return ""


def _content_type(scope: Scope) -> str:
    return _header(scope, b"content-type").partition(";")[0].strip().lower() or UNDECLARED


def _parse(body: bytes) -> object:
    try:
        payload: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestError(400, UNDECODABLE) from error
    return payload


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise RequestError(400, f"{UNDECODABLE} An instance is no string. Send words or texts as JSON strings.")
    return value


def _k(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise RequestError(400, f'{UNDECODABLE} "k" has to be a whole number, at least 1. Correct it, or leave it out for the best label.')
    return value
