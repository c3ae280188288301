"""What the command line says when the AWS settings of a shell are wrong: its exit code, the advice, and no traceback."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from blazingtext.cli import main as cli
from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.client_environment import UNSET

COMMANDS = [["runs"], ["status"], ["audit"], ["predict", "music"], ["train", "--corpus", "wiki"], ["promote"], ["logs"]]
Said = Callable[..., tuple[int, str]]


@pytest.fixture
def said(account: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs a command with changed variables (None: not set); its exit code and what it wrote to standard error."""

    def run(words: list[str], **variables: str | None) -> tuple[int, str]:
        for name in UNSET:
            monkeypatch.delenv(name, raising=False)
        for name, value in {**account.exports(), **variables}.items():
            monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
        code = cli.run(words)
        return code, capsys.readouterr().err

    return run


@pytest.fixture
def other_server() -> Iterator[str]:
    """A web server that is no AWS: it answers POST with 501 and a page of HTML."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("variables", "advice"),
    [
        ({"AWS_DEFAULT_REGION": None, "AWS_REGION": None}, "Give --region"),
        ({"AWS_DEFAULT_REGION": None}, "boto3 reads AWS_DEFAULT_REGION"),
        ({"AWS_DEFAULT_REGION": "no region"}, "Correct the region"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "AWS does not accept the credentials"),
        ({"AWS_ACCESS_KEY_ID": "AKIAWRONG"}, "AWS does not accept the credentials"),
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "Set the AWS credentials"),
        ({"AWS_SECRET_ACCESS_KEY": None}, "Set the AWS credentials"),
        ({"AWS_PROFILE": "nobody"}, "choose another profile"),
        ({"AWS_ENDPOINT_URL": "localhost"}, "unset AWS_ENDPOINT_URL"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_wrong_settings_are_named_with_exit_code_2(words: list[str], variables: dict[str, str | None], advice: str, said: Said) -> None:
    code, text = said(words, **variables)

    assert (code, advice in text, "Traceback" in text) == (2, True, False), text


def test_a_server_that_is_not_aws_is_told(other_server: str, said: Said) -> None:
    code, text = said(["runs"], AWS_ENDPOINT_URL=other_server)

    assert (code, "unset AWS_ENDPOINT_URL" in text) == (2, True), text


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_user_who_may_do_nothing_is_told_the_permission(words: list[str], account: Sandbox, said: Said) -> None:
    iam = account.boto3("iam")
    iam.create_user(UserName="nobody-at-all")
    key = iam.create_access_key(UserName="nobody-at-all")["AccessKey"]
    try:
        code, text = said(words, AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])
    finally:
        iam.delete_access_key(UserName="nobody-at-all", AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName="nobody-at-all")

    assert (code, "A permission is missing" in text) == (2, True), text


def test_a_session_that_has_expired_is_to_be_renewed(account: Sandbox, said: Said) -> None:
    code, text = said(["runs"], AWS_SESSION_TOKEN="long ago")

    assert code == 2, text
    assert "credentials" in text


def test_a_kept_bucket_is_deleted_by_the_command_that_audit_prints(account: Sandbox, said: Said) -> None:
    s3, bucket = account.boto3("s3"), "blazingtext-kept1-storage-data"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("corpora/wiki/train/text", "control\x01", "runs/old"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3.delete_object(Bucket=bucket, Key="runs/old")

    code, text = said(["audit", "--stage", "kept1"])

    (command,) = [line.removeprefix("next: blazingtext ") for line in text.splitlines() if line.startswith("next: ")]
    assert (code, command) == (1, f"audit --delete-bucket {bucket} --stage kept1")
    assert said(["audit", "--delete-bucket", "of-somebody-else", "--stage", "kept1"])[0] == 2
    unasked = said(command.split())
    assert (unasked[0], "holds 4 object versions" in unasked[1], "add --yes" in unasked[1]) == (2, True, True)
    assert said([*command.split(), "--yes"])[0] == 0
    assert bucket not in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    assert said(["audit", "--stage", "kept1"])[0] == 0
