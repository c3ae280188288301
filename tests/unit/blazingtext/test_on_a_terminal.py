"""What is seen only on a terminal: bars, spinners and who changes their texts; and how a reader that goes away ends a command."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from blazingtext.audit import audit
from blazingtext.cli import main as cli
from blazingtext.cli import training_display
from blazingtext.cli.json_document import JsonDocument
from blazingtext.cli.output import Output
from blazingtext.cli.session import Session
from blazingtext.client import BlazingText
from blazingtext.leftovers import GLOBAL, REGIONAL
from blazingtext.runs import job_events
from tests.unit.blazingtext.cloud_fakes import NOON, FakeJobs, account, cloud
from tests.unit.blazingtext.screens import NEW, Logs


def terminal() -> Output:
    def console() -> Console:
        return Console(file=io.StringIO(), force_terminal=True, color_system=None, width=120)

    return Output(out=console(), err=console())


def seen(output: Output) -> str:
    assert isinstance(output.err.file, io.StringIO)
    return output.err.file.getvalue()


@pytest.mark.parametrize(("of_bytes", "amount"), [(True, "1.5/3.0 kB"), (False, "1,500")])
def test_a_bar_says_what_is_done_and_how_much_of_it(of_bytes: bool, amount: str) -> None:
    output = terminal()

    with output.progress("Sending [a]", 3000, of_bytes=of_bytes) as advance:
        advance(1000)
        advance(500)

    last = seen(output).rpartition("Sending [a]")[2]
    assert (amount in last, " 50%" in last) == (True, True)


def test_a_bar_is_of_bytes_unless_told_otherwise() -> None:
    output = terminal()

    with output.progress("Sending", 3000) as advance:
        advance(1500)

    assert "1.5/3.0 kB" in seen(output).rpartition("Sending")[2]


def test_a_download_has_a_bar_once_its_size_is_known() -> None:
    output = terminal()

    with output.download("Fetching") as begin:
        assert "Fetching" not in seen(output)
        begin(2000)(500)

    assert "0.5/2.0 kB" in seen(output).rpartition("Fetching")[2]


@pytest.mark.parametrize(("told", "shown"), [([], "Waiting [a]"), (["still [b]"], "still [b]")])
def test_a_spinner_shows_what_it_was_told_last(told: list[str], shown: str) -> None:
    output = terminal()

    with output.waiting("Waiting [a]") as say:
        for text in told:
            say(text)

    assert shown in seen(output)


def test_a_run_that_is_watched_has_a_bar_with_its_phase_and_its_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_events, "_FIRST_POLL_SECONDS", 0)
    jobs = FakeJobs()
    jobs.add(NEW, SecondaryStatusTransitions=[{"Status": "Training", "StartTime": NOON.replace(year=2020), "StatusMessage": "going"}])
    client = BlazingText("dev")
    client.__dict__["cloud"] = cloud(sagemaker=jobs, logs=Logs("##### Alpha: 0.0465  Progress: 7.01%  Million Words/sec: 2.23 #####"))
    session, output = Session("dev", None, None, False, JsonDocument()), terminal()
    session.__dict__.update(client=client, output=output)

    training_display.watch_to_the_end(session, NEW)

    # 7 of a hundred parts of a bar of 24 characters, in halves.
    assert f"Training {chr(0x2501) + chr(0x2578):<24} 2.23 M words/s 0:00:0" in seen(output)
    assert "  ##### Alpha: 0.0465" in seen(output)


def test_an_audit_says_what_it_is_looking_for() -> None:
    heard: list[str] = []

    audit(cloud(**account()), on_progress=heard.append)

    assert heard == [
        *(f"looking for {kind}" for kind in GLOBAL),
        "looking for traces in other regions",
        *(f"looking for {kind} in us-east-1" for kind in REGIONAL),
    ]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_error_keeps_its_exit_code_when_nobody_reads_the_document(unbuffered: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "blazingtext", "corpus", "stats", "missing.txt", "--json"]
    with os.fdopen(writer) as stdout:
        ended = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert ended.returncode == 2, ended.stderr
    assert "missing.txt" in ended.stderr
    assert "BrokenPipe" not in ended.stderr


class Gone(io.StringIO):
    """A stream whose reader has gone away."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def write(self, _text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError

    def fileno(self) -> int:
        return self._number


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["corpus", "stats", "a.txt"], ["corpus", "stats", "a.txt", "--json"]])
def test_a_reader_that_goes_away_at_once_is_no_error(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("some words\n")
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        monkeypatch.setattr(sys, "stdout", Gone(out.fileno()))
        monkeypatch.setattr(sys, "stderr", Gone(err.fileno()))

        assert cli.run(arguments) == 0

        # Python closes the streams in the end: what they still hold goes nowhere.
        os.write(out.fileno(), b"x")
        os.write(err.fileno(), b"x")
    assert [(tmp_path / name).read_bytes() for name in ("out", "err")] == [b"", b""]


def test_a_console_whose_reader_is_gone_says_so_to_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Gone(1))

    # rich would end the process, with exit code 1.
    with pytest.raises(BrokenPipeError):
        Output().text("a line")


def test_a_reader_that_goes_away_in_the_middle_of_a_command_has_its_stream_closed_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("blazingtext.cli.output.Output.text", gone)
    (tmp_path / "a.txt").write_text("some words\n")
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)

        assert cli.run(["corpus", "stats", str(tmp_path / "a.txt")]) == 0
        os.write(out.fileno(), b"late")

    assert b"late" not in (tmp_path / "out").read_bytes()


def test_a_word_that_the_terminal_lacks_is_shown_as_code_points_and_the_code_is_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="latin-1") for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    monkeypatch.setattr(sys, "argv", ["blazingtext", "nothing\u03bb"])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    for stream in streams:
        stream.flush()
    said: Any = streams[1].buffer
    assert (ended.value.code, b'There is no command "nothing\\u03bb"' in said.getvalue()) == (2, True)
