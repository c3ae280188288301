"""The inference contract, spoken to the ASGI application directly."""

import asyncio
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pytest

from blazingtext_engine import serve
from blazingtext_engine.corpus.words import Subwords
from blazingtext_engine.errors import ModelError
from blazingtext_engine.inference import load
from tests.unit.engine.saved_models import LABELS, WORDS, random, save_classifier, save_vectors


class Client:
    """Sends requests to an application as a server would."""

    def __init__(self, folder: Path, token: str = "", sends: str = "", limits: serve.BodyLimits | None = None) -> None:
        self._application, self._sends = serve.Application(load(folder), token, limits), sends

    def send(
        self,
        body: bytes | list[bytes],
        content_type: str | None = "application/json",
        path: str = "/invocations",
        method: str = "POST",
        *,
        declared: int | None = None,
        complete: bool = True,
        more: Sequence[tuple[bytes, bytes]] = (),
    ) -> tuple[int, str, bytes]:
        parts = [body] if isinstance(body, bytes) else body
        headers = [(b"x-amzn-sagemaker-custom-attributes", b"unknown headers are ignored"), *more]
        if self._sends:
            headers.append((b"x-engine-access-token", self._sends.encode()))
        if content_type is not None:
            headers.append((b"content-type", content_type.encode()))
        if declared is not None:
            headers.append((b"content-length", b"%d" % declared))
        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        return asyncio.run(self._exchange(scope, parts, complete))

    async def _exchange(self, scope: dict[str, Any], parts: list[bytes], complete: bool) -> tuple[int, str, bytes]:
        waiting: list[dict[str, Any]] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        if complete:
            # A server may leave the last one's key out.
            del waiting[-1]["more_body"]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0)
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            await asyncio.sleep(0)
            sent.append(message)

        await self._application(scope, receive, send)
        # https://asgi.readthedocs.io/en/latest/specs/www.html
        assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
        headers = dict(sent[0]["headers"])
        body = b"".join(message["body"] for message in sent[1:])
        assert int(headers[b"content-length"]) == len(body)
        return sent[0]["status"], headers[b"content-type"].decode(), body

    def json(self, payload: object, content_type: str = "application/json") -> Any:
        status, answered_type, body = self.send(json.dumps(payload).encode(), content_type)
        assert (status, answered_type) == (200, "application/json")
        return json.loads(body)


def test_a_server_with_a_token_answers_only_who_knows_it(tmp_path: Path, rows: np.ndarray) -> None:
    assert len(rows) == len(WORDS)
    for sends, status in (("", 403), ("wrong", 403), ("s3cret", 200)):
        client = Client(tmp_path, "s3cret", sends)
        assert client.send(b'{"instances": ["blazing"]}')[0] == status
        assert client.send(b"", path="/ping", method="GET")[0] == status


@pytest.fixture
def rows(tmp_path: Path) -> np.ndarray:
    return save_vectors(tmp_path)


@pytest.fixture
def vectors(tmp_path: Path, rows: np.ndarray) -> Client:
    return Client(tmp_path)


@pytest.fixture
def labels(tmp_path: Path) -> Client:
    save_classifier(tmp_path)
    return Client(tmp_path)


def test_ping_is_answered_with_200_and_nothing(vectors: Client) -> None:
    assert vectors.send(b"", None, "/ping", "GET") == (200, "application/json", b"")


def test_words_are_answered_in_order_with_float32_widened_to_double(vectors: Client, rows: np.ndarray) -> None:
    answer = vectors.json({"instances": ["blazing", "awesome", "caf\u00e9", "blazing"]})

    assert [list(item) for item in answer] == [["vector", "word"]] * 4
    assert [item["word"] for item in answer] == ["blazing", "awesome", "caf\u00e9", "blazing"]
    assert [item["vector"] for item in answer] == [rows[place].astype(float).tolist() for place in (1, 0, 2, 1)]


def test_an_unknown_word_is_zeros_without_subwords(vectors: Client) -> None:
    answer = vectors.json({"instances": ["unheardof", "", "two words", "awesome"]})

    assert [item["vector"] for item in answer[:3]] == [[0.0] * 5] * 3
    assert any(answer[3]["vector"])


def test_an_unknown_word_is_built_from_its_ngrams_with_subwords(tmp_path: Path) -> None:
    save_vectors(tmp_path, Subwords(3, 4, 11))

    answer = Client(tmp_path).json({"instances": ["abc"]})

    # The n-grams of <abc>, three and four characters long; the buckets hold what `random` gives for the seed 2.
    buckets = [fnv1a(ngram) % 11 for ngram in (b"<ab", b"<abc", b"abc", b"abc>", b"bc>")]
    np.testing.assert_allclose(answer[0]["vector"], random(11, 5, 2)[buckets].mean(axis=0), atol=1e-6)


def fnv1a(text: bytes) -> int:
    """FNV-1a of 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/), for ASCII."""
    value = 0x811C9DC5
    for byte in text:
        value = (value ^ byte) * 0x01000193 % 2**32
    return value


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_a_content_type_may_have_parameters_and_capitals(vectors: Client, content_type: str) -> None:
    assert vectors.json({"instances": ["awesome"]}, content_type)


def test_no_instances_are_no_answers(vectors: Client) -> None:
    assert vectors.json({"instances": []}) == []


def test_classification_answers_the_best_label_unless_asked_for_more(labels: Client) -> None:
    one = labels.json({"instances": ["good", "bad bad"]})
    two = labels.json({"instances": ["good"], "configuration": {"k": 2}})
    all_of_them = labels.json({"instances": ["good"], "configuration": {"k": 99}})

    good, bad = likely_labels(["good", "</s>"]), likely_labels(["bad", "bad", "</s>"])
    assert [item["label"] for item in one] == [good[:1], bad[:1]]
    assert two[0]["label"] == good[:2]
    assert sorted(all_of_them[0]["label"]) == sorted(label.decode() for label in LABELS)
    assert all_of_them[0]["prob"] == sorted(all_of_them[0]["prob"], reverse=True)
    assert sum(all_of_them[0]["prob"]) == pytest.approx(1, abs=1e-4)


def test_a_text_of_which_nothing_is_known_has_no_labels(tmp_path: Path) -> None:
    save_classifier(tmp_path, [b"good", b"bad"])

    answers = Client(tmp_path).json({"instances": ["unheardof", "", "good"], "configuration": {"k": 2}})

    assert answers[:2] == [{"label": [], "prob": []}] * 2
    assert [len(answers[2][name]) for name in ("label", "prob")] == [2, 2]
    # The library's own answer to a model of the same file.
    assert fasttext.load_model(str(tmp_path / "model.bin")).predict("unheardof", k=2)[0] == ()


def likely_labels(words: list[str]) -> list[str]:
    """The labels by their score in the model of `save_classifier`, the best first: the mean of the words' rows times the label's row."""
    rows = random(3, 5)[[["</s>", "good", "bad"].index(word) for word in words]]
    scores = random(3, 5, 3) @ rows.mean(axis=0)
    return [LABELS[place].decode() for place in np.argsort(-scores)]


def test_json_lines_are_answered_line_by_line_each_with_its_own_k(labels: Client) -> None:
    status, content_type, body = labels.send(b'{"source": "good"}\n\n{"source": "bad", "k": 2}\n', "application/jsonlines")

    answers = [json.loads(line) for line in body.splitlines()]
    assert (status, content_type) == (200, "application/jsonlines")
    assert [len(answer["label"]) for answer in answers] == [1, 2]
    assert [sorted(answer) for answer in answers] == [["label", "prob"]] * 2


def test_json_lines_work_for_words_too(vectors: Client, rows: np.ndarray) -> None:
    _, _, body = vectors.send(b'{"source": "awesome"}\n{"source": "nothing"}', "application/jsonlines")

    answers = [json.loads(line) for line in body.splitlines()]
    assert answers == [{"vector": rows[0].astype(float).tolist(), "word": "awesome"}, {"vector": [0.0] * 5, "word": "nothing"}]


@pytest.mark.parametrize("content_type", ["application/octet-stream", "text/csv", "text/plain"])
def test_another_content_type_is_answered_415_in_the_known_words(vectors: Client, content_type: str) -> None:
    assert vectors.send(b"awesome", content_type)[::2] == (415, f"content-type {content_type} not supported".encode())


def test_a_body_without_content_type_is_taken_for_octets(vectors: Client) -> None:
    assert vectors.send(b"{}", None)[::2] == (415, b"content-type application/octet-stream not supported")


@pytest.mark.parametrize("body", [b"", b"awesome", b'{"instances": ["a"', b"\xff\xfe", b'{"instances": ["a"]} extra'])
def test_what_is_no_json_is_answered_400_in_the_known_words(vectors: Client, body: bytes) -> None:
    assert vectors.send(body)[::2] == (400, b"Customer Error: Unable to decode payload: Incorrect data format. (caused by ValueError)")


@pytest.mark.parametrize(
    "body",
    [b"[]", b"{}", b'{"instances": "a"}', b'{"instances": [1]}', b'{"instances": [null]}', b'{"instances": [], "configuration": 3}',
     b'{"instances": [], "configuration": {"k": 0}}', b'{"instances": [], "configuration": {"k": "2"}}',
     b'{"instances": [], "configuration": {"k": true}}'],
)  # fmt: skip
def test_json_of_another_shape_says_which_shape_is_meant(vectors: Client, body: bytes) -> None:
    status, _, answer = vectors.send(body)

    assert status == 400
    assert answer.startswith(b"Customer Error: Unable to decode payload: Incorrect data format. (caused by ValueError) ")


@pytest.mark.parametrize("body", [b"good movie", b'{"instances": ["a"]}', b'{"source": 3}', b'{"source": "a", "k": -1}'])
def test_the_classic_mistakes_with_json_lines_are_answered_400(labels: Client, body: bytes) -> None:
    assert labels.send(body, "application/jsonlines")[0] == 400


@pytest.mark.parametrize(
    "parts", [[b'{"instances":', b' ["awesome"]}'], [b'{"instances":', b' ["awe', b'some"]}'], [b"", b'{"instances": []}']]
)
def test_a_body_in_parts_is_put_together(vectors: Client, parts: list[bytes]) -> None:
    whole = vectors.send(b"".join(parts))

    assert vectors.send(parts) == whole
    assert whole[0] == 200


def test_a_message_without_a_body_is_an_empty_part(tmp_path: Path, rows: np.ndarray) -> None:
    messages, statuses = [{"type": "http.request"}], list[int]()

    async def receive() -> dict[str, Any]:
        return await asyncio.sleep(0, messages.pop(0))

    async def send(message: Any) -> None:
        await asyncio.sleep(0)
        statuses.append(message.get("status", 0))

    scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": [(b"content-type", b"application/json")]}
    asyncio.run(serve.Application(load(tmp_path))(scope, receive, send))

    assert statuses[0] == 400
    assert len(rows) == len(WORDS)


def test_an_error_is_answered_in_plain_text(vectors: Client) -> None:
    assert vectors.send(b"", None, "/", "GET")[1:] == (
        "text/plain; charset=utf-8",
        b"GET / is not served. Use GET /ping, GET /execution-parameters or POST /invocations.",
    )


def test_a_length_that_is_no_number_says_nothing(vectors: Client) -> None:
    body = b'{"instances": ["awesome"]}'

    assert vectors.send(body, more=[(b"content-length", b"many")]) == vectors.send(body)


@pytest.mark.parametrize(("beyond", "status"), [(0, 200), (1, 400)])
def test_an_answer_of_exactly_the_limit_is_sent(tmp_path: Path, vectors: Client, beyond: int, status: int) -> None:
    body = b'{"instances": ["awesome"]}'
    size = len(vectors.send(body)[2])

    found = Client(tmp_path, limits=serve.BodyLimits(answer=size - beyond)).send(body)

    assert found[0] == status
    if beyond:
        words = b"Customer Error: The answer would have %d bytes. SageMaker passes on at most %d. Send fewer instances a request."
        assert found[2] == words % (size, size - 1)


def test_a_body_beyond_six_megabytes_is_refused(vectors: Client) -> None:
    body = json.dumps({"instances": ["x" * (6 * 1024 * 1024)]}).encode()

    assert vectors.send(body)[0] == 413
    assert vectors.send([body[:4_000_000], body[4_000_000:]])[0] == 413
    assert vectors.send([body[:4_000_000], body[4_000_000:], b""])[0] == 413


@pytest.mark.parametrize(("beyond", "status"), [(0, 200), (1, 413)])
def test_a_body_of_exactly_six_megabytes_is_read(vectors: Client, beyond: int, status: int) -> None:
    body = b'{"instances": ["awesome"]}'

    assert vectors.send(body.ljust(6 * 1024 * 1024 + beyond))[0] == status
    assert vectors.send(body, declared=6 * 1024 * 1024 + beyond)[0] == status


def test_a_request_beyond_32_kilobytes_is_answered_beside_the_others(vectors: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = list[bool]()
    original = serve.respond

    def respond(*given: Any) -> bytes:
        threads.append(threading.current_thread() is threading.main_thread())
        return original(*given)

    monkeypatch.setattr(serve, "respond", respond)
    for size in (32 * 1024, 32 * 1024 + 1):
        assert vectors.send(b'{"instances": ["awesome"]}'.ljust(size))[0] == 200

    assert threads == [True, False]


def test_a_body_that_breaks_off_is_no_request(vectors: Client) -> None:
    status, _, answer = vectors.send([b'{"instances": ["awesome"]}'], complete=False)

    assert status == 400
    assert answer.startswith(b"The connection ended before the body was complete.")


def test_an_answer_beyond_six_megabytes_is_refused_with_the_remedy(tmp_path: Path) -> None:
    save_vectors(tmp_path, dim=300)

    status, _, answer = Client(tmp_path).send(json.dumps({"instances": ["awesome"] * 1200}).encode())

    assert status == 400
    assert b"fewer instances" in answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/invocations", 405), ("POST", "/ping", 405), ("POST", "/execution-parameters", 405)],
)
def test_other_routes_are_not_served(vectors: Client, method: str, path: str, status: int) -> None:
    assert vectors.send(b"", None, path, method)[0] == status


def test_a_transform_job_is_told_how_its_requests_are_best_made(vectors: Client) -> None:
    status, content_type, body = vectors.send(b"", None, "/execution-parameters", "GET")

    assert (status, content_type) == (200, "application/json")
    assert json.loads(body) == {"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 1}


@pytest.mark.parametrize(
    ("environment", "request_bytes", "answer_bytes"),
    [
        ({}, 6 << 20, 6 << 20),
        ({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "2"}, 6 << 20, 6 << 20),
        ({"SAGEMAKER_BATCH": "true"}, 6 << 20, None),
        ({"SAGEMAKER_BATCH": "true", "SAGEMAKER_MAX_PAYLOAD_IN_MB": "20"}, 20 << 20, None),
        ({"SAGEMAKER_BATCH": "true", "SAGEMAKER_MAX_PAYLOAD_IN_MB": "0"}, 6 << 20, None),
        ({"SAGEMAKER_BATCH": "true", "SAGEMAKER_MAX_PAYLOAD_IN_MB": "many"}, 6 << 20, None),
    ],
)
def test_bodies_are_limited_as_the_environment_says(environment: dict[str, str], request_bytes: int, answer_bytes: int | None) -> None:
    assert serve.BodyLimits.from_environment(environment) == serve.BodyLimits(request_bytes, answer_bytes)


def test_the_answer_to_a_transform_job_may_have_any_size(tmp_path: Path) -> None:
    save_vectors(tmp_path, dim=300)

    status, _, answer = Client(tmp_path, limits=serve.BodyLimits(answer=None)).send(json.dumps({"instances": ["awesome"] * 1200}).encode())

    assert (status, len(json.loads(answer))) == (200, 1200)


def test_a_large_request_is_answered_as_a_small_one(vectors: Client) -> None:
    words = ["awesome", "blazing", "unheardof"]

    small = vectors.json({"instances": words})

    assert vectors.json({"instances": words * 2000}) == small * 2000
    assert [any(item["vector"]) for item in small] == [True, True, False]


@pytest.mark.parametrize("files", [[], ["a.bin", "b.bin"], ["vectors.txt"]])
def test_a_folder_without_one_single_model_fails_clearly(tmp_path: Path, files: list[str]) -> None:
    for name in files:
        (tmp_path / name).write_bytes(b"")

    with pytest.raises(ModelError, match="exactly one"):
        load(tmp_path)


def test_the_text_file_is_not_needed_and_another_name_is_fine(tmp_path: Path, rows: np.ndarray) -> None:
    (tmp_path / "vectors.bin").rename(tmp_path / "lid.176.bin")

    assert Client(tmp_path).json({"instances": ["awesome"]})[0]["vector"] == rows[0].astype(float).tolist()
