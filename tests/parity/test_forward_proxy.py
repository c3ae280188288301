"""The forward proxy: AWS's own host names are answered by the sandbox, everything else goes where it was asked to go."""

import asyncio
import base64
import http.client
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from botocore.config import Config
from botocore.exceptions import ClientError

from blazingtext_sandbox import forward_proxy
from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.aws_hosts import is_aws_host, without_aws_hosts
from blazingtext_sandbox.forward_proxy import ForwardProxy, Outside
from tests.parity.support import wait_until
from tests.patience import PATIENCE


def through(account: Sandbox, service: str, host: str, **options: Any) -> Any:
    """A client that asks AWS's own host name, as one does that knows nothing of the sandbox but its proxy."""
    proxy = account.exports()["HTTPS_PROXY"]
    return account.boto3(
        service, endpoint_url=f"https://{host}", config=Config(proxies={"https": proxy}, retries={"total_max_attempts": 1}), **options
    )


def asked(account: Sandbox, request: bytes) -> bytes:
    """The whole answer to bytes sent to the proxy."""
    with socket.create_connection(("127.0.0.1", account.record.proxy_port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def tunnel(account: Sandbox, host: str, port: int, trusted: str) -> Iterator[ssl.SSLSocket]:
    """A tunnel with TLS inside, spoken without any library's help."""
    with socket.create_connection(("127.0.0.1", account.record.proxy_port), timeout=PATIENCE) as connection:
        connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        assert connection.recv(65536) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        context = ssl.create_default_context(cafile=trusted)
        with context.wrap_socket(connection, server_hostname=host) as secured:
            yield secured


def response(connection: ssl.SSLSocket) -> tuple[int, bytes]:
    """Status and body of one answer with a Content-Length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(headers[b"content-length"]):
        body += connection.recv(65536)
    return int(head.split()[1]), body


# --- AWS's names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "aws"),
    [
        ("sts.us-east-1.amazonaws.com", True),
        ("STS.AmazonAWS.com.", True),
        ("sts.cn-north-1.amazonaws.com.cn", True),
        ("logs.eu-west-1.api.aws", True),
        ("a1b2.lambda-url.us-east-1.on.aws", True),
        ("amazonaws.com", False),
        ("notamazonaws.com", False),
        ("sts.amazonaws.com.example.org", False),
        ("docs.on.aws", False),
        ("docs.aws.amazon.com", False),
    ],
)
def test_what_is_an_aws_host(name: str, aws: bool) -> None:
    assert is_aws_host(name) is aws


@pytest.mark.parametrize(
    ("host", "service"), [("sts.us-east-1.amazonaws.com", "sts"), ("sts.amazonaws.com", "sts"), ("sts.us-east-1.api.aws", "sts")]
)
def test_a_client_that_names_aws_s_host_itself_is_answered_here(account: Sandbox, host: str, service: str) -> None:
    assert through(account, service, host).get_caller_identity()["Account"] == "000000000000"


def test_queues_are_found_under_their_oldest_name(account: Sandbox) -> None:
    sqs = through(account, "sqs", "queue.amazonaws.com")

    url = sqs.create_queue(QueueName="by-old-name")["QueueUrl"]

    assert account.boto3("sqs").list_queues(QueueNamePrefix="by-old-name")["QueueUrls"] == [url]
    account.boto3("sqs").delete_queue(QueueUrl=url)


def test_a_bucket_in_the_host_name_and_a_large_object_both_ways(account: Sandbox) -> None:
    s3 = through(account, "s3", "s3.us-east-1.amazonaws.com")
    s3.create_bucket(Bucket="under-aws-s-name")
    content = bytes(range(256)) * 100_000

    s3.put_object(Bucket="under-aws-s-name", Key="large", Body=content)

    assert account.boto3("s3").get_object(Bucket="under-aws-s-name", Key="large")["Body"].read() == content
    assert s3.get_object(Bucket="under-aws-s-name", Key="large")["Body"].read() == content
    s3.delete_object(Bucket="under-aws-s-name", Key="large")
    s3.delete_bucket(Bucket="under-aws-s-name")


@pytest.mark.patch(name="api_host_names")
def test_an_api_answers_at_the_address_a_template_spells_out(account: Sandbox) -> None:
    gateway = account.boto3("apigateway")
    api = gateway.create_rest_api(name="spelled-out")
    place = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    gateway.put_method(**place, authorizationType="NONE")
    gateway.put_integration(**place, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    gateway.put_method_response(**place, statusCode="200")
    gateway.put_integration_response(**place, statusCode="200", responseTemplates={"application/json": '{"word": "king"}'})
    gateway.create_deployment(restApiId=api["id"], stageName="prod")

    host = f"{api['id']}.execute-api.us-east-1.amazonaws.com"
    with tunnel(account, host, 443, account.exports()["AWS_CA_BUNDLE"]) as connection:
        connection.sendall(f"GET /prod HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert response(connection) == (200, b'{"word": "king"}')


def test_whoever_has_no_credentials_gets_the_account_s_own_refusal(account: Sandbox) -> None:
    host, bundle = "api.sagemaker.us-east-1.amazonaws.com", account.exports()["AWS_CA_BUNDLE"]
    headers = {"X-Amz-Target": "SageMaker.ListModels", "Content-Type": "application/x-amz-json-1.1", "Content-Length": "2"}
    direct = http.client.HTTPSConnection("localhost", account.record.port, context=ssl.create_default_context(cafile=bundle))
    direct.request("POST", "/", b"{}", headers)
    refusal = direct.getresponse()
    expected = (refusal.status, refusal.read())
    direct.close()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    with tunnel(account, host, 443, bundle) as connection:
        for _ in range(2):  # one connection, kept
            connection.sendall(f"POST / HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n{{}}".encode())
            assert response(connection) == expected

    assert expected[0] in {400, 403}
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        through(account, "sts", "sts.amazonaws.com", aws_secret_access_key="another").get_caller_identity()


def test_many_clients_at_once(account: Sandbox) -> None:
    def ask(number: int) -> str:
        client = through(account, "sts", f"sts.{('us-east-1', 'eu-west-1', 'ap-south-1')[number % 3]}.amazonaws.com")
        return str(client.get_caller_identity()["Account"])

    with ThreadPoolExecutor(12) as threads:
        assert set(threads.map(ask, range(36))) == {"000000000000"}


def test_what_env_exports_is_enough_for_a_client_that_ignores_the_endpoint(account: Sandbox) -> None:
    script = (
        "import boto3, os\n"
        "os.environ.pop('AWS_ENDPOINT_URL')\n"
        "print(boto3.client('sts').get_caller_identity()['Arn'], boto3.client('sagemaker').list_models()['Models'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], env=account.environment(), capture_output=True, text=True, check=False)

    assert done.stdout == "arn:aws:iam::000000000000:root []\n", done.stderr


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_line", "status", "words"),
    [
        ("CONNECT sts.amazonaws.com:80 HTTP/1.1", 403, b"port 443 only"),
        ("CONNECT db.abc.us-east-1.rds.amazonaws.com:5432 HTTP/1.1", 403, b"port 443 only"),
        ("GET http://sts.amazonaws.com/ HTTP/1.1", 405, b"CONNECT host:port only"),
        ("CONNECT sts.amazonaws.com HTTP/1.1", 405, b"CONNECT host:port only"),
        ("CONNECT sts.amazonaws.com:0 HTTP/1.1", 400, b"no port"),
        ("CONNECT sts.amazonaws.com:65536 HTTP/1.1", 400, b"no port"),
        ("CONNECT localhost:1 HTTP/1.1", 502, b"cannot be reached directly"),
        ("CONNECT user@sts.amazonaws.com:443 HTTP/1.1", 405, b"CONNECT host:port only"),
    ],
)
def test_what_is_no_tunnel_to_aws_s_port_is_refused_with_words(account: Sandbox, request_line: str, status: int, words: bytes) -> None:
    answer = asked(account, f"{request_line}\r\nHost: x\r\n\r\n".encode())

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert words in answer


def test_an_endless_head_is_cut_off(account: Sandbox) -> None:
    assert asked(account, b"CONNECT sts.amazonaws.com:443 HTTP/1.1\r\nX: " + b"x" * 40_000).startswith(b"HTTP/1.1 431 ")


# --- everything else --------------------------------------------------------------------------------------------------

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Scene:
    """A proxy, a server behind it, and the tunnels a scenario opens; nothing of them is left afterwards."""

    def __init__(self, proxy: int, server: int) -> None:
        self.proxy, self.server = proxy, server
        self.writers: list[asyncio.StreamWriter] = []

    async def tunnel(self, target: str | None = None, headers: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter, int]:
        """A tunnel, to the server if nothing else is said, and the status it was answered with."""
        reader, writer = await self.connection()
        writer.write(f"CONNECT {target or f'127.0.0.1:{self.server}'} HTTP/1.1\r\n{headers}\r\n".encode())
        return reader, writer, int((await reader.readuntil(b"\r\n\r\n")).split()[1])

    async def connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy)
        self.writers.append(writer)
        return reader, writer


def play(
    scenario: Callable[[Scene], Awaitable[None]], serve: Serve, outside: Callable[[int], Outside] = lambda _: Outside(), **options: Any
) -> None:
    """Run a scenario; `outside` gets the server's port."""

    async def run() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = int(server.sockets[0].getsockname()[1])
        proxy = asyncio.create_task(ForwardProxy(9, outside(port), **options).serve(listener))
        scene = Scene(listener.getsockname()[1], port)
        try:
            async with asyncio.timeout(60):
                await scenario(scene)
        finally:
            for writer in scene.writers:
                writer.close()
            server.close()
            proxy.cancel()
            await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
            # A closed transport lets go of its socket in the loop's next round.
            await asyncio.sleep(0)

    asyncio.run(run())


def test_another_server_s_tls_passes_untouched(account: Sandbox, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as threads:

        def serve() -> None:
            with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
                connection.sendall(connection.recv(100)[::-1])

        served = threads.submit(serve)
        with tunnel(account, "localhost", listener.getsockname()[1], str(tmp_path / "ca.pem")) as connection:
            connection.sendall(b"word")
            assert connection.recv(100) == b"drow"
        served.result()


def test_an_end_may_close_its_half_first() -> None:
    async def answer_at_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        content = await reader.read()
        writer.write(str(len(content)).encode())
        writer.close()

    async def scenario(scene: Scene) -> None:
        reader, writer, _ = await scene.tunnel()
        writer.write(b"x" * 3_000_000)
        writer.write_eof()
        assert await reader.read() == b"3000000"

    play(scenario, answer_at_the_end)


def test_a_slow_reader_holds_the_sender_back_and_gets_everything() -> None:
    size, sent = 50_000_000, 0

    async def send(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while sent < size:
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000
        writer.close()

    async def scenario(scene: Scene) -> None:
        reader, _, _ = await scene.tunnel()
        await asyncio.sleep(0.5)
        assert sent < size, "the proxy keeps in memory what nobody takes"
        received = 0
        while chunk := await reader.read(1 << 20):
            received += len(chunk)
        assert received == size

    play(scenario, send)


async def wait_for_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


def test_the_caller_s_own_proxy_gets_what_is_not_aws_s() -> None:
    heads: list[bytes] = []

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nVia: test\r\n\r\nfrom outside")
        writer.close()

    async def scenario(scene: Scene) -> None:
        reader, _, status = await scene.tunnel("example.com:8443", header("s3cret"))
        assert (status, await reader.read()) == (200, b"from outside")
        for elsewhere in ("localhost:1", "127.0.0.1:1", "[::1]:1", "sts.amazonaws.com:443"):
            assert (await scene.tunnel(elsewhere))[2] == 502

    play(scenario, upstream, lambda port: Outside(f"http://ann:s%40id@127.0.0.1:{port}", "intra.example"), secret="s3cret")

    assert len(heads) == 1
    assert heads[0].startswith(b"CONNECT example.com:8443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic YW5uOnNAaWQ=\r\n" in heads[0]


def header(secret: str, user: str = "sandbox") -> str:
    """What a client sends that was given a proxy's address with user and password."""
    return f"proxy-Authorization: Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}\r\n"


@pytest.mark.parametrize("sent", ["", header("wrong"), header("s3cret", "root"), "Proxy-Authorization: Bearer s3cret\r\n"])
def test_a_proxy_with_the_caller_s_credentials_is_not_lent_to_other_users(sent: str) -> None:
    reached: list[bytes] = []

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async def scenario(scene: Scene) -> None:
        reader, writer = await scene.connection()
        writer.write(f"CONNECT example.com:443 HTTP/1.1\r\n{sent}\r\n".encode())
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 407 ")
        assert b'Proxy-Authenticate: Basic realm="blazingtext sandbox"\r\n' in answer
        assert b"s%40id" not in answer + b"".join(reached)

    play(scenario, upstream, lambda port: Outside(f"http://ann:s%40id@127.0.0.1:{port}"), secret="s3cret")

    assert reached == []


def test_a_proxy_without_credentials_is_anybodys() -> None:
    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    async def scenario(scene: Scene) -> None:
        assert (await scene.tunnel("example.com:443"))[2] == 200

    play(scenario, upstream, lambda port: Outside(f"http://127.0.0.1:{port}"), secret="s3cret")


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"220 mail.example ESMTP\r\n\r\n", b"SSH-2.0\r\n"]
)
def test_what_the_caller_s_proxy_refuses_is_said(answer: bytes) -> None:
    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async def scenario(scene: Scene) -> None:
        reader, _, status = await scene.tunnel("example.com:443")
        assert status == 502
        assert b"through the proxy this shell had" in await reader.read()

    play(scenario, upstream, lambda port: Outside(f"127.0.0.1:{port}"))


def test_a_client_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward_proxy, "HEAD_SECONDS", 0.1)

    async def scenario(scene: Scene) -> None:
        reader, _ = await scene.connection()
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")

    play(scenario, wait_for_the_end)


def test_a_tunnel_silent_for_too_long_is_closed_and_one_in_use_is_not() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(100):
            writer.write(chunk)
        writer.close()

    async def scenario(scene: Scene) -> None:
        reader, writer, _ = await scene.tunnel()
        for _ in range(16):
            writer.write(b"x")
            assert await reader.read(1) == b"x"
            await asyncio.sleep(0.3)
        assert await reader.read() == b""

    # Less than all the pauses, and much more than one of them on a busy machine.
    play(scenario, echo, silent_seconds=4.5)


def test_more_tunnels_than_allowed_are_refused_until_one_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward_proxy, "MAX_TUNNELS", 1)

    async def scenario(scene: Scene) -> None:
        reader, writer, first = await scene.tunnel()
        _, _, second = await scene.tunnel()
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        assert (first, second) == (200, 503)
        third = second
        while third != 200:
            _, _, third = await scene.tunnel()

    play(scenario, wait_for_the_end)


# --- the caller's environment -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("localhost,.corp.example, 10.0.0.0/8", "localhost,.corp.example,10.0.0.0/8"),
        ("*", ""),
        (".amazonaws.com,169.254.169.254", "169.254.169.254"),
        ("s3.amazonaws.com,*.api.aws:443,com,aws,example.com", "example.com"),
    ],
)
def test_no_exception_leads_past_the_sandbox_to_aws(given: str, kept: str) -> None:
    assert without_aws_hosts(given) == kept


@pytest.mark.parametrize(
    ("host", "proxied"),
    [("example.com", True), ("db.intra.example", False), ("intra.example", False), ("notintra.example", True), ("bucket.localhost", False)],
)
def test_the_caller_s_exceptions_go_past_its_proxy(host: str, proxied: bool) -> None:
    outside = Outside("http://proxy.corp.example:3128", "intra.example,10.0.0.1")

    assert outside.proxy_for(host) == ("http://proxy.corp.example:3128" if proxied else None)
    assert Outside("", "").proxy_for(host) is None


def test_a_shell_inside_a_sandbox_remembers_the_proxy_it_had_before(account: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.corp.example:3128")
    monkeypatch.setenv("NO_PROXY", "intra.example,.amazonaws.com")
    outer = account.exports()

    assert (
        outer["HTTPS_PROXY"]
        == outer["https_proxy"]
        == f"http://sandbox:{account.record.proxy_secret}@127.0.0.1:{account.record.proxy_port}"
    )
    assert outer["NO_PROXY"].split(",")[:2] == ["intra.example", "localhost"]
    assert Outside.of_caller(outer) == Outside("http://proxy.corp.example:3128", "intra.example,.amazonaws.com")


def test_functions_learn_nothing_of_the_caller_s_proxy() -> None:
    environment = {**Outside("http://ann:secret@proxy", "x").exports(), "HTTPS_PROXY": "http://127.0.0.1:1"}

    assert Outside.taken_from(environment).proxy == "http://ann:secret@proxy"
    assert "secret" not in json.dumps(environment) + repr(Outside("http://ann:secret@proxy"))


def test_the_proxy_ends_with_its_sandbox(elsewhere: Path) -> None:
    with Sandbox(home=elsewhere) as sandbox:
        port = sandbox.record.proxy_port
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()

    def refused() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
        except ConnectionRefusedError:
            return True
        return False

    wait_until(refused)
