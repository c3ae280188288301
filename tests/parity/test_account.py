"""The sandbox as an account: authentication, isolation, and what is left when it ends."""

import ast
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, SSLError

from blazingtext_sandbox import state
from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.certificates import Certificates
from blazingtext_sandbox.emulator import internals
from blazingtext_sandbox.errors import SandboxError
from tests.parity.support import wait_until
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
PROVISIONERS = "services.cloudformation.provisioners"
ONCE = Config(retries={"total_max_attempts": 1})


def refusal(call: Any, **arguments: Any) -> str:
    """The error code a call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def family(account: Sandbox) -> list[psutil.Process]:
    """The server and everything below it."""
    server = psutil.Process(account.record.pid)
    return [server, *server.children(recursive=True)]


def sandbox_command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m blazingtext_sandbox ...` with its sandboxes below `home`."""
    environment = {**os.environ, "BLAZINGTEXT_SANDBOX_HOME": str(home)}
    environment.pop("BLAZINGTEXT_SANDBOX", None)
    command = [sys.executable, "-m", "blazingtext_sandbox", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=ROOT)


# --- authentication -----------------------------------------------------------------------------------------------------


def test_the_account_s_own_key_is_let_in_and_is_its_root(account: Sandbox) -> None:
    identity = account.boto3("sts").get_caller_identity()

    assert identity["Account"] == "000000000000"
    assert identity["Arn"] == "arn:aws:iam::000000000000:root"


@pytest.mark.patch(name="root_credentials")
@pytest.mark.parametrize("service", ["s3", "sts", "sqs", "cloudformation"])
def test_a_wrong_secret_is_refused_in_aws_s_words(account: Sandbox, service: str) -> None:
    client = account.boto3(service, aws_secret_access_key="not-the-secret")
    call = {"s3": "list_buckets", "sts": "get_caller_identity", "sqs": "list_queues", "cloudformation": "list_stacks"}[service]

    assert refusal(getattr(client, call)) == "SignatureDoesNotMatch"


@pytest.mark.patch(name="root_credentials")
@pytest.mark.parametrize("key", ["test", "000000000000", "123456789012", "AKIAIOSFODNN7EXAMPLE"])
def test_no_other_key_is_known(account: Sandbox, key: str) -> None:
    assert refusal(account.boto3("sts", aws_access_key_id=key).get_caller_identity) == "InvalidClientTokenId"
    assert refusal(account.boto3("s3", aws_access_key_id=key).list_buckets) == "InvalidAccessKeyId"


@pytest.mark.parametrize("path", ["/", "/_ministack/reset", "/_ministack/config", "/_aws/sqs/messages"])
def test_a_request_without_credentials_gets_nothing(account: Sandbox, path: str) -> None:
    trust = ssl.create_default_context(cafile=str(Certificates.of(account.folder.path).authority))
    request = urllib.request.Request(account.url + path, method="POST" if path.endswith("reset") else "GET")  # noqa: S310 - https

    with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(request, context=trust):  # noqa: S310 - https
        pass

    assert caught.value.code in {403, 404}
    caught.value.close()


def test_a_client_that_does_not_know_the_authority_does_not_connect(account: Sandbox) -> None:
    with pytest.raises(SSLError):
        account.boto3("sts", verify=True, config=ONCE).get_caller_identity()


def test_plain_http_is_not_served(account: Sandbox) -> None:
    with socket.create_connection(("127.0.0.1", account.record.port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")

        answer = connection.recv(64)

    assert not answer.startswith(b"HTTP/")


def test_a_role_may_do_what_its_policies_allow_and_nothing_else(account: Sandbox) -> None:
    iam, name = account.boto3("iam"), "reader"
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::library/open/*"}],
    }
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    owner = account.boto3("s3")
    owner.create_bucket(Bucket="library")
    for key in ("open/a", "closed/a"):
        owner.put_object(Bucket="library", Key=key, Body=b"words")

    given = account.boto3("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"]}
    reader = account.boto3("s3", **keys, aws_session_token=given["SessionToken"])

    assert reader.get_object(Bucket="library", Key="open/a")["Body"].read() == b"words"
    assert refusal(reader.get_object, Bucket="library", Key="closed/a") == "AccessDenied"
    assert refusal(reader.put_object, Bucket="library", Key="open/b", Body=b"") == "AccessDenied"
    assert refusal(account.boto3("s3", **keys).get_object, Bucket="library", Key="open/a") == "InvalidAccessKeyId"


# --- isolation ------------------------------------------------------------------------------------------------


def test_two_sandboxes_side_by_side_do_not_see_each_other(account: Sandbox, elsewhere: Path) -> None:
    with Sandbox(home=elsewhere, name="second") as second:
        account.boto3("sqs").create_queue(QueueName="only-in-the-first")

        assert not second.boto3("sqs").list_queues().get("QueueUrls")
        keys = {"aws_access_key_id": account.record.access_key, "aws_secret_access_key": account.record.secret_key}
        assert refusal(second.boto3("sts", **keys).get_caller_identity) == "InvalidClientTokenId"
        with pytest.raises(SSLError):
            account.boto3("sts", endpoint_url=second.url, config=ONCE).get_caller_identity()


def test_nothing_listens_but_the_account_and_its_proxy_on_loopback(account: Sandbox) -> None:
    account.boto3("sts").get_caller_identity()

    listening = [c.laddr for p in family(account) for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN]

    assert sorted(listening) == sorted([("127.0.0.1", account.record.port), ("127.0.0.1", account.record.proxy_port)])


def test_no_process_of_the_sandbox_keeps_a_file_open_for_writing_outside_its_folder(account: Sandbox) -> None:
    folder = str(account.folder.path)

    written = [f.path for p in family(account) for f in p.open_files() if set(f.mode) & set("wa+")]

    assert str(account.folder.log) in written, "not even the log is seen"
    assert [path for path in written if not path.startswith(folder)] == []


def test_the_secret_and_the_key_are_readable_by_their_owner_only(account: Sandbox) -> None:
    folder = account.folder.path

    for path in (folder, folder / "state.json", folder / "server.key"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert account.record.secret_key not in repr(account.record)


def test_the_environment_of_the_caller_gives_way(account: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "the-caller-s")
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, "/the/caller/s")

    environment = account.environment()

    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & environment.keys()
    assert "/the/caller/s" not in environment.values()


# --- lifecycle --------------------------------------------------------------------------------------------------------


def test_a_killed_sandbox_is_noticed_and_its_processes_and_files_removed(elsewhere: Path) -> None:
    sandbox = Sandbox(home=elsewhere)
    sandbox.start()
    record = sandbox.record
    orphan_environment = {**os.environ, state.MARKER: record.marker}
    with subprocess.Popen(["sleep", "300"], env=orphan_environment) as orphan, subprocess.Popen(["sleep", "300"]) as stranger:
        os.kill(record.pid, signal.SIGKILL)
        wait_until(lambda: state.server_of(record) is None)

        found = sandbox_command(elsewhere, "status")

        assert found.returncode == 3
        assert "had been killed" in found.stderr
        assert orphan.wait(timeout=PATIENCE) < 0
        assert stranger.poll() is None
        stranger.kill()
    assert not sandbox.folder.path.exists()
    assert not sandbox.stop()


def test_another_process_with_the_server_s_id_is_left_alone(elsewhere: Path) -> None:
    sandbox = Sandbox(home=elsewhere)
    with subprocess.Popen(["sleep", "300"]) as stranger:
        sandbox.folder.path.mkdir(parents=True)
        born_earlier = psutil.Process(stranger.pid).create_time() - 100
        sandbox.folder.write(
            state.Record("default", "us-east-1", 1, "key", "secret", "no such mark", stranger.pid, born_earlier, ready=True)
        )

        assert sandbox.running() is None
        assert sandbox.stop()

        assert stranger.poll() is None
        stranger.kill()


def test_the_server_ends_with_the_process_that_used_it_as_a_context(elsewhere: Path) -> None:
    script = """
import os, pathlib, sys
from blazingtext_sandbox.account import Sandbox
with Sandbox(pathlib.Path(sys.argv[1])) as account:
    print(account.record.pid, flush=True)
    os._exit(9)
"""

    user = subprocess.run(
        [sys.executable, "-c", script, str(elsewhere)], capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=ROOT
    )

    assert user.returncode == 9
    wait_until(lambda: not psutil.pid_exists(int(user.stdout)))
    assert Sandbox(home=elsewhere).clean_if_stale()


def test_up_env_status_and_down_do_what_they_say(elsewhere: Path) -> None:
    down = sandbox_command(elsewhere, "env")
    assert (down.returncode, down.stdout) == (3, "")
    assert "blazingtext sandbox up" in down.stderr
    assert sandbox_command(elsewhere, "status", "--json").returncode == 3

    first = sandbox_command(elsewhere, "up", "--json")
    try:
        second = sandbox_command(elsewhere, "up", "--json")
        assert (first.returncode, second.returncode) == (0, 0)
        assert json.loads(first.stdout)["started"] is True
        assert json.loads(second.stdout) | {"seconds": 0, "started": True} == json.loads(first.stdout) | {"seconds": 0}
        assert sandbox_command(elsewhere, "status").returncode == 0

        exports = sandbox_command(elsewhere, "env").stdout
        script = f'export AWS_PROFILE=mine\n{exports}\nprintf "%s|%s" "$AWS_ENDPOINT_URL" "${{AWS_PROFILE-none}}"'
        shell = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=True)
        assert shell.stdout == json.loads(first.stdout)["url"] + "|none"
    finally:
        removed = sandbox_command(elsewhere, "down", "--json")
    assert json.loads(removed.stdout) == {"removed": ["default"]}
    assert sandbox_command(elsewhere, "down").returncode == 0


def test_up_chooses_whether_cloudformation_notices_rollbacks_of_endpoints_also_of_a_sandbox_that_is_up(elsewhere: Path) -> None:
    def played() -> str:
        return str(json.loads(sandbox_command(elsewhere, "status", "--json").stdout)["endpoint_rollbacks"])

    try:
        assert sandbox_command(elsewhere, "up").returncode == 0
        assert played() == "noticed"
        assert sandbox_command(elsewhere, "up", "--endpoint-rollbacks", "silent").returncode == 0
        assert played() == "silent"
        assert sandbox_command(elsewhere, "up").returncode == 0
        assert played() == "silent"
        assert sandbox_command(elsewhere, "up", "--endpoint-rollbacks", "loud").returncode == 2
    finally:
        sandbox_command(elsewhere, "down")


def test_two_who_start_the_same_sandbox_at_once_get_one(elsewhere: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: json.loads(sandbox_command(elsewhere, "up", "--json").stdout), range(2)))

    try:
        assert sorted(answer["started"] for answer in answers) == [False, True]
        assert answers[0]["pid"] == answers[1]["pid"]
    finally:
        sandbox_command(elsewhere, "down")


def test_a_port_in_use_is_said_before_anything_is_started(account: Sandbox, elsewhere: Path) -> None:
    taken = account.record.port

    with pytest.raises(SandboxError, match=f"Port {taken} cannot be used"):
        Sandbox(home=elsewhere, port=taken).start()


def test_a_server_that_does_not_start_shows_the_end_of_its_log(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(elsewhere / "broken"))
    (elsewhere / "broken" / "trustme").mkdir(parents=True)
    (elsewhere / "broken" / "trustme" / "__init__.py").write_text("raise SystemExit('a broken installation')")

    with pytest.raises(SandboxError, match="a broken installation"):
        Sandbox(home=elsewhere).start()


# --- the pinned ministack ------------------------------------------------------------------------------------------------


def test_every_internal_name_is_there_in_the_pinned_version(tmp_path: Path) -> None:
    # In a process of its own: importing ministack writes files.
    check = "from blazingtext_sandbox.emulator.internals import check_names; check_names()"
    environment = {**os.environ, "STATE_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}

    subprocess.run([sys.executable, "-c", check], env=environment, check=True, timeout=PATIENCE, cwd=ROOT)


def test_another_version_or_a_missing_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(internals, "MINISTACK_VERSION", "0.0.1")
    monkeypatch.setattr(internals, "NAMES", {"core.responses": ("no_such_name",)})

    with pytest.raises(internals.IncompatibleMinistackError, match=r"exactly 0\.0\.1.*ministack\.core\.responses\.no_such_name"):
        internals.check_names()


def names_used(path: Path) -> set[tuple[str, str]]:
    """(module, name) for every name a file takes from `internal("module")`, directly or through a variable."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules: dict[str, str] = {}
    used: set[tuple[str, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            modules |= {name.id: module for name, module in pairs(node) if isinstance(name, ast.Name) and module}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            module = module_of(node.value) or (modules.get(node.value.id) if isinstance(node.value, ast.Name) else None)
            used |= {(module, node.attr)} if module else set()
    return used


def pairs(node: ast.Assign) -> list[tuple[ast.expr, str | None]]:
    """The targets of an assignment with the ministack module each is given."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return [(t, module_of(v)) for t, v in zip(target.elts, value.elts, strict=True)]
    return [(target, module_of(value))]


def module_of(node: ast.expr) -> str | None:
    """The module named in `internal("module")`; `_PROVISIONERS` is the one constant used for it."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "internal"):
        return None
    argument = node.args[0]
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else PROVISIONERS


def test_every_internal_name_used_is_in_the_list_that_is_checked_at_start() -> None:
    listed = {(module, name) for module, names in internals.NAMES.items() for name in names}

    used = {found for path in sorted((ROOT / "sandbox").rglob("*.py")) for found in names_used(path)}

    assert used >= {("app", "app"), ("services.sts", "register_session"), (PROVISIONERS, "_RESOURCE_HANDLERS")}, "the search finds nothing"
    assert used <= listed, f"add to NAMES: {sorted(used - listed)}"
    assert listed <= used, f"take out of NAMES: {sorted(listed - used)}"
