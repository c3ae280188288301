"""What is made of a run to look at it elsewhere, with every option: the explorer page, exports, the files themselves."""

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

import blazingtext
from tests.covering import covers
from tests.journey.story import Shell


@covers("explore", "--output", "--words", "--model", "--force")
def test_a_page_of_a_run_and_a_model_of_ones_own(first_run: Any, deployed: Shell, tmp_path: Path) -> None:
    deployed.blazingtext("download", first_run["job"], "-o", str(tmp_path / "copy"))
    options = ("--model", str(tmp_path / "copy"), "--words", "200", "--output", str(tmp_path / "page.html"))

    found = deployed.blazingtext("explore", first_run["job"], *options, "--json").json()
    kept = deployed.blazingtext("explore", first_run["job"], *options, "--no-force", code=2)
    alone = deployed.blazingtext("explore", first_run["job"], "--words", "50", "--output", str(tmp_path / "page.html"), "--force")

    assert [(each["name"], each["words"]) for each in found["models"]] == [(first_run["job"], 200), (str(tmp_path / "copy"), 200)]
    assert "page.html" in kept.err
    assert "50 words on a page" in alone.err
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert re.search(r"default-src 'none'; script-src 'sha256-", page)
    assert not re.search(r"https?://", page)


@covers("export", "--format", "--top", "--output", "--force", "--model")
def test_vectors_go_to_other_programs_and_come_back(first_run: Any, deployed: Shell, tmp_path: Path) -> None:
    small, logs = tmp_path / "small.npz", tmp_path / "logs"

    whole = deployed.blazingtext("export", first_run["job"], "--format", "int8", "--output", str(small), "--json").json()
    kept = deployed.blazingtext("export", first_run["job"], "--format", "int8", "--output", str(small), "--no-force", code=2)
    deployed.blazingtext("export", first_run["job"], "--format", "fp16", "--output", str(small), "--force")
    fewer = deployed.blazingtext("export", "--model", str(small), "--format", "projector", "--top", "20", "--output", str(logs))
    near = deployed.blazingtext("neighbors", "music", "--model", str(small), "--json").json()["neighbors"]["music"]

    assert whole["after"]["rho"] == pytest.approx(whole["before"]["rho"], abs=0.01)
    assert "small.npz" in kept.err
    assert re.search(r"WordSim-353: rho [\d.]+ on \d+ pairs before, -?[\d.]+ on \d+ pairs in the file", fewer.err)
    assert len((logs / "metadata.tsv").read_text(encoding="utf-8").splitlines()) == 20
    expected = deployed.blazingtext("neighbors", "music", "--job", first_run["job"], "--json").json()["neighbors"]["music"]
    assert {each["word"] for each in near[:5]} <= {each["word"] for each in expected}


@covers("download", "--output", "--force")
def test_a_runs_files_are_ones_own(first_run: Any, deployed: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "mine"

    found = deployed.blazingtext("download", first_run["job"], "--output", str(folder), "--json").json()
    again = deployed.blazingtext("download", first_run["job"], "--output", str(folder), code=2)
    deployed.blazingtext("download", first_run["job"], "--output", str(folder), "--force")

    assert {Path(each["path"]).name for each in found["files"]} >= {"vectors.txt", "vectors.bin", "eval.json"}
    for each in found["files"]:
        assert hashlib.sha256(Path(each["path"]).read_bytes()).hexdigest() == each["sha256"]
    assert "already exists" in again.err
    assert len(blazingtext.load(folder)) > 1000
