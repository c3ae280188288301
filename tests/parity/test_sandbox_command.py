"""The command `sandbox`: what each verb prints, its exit code, and what it does after somebody was killed or a file was damaged."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from blazingtext_sandbox import cli as sandbox_cli
from blazingtext_sandbox import crash_report, state
from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.errors import SandboxError
from tests.covering import covers
from tests.parity.support import wait_until
from tests.parity.test_account import ROOT, sandbox_command
from tests.patience import PATIENCE


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with one sandbox that is up, and one that is not."""
    folder = tmp_path_factory.mktemp("home")
    sandbox = Sandbox(home=folder, name="one", region="eu-west-1")
    sandbox.start()
    yield folder
    sandbox.stop()


@covers("sandbox list", "--json")
@covers("sandbox status", "--all", "--json")
def test_list_and_status_of_all_show_every_sandbox(home: Path) -> None:
    (home / "two").mkdir()

    listed = sandbox_command(home, "list")
    shown = json.loads(sandbox_command(home, "list", "--json").stdout)["sandboxes"]
    of_all = sandbox_command(home, "status", "--all", "--json")

    assert listed.returncode == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["one", "two"]
    assert [(each["name"], each["running"]) for each in shown] == [("one", True), ("two", False)]
    # status, unlike list, removes what a killed one has left.
    assert (of_all.returncode, [each["name"] for each in json.loads(of_all.stdout)["sandboxes"]]) == (0, ["one"])


@covers("sandbox logs", "--name", "--lines")
def test_logs_prints_the_end_of_the_log(home: Path) -> None:
    said = sandbox_command(home, "logs", "--name", "one", "--lines", "2")

    assert (said.returncode, len(said.stdout.splitlines())) == (0, 2)
    nothing = sandbox_command(home, "logs", "--name", "never")
    assert (nothing.returncode, nothing.stdout) == (3, "")
    assert "has no log" in nothing.stderr


@covers("sandbox run", "--name")
def test_run_points_a_command_at_the_sandbox_and_ends_as_it_does(home: Path) -> None:
    region = 'import os, sys; print(os.environ["AWS_DEFAULT_REGION"], *sys.argv[1:]); sys.exit(7)'

    ended = sandbox_command(home, "run", "--name", "one", "--", sys.executable, "-c", region, "--json", "-x")
    missing = sandbox_command(home, "run", "--name", "one", "--", "no-such-command")
    down = sandbox_command(home, "run", "--name", "never", "--", "true")
    killed = sandbox_command(home, "run", "--name", "one", "--", "sh", "-c", "kill -9 $$")

    assert (ended.returncode, ended.stdout) == (7, "eu-west-1 --json -x\n")
    assert (missing.returncode, "no-such-command cannot be run" in missing.stderr) == (2, True)
    assert (down.returncode, "sandbox up --name never" in down.stderr) == (3, True)
    assert killed.returncode == 137


@covers("sandbox reset", "--name", "--json")
def test_reset_empties_the_account_and_keeps_its_address_and_keys(home: Path) -> None:
    sandbox = Sandbox(home=home, name="one")
    before, client = sandbox.exports(), sandbox.boto3("s3", region_name="us-east-1")
    client.create_bucket(Bucket="to-be-forgotten")

    emptied = sandbox_command(home, "reset", "--name", "one", "--json")

    assert (emptied.returncode, json.loads(emptied.stdout)["running"]) == (0, True)
    assert sandbox.exports() == before
    assert sandbox.boto3("s3").list_buckets()["Buckets"] == []
    assert sandbox_command(home, "reset", "--name", "never").returncode == 3


@covers("sandbox env", "--name", "--json")
@covers("sandbox status", "--name")
def test_env_and_status_tell_of_one_sandbox_as_text_and_as_json(home: Path) -> None:
    text, told = sandbox_command(home, "env", "--name", "one"), sandbox_command(home, "env", "--name", "one", "--json")
    status = sandbox_command(home, "status", "--name", "one", "--json")

    assert (text.returncode, told.returncode, status.returncode) == (0, 0, 0)
    variables = json.loads(told.stdout)
    unset, *exports = text.stdout.splitlines()
    assert shlex.split(unset) == ["unset", *variables["unset"]]
    assert [shlex.split(line)[1] for line in exports] == [f"{key}={value}" for key, value in variables["set"].items()]
    assert (variables["set"]["AWS_DEFAULT_REGION"], json.loads(status.stdout)["region"]) == ("eu-west-1", "eu-west-1")


@covers("sandbox up", "--name", "--port", "--region", "--image", "--endpoint-rollbacks", "--json")
@covers("sandbox down", "--name", "--all", "--json")
@covers("sandbox logs", "--follow")
def test_up_starts_what_its_options_say_and_down_ends_it_and_whoever_follows_its_log(elsewhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    options = ("--port", str(port), "--region", "eu-west-2", "--image", "mine=true", "--endpoint-rollbacks", "silent")

    up = sandbox_command(elsewhere, "up", "--name", "mine", *options, "--json")
    environment = {**os.environ, "BLAZINGTEXT_SANDBOX_HOME": str(elsewhere)}
    follow = [sys.executable, "-m", "blazingtext_sandbox", "logs", "--name", "mine", "--follow"]
    with subprocess.Popen(follow, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        assert follower.stdout.readline()
        one = sandbox_command(elsewhere, "down", "--name", "mine", "--json")
        assert follower.wait(timeout=PATIENCE) == 0
    (elsewhere / "left").mkdir(parents=True)
    rest = sandbox_command(elsewhere, "down", "--all", "--json")

    found = json.loads(up.stdout)
    assert (up.returncode, found["url"], found["region"]) == (0, f"https://localhost:{port}", "eu-west-2")
    assert (found["started"], found["endpoint_rollbacks"]) == (True, "silent")
    assert (one.returncode, json.loads(one.stdout)) == (0, {"removed": ["mine"]})
    assert rest.returncode == 0
    assert json.loads(sandbox_command(elsewhere, "list", "--json").stdout) == {"sandboxes": []}


# What each verb is given so that it ends with a result, in this order; `run` gives the command's own.
LEAVING = {
    "up": ("--name", "one"),
    "status": ("--name", "one"),
    "list": (),
    "env": ("--name", "one"),
    "logs": ("--name", "one"),
    "run": ("--name", "one", "--", sys.executable, "-c", "import os; os.write(2, b'ran')"),
    "reset": ("--name", "one"),
    "down": ("--name", "never"),
}


def test_every_verb_is_tried_with_a_reader_that_leaves() -> None:
    assert set(LEAVING) == set(sandbox_cli.main.commands)


@pytest.mark.parametrize("verb", LEAVING)
def test_a_reader_that_leaves_before_the_result_is_no_failure(verb: str, home: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "blazingtext", "sandbox", verb, *LEAVING[verb]]
    environment = {**os.environ, "BLAZINGTEXT_SANDBOX_HOME": str(home)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=PATIENCE)
    os.close(writer)

    assert ended.returncode in {0, 141}, ended.stderr
    assert not {word for word in (b"Traceback", b"Broken", b"Exception ignored") if word in ended.stderr}, ended.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["up", "--name", "No Name"], 2),
        (["up", "--port", "80"], 2),
        (["up", "--image", "nonsense"], 2),
        (["up", "--name", "one", "--image", "mine=true"], 2),
        (["env", "--name", "never"], 3),
        (["status", "--name", "never"], 3),
        (["down", "--name", "never"], 0),
        (["destroy"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_each_verb_ends_with_its_code_and_one_message(words: list[str], code: int, home: Path) -> None:
    said = sandbox_command(home, *words)

    assert said.returncode == code, said.stderr
    assert "Traceback" not in said.stderr


def test_a_port_in_use_can_be_put_right(home: Path) -> None:
    taken = Sandbox(home=home, name="one").record.port

    said = sandbox_command(home, "up", "--name", "other", "--port", str(taken))

    assert (said.returncode, f"Port {taken} cannot be used" in said.stderr) == (2, True)


@pytest.mark.parametrize("moment", ["before the server", "before its id is known", "before it answers"])
def test_a_server_whose_up_was_killed_is_found_by_the_next_command(moment: str, elsewhere: Path) -> None:
    # Everything that is written in `moment`'s step is there, and the process that wrote it is gone.
    script = """
import os, sys
from pathlib import Path
from blazingtext_sandbox import server_process
from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.errors import SandboxError
sandbox, moment = Sandbox(Path(sys.argv[1])), sys.argv[2]
spawn = server_process.spawn
if moment == "before the server":
    server_process.spawn = lambda *_, **__: os._exit(9)
elif moment == "before its id is known":
    server_process.spawn = lambda *given, **detached: (print(spawn(*given, **detached).pid, flush=True), os._exit(9))
else:
    server_process.wait = lambda folder, record, process, **_: (print(process.pid, flush=True), os._exit(9))
sandbox.start()
"""
    killed = subprocess.run([sys.executable, "-c", script, str(elsewhere), moment], capture_output=True, text=True, check=False, cwd=ROOT)
    assert killed.returncode == 9
    server = int(killed.stdout) if killed.stdout else None

    if moment == "before it answers":
        assert sandbox_command(elsewhere, "down", "--json").stdout == '{"removed": ["default"]}\n'
    else:
        up = sandbox_command(elsewhere, "up", "--json")
        assert json.loads(up.stdout)["started"] is True
        assert sandbox_command(elsewhere, "down").returncode == 0

    assert server is None or not psutil.pid_exists(server)
    assert not (elsewhere / "default").exists()


@pytest.mark.parametrize("damage", ["{", "another version", "another kind"])
def test_a_record_that_cannot_be_read_does_not_hide_its_server(damage: str, elsewhere: Path) -> None:
    sandbox = Sandbox(home=elsewhere)
    sandbox.start()
    record = sandbox.record
    versions = {
        "another version": json.dumps({**asdict(record), "invented": 1}),
        "another kind": json.dumps({**asdict(record), "pid": str(record.pid)}),
    }
    (sandbox.folder.path / "state.json").write_text(versions.get(damage, damage), encoding="utf-8")

    assert sandbox_command(elsewhere, "env").returncode == 3
    assert sandbox_command(elsewhere, "down").returncode == 0

    assert state.server_of(record) is None
    assert not sandbox.folder.path.exists()
    assert not sandbox.stop()


def test_the_log_of_a_failed_start_is_kept_until_one_succeeds(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "broken" / "trustme").mkdir(parents=True)
    (elsewhere / "broken" / "trustme" / "__init__.py").write_text("raise SystemExit('a broken installation')")
    with monkeypatch.context() as changed:
        changed.setenv("PYTHONPATH", str(elsewhere / "broken"))
        sandbox = Sandbox(home=elsewhere, name="mine")
        with pytest.raises(SandboxError, match=r"up --name mine") as refusal:
            sandbox.start()

    assert str(sandbox.folder.kept_log) in str(refusal.value)
    assert sandbox_command(elsewhere, "status", "--name", "mine").returncode == 3
    assert "a broken installation" in sandbox_command(elsewhere, "logs", "--name", "mine").stdout
    sandbox.start()
    sandbox.stop()
    assert not sandbox.folder.kept_log.exists()


def test_a_killed_server_leaves_its_log(elsewhere: Path) -> None:
    sandbox = Sandbox(home=elsewhere)
    sandbox.start()
    os.kill(sandbox.record.pid, signal.SIGKILL)
    wait_until(sandbox.stale)

    said = sandbox_command(elsewhere, "status")

    assert not sandbox.stop()
    assert str(sandbox.folder.kept_log) in said.stderr
    assert sandbox.folder.kept_log.read_text(encoding="utf-8")


def test_an_exception_that_nobody_expected_is_one_sentence_and_a_file(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Sandbox) -> bool:
        raise KeyError("a bug")

    monkeypatch.setenv("BLAZINGTEXT_SANDBOX_HOME", str(elsewhere))
    monkeypatch.setattr(Sandbox, "stop", broken)

    with pytest.raises(SystemExit) as ended:
        sandbox_cli.main(["down"])

    said = capsys.readouterr().err
    assert ended.value.code == crash_report.EXIT_CODE
    assert len(said.splitlines()) == 1
    (report,) = elsewhere.glob("crash-*.txt")
    assert str(report) in said
    assert "Traceback" in report.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_for_the_person_to_fix(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    said = sandbox_command(tmp_path / "file" / "below", "up")

    assert said.returncode == 2
    assert "BLAZINGTEXT_SANDBOX_HOME" in said.stderr


def test_the_server_does_not_serve_a_folder_that_is_no_longer_its_own(elsewhere: Path) -> None:
    sandbox = Sandbox(home=elsewhere)
    write = state.StateFolder.write

    def write_for_another(folder: state.StateFolder, record: state.Record) -> None:
        write(folder, replace(record, marker="another"))

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(state.StateFolder, "write", write_for_another)
        with pytest.raises(SandboxError, match="was removed while its server started"):
            sandbox.start()
