"""What processes of the sandbox inherit, and which pages nobody is shown."""

from pathlib import Path

import pytest

from blazingtext_sandbox import closed_pages, state
from blazingtext_sandbox.emulator import identity
from blazingtext_sandbox.sagemaker import container
from blazingtext_sandbox.server_environment import server_environment

SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")
RECORD = state.Record("default", "eu-west-1", 4566, "AKIA1", "secret", "mark", 0, 0.0, proxy_port=1, proxy_secret="p")


def test_a_child_inherits_no_credentials_and_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "of the account's root")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://localhost:1")

    given = identity.child_environment()

    assert set(SECRETS).isdisjoint(given)
    assert given["AWS_ENDPOINT_URL"] == "https://localhost:1"
    assert given.keys() >= {"PATH"}


@pytest.mark.parametrize(
    "name",
    [
        "PYTHONPATH",
        "AWS_ACCESS_KEY_ID",
        "MINISTACK_HOST",
        "GATEWAY_PORT",
        "LAMBDA_EXECUTOR",
        "S3_DATA_DIR",
        "STATE_DIR",
        "PERSIST_STATE",
        "AUTH",
        "USE_SSL",
        "BIND_HOST",
    ],
)
def test_a_container_gets_nothing_of_the_servers_settings(name: str) -> None:
    given = container.environment({name: "the server's", "PATH": "/bin"}, requested={}, own={})

    assert given == {"PATH": "/bin", "PYTHONUNBUFFERED": "1"}


def test_a_container_s_own_variables_come_before_the_sandbox_s_and_those_before_what_a_request_asks_for() -> None:
    outer, own = {"A": "outer", "B": "outer"}, {"B": "own", "C": "own"}
    requested = {"A": "asked", "C": "asked", "D": "asked", "PYTHONUNBUFFERED": "0"}

    assert container.environment(outer, requested=requested, own=own) == {
        "A": "outer",
        "B": "own",
        "C": "own",
        "D": "asked",
        "PYTHONUNBUFFERED": "1",
    }


def test_the_server_is_the_account_s_root_on_loopback_with_iam_and_tls(tmp_path: Path) -> None:
    caller = {"PATH": "/bin", "LC_ALL": "C", "NUMBA_CACHE_DIR": "/numba", "ENGINE_HOST": "h", "AWS_PROFILE": "mine", "SECRET": "mine"}

    given = server_environment(RECORD, tmp_path, {"AWS_ENDPOINT_URL": RECORD.url, "PATH": "/of/clients"}, {**caller, "HOME": "/me"})

    assert {name: given.pop(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")} == {
        "AWS_ACCESS_KEY_ID": "AKIA1",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    assert {name: given[name] for name in ("AUTH", "USE_SSL", "GATEWAY_PORT", "BIND_HOST", "LAMBDA_EXECUTOR", "MINISTACK_REGION")} == {
        "AUTH": "true",
        "USE_SSL": "1",
        "GATEWAY_PORT": "4566",
        "BIND_HOST": "127.0.0.1",
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_REGION": "eu-west-1",
    }
    assert given["MINISTACK_ACCOUNT_ID"] == "000000000000"
    assert {name for name, value in given.items() if value.startswith(str(tmp_path))} == {
        "MINISTACK_SSL_CERT",
        "MINISTACK_SSL_KEY",
        "STATE_DIR",
        "S3_DATA_DIR",
        "HOME",
        "TMPDIR",
        state.FOLDER,
    }
    assert (given["XDG_CACHE_HOME"], given[state.MARKER], given["AWS_ENDPOINT_URL"]) == ("/me/.cache", "mark", "https://localhost:4566")
    assert {"AWS_PROFILE", "SECRET"}.isdisjoint(given)
    assert (given["LC_ALL"], given["NUMBA_CACHE_DIR"], given["ENGINE_HOST"]) == ("C", "/numba", "h")


@pytest.mark.parametrize(
    ("caller", "cache"), [({"XDG_CACHE_HOME": "/cache", "HOME": "/me"}, "/cache"), ({"XDG_CACHE_HOME": "", "HOME": "/me"}, "/me/.cache")]
)
def test_kernels_are_kept_where_the_caller_keeps_caches(caller: dict[str, str], cache: str, tmp_path: Path) -> None:
    assert server_environment(RECORD, tmp_path, {}, caller)["XDG_CACHE_HOME"] == cache


SIGNED = [(b"Authorization", b"AWS4-HMAC-SHA256 Credential=x")]


@pytest.mark.parametrize(
    ("path", "query", "headers", "closed"),
    [
        ("/_ministack/reset", b"", [], True),
        ("/_ministack/reset", b"", SIGNED, True),
        ("/_localstack/health", b"", [], True),
        ("/_aws/sqs/messages", b"", [], True),
        ("/_ministack/health", b"", [], False),
        ("/_ministack/cfn-response/1", b"", [], False),
        ("/_ministack/cfn-signal/1", b"", [], False),
        ("/_aws/execute-api/a", b"", [], False),
        ("/_aws/lambda-url/a", b"", [], False),
        ("/v2", b"", [], True),
        ("/v2/_catalog", b"", [], True),
        ("/v2/words/manifests/1", b"", [], True),
        ("/v2/email/identities", b"", [], False),
        ("/v2/apis/a", b"", [], False),
        ("/oauth2/token", b"", [], True),
        ("/login", b"", [], True),
        ("/logout", b"", [], True),
        ("/signup", b"", [], True),
        ("/health", b"", [], True),
        ("/pool/.well-known/jwks.json", b"", [], True),
        ("/.well-known/jwks.json", b"", [], True),
        ("/login", b"", SIGNED, False),
        ("/login", b"X-Amz-Signature=1", [], False),
        ("/login", b"", [(b"Authorization", b"Bearer AWS")], True),
        ("/login", b"", [(b"Host", b"a.execute-api.us-east-1.amazonaws.com")], False),
        ("/login", b"", [(b"host", b"a.lambda-url.us-east-1.on.aws")], False),
        ("/login", b"", [(b"host", b"localhost")], True),
        ("/bucket/login", b"", [], False),
        ("/logins", b"", [], False),
    ],
)
def test_ministacks_own_pages_are_shown_to_nobody(path: str, query: bytes, headers: list[tuple[bytes, bytes]], closed: bool) -> None:
    assert closed_pages.is_closed(path, query, headers) is closed
