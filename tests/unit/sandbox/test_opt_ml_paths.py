"""Python programs that find `/opt/ml` in another folder."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from blazingtext_sandbox.sagemaker.processing.opt_ml import PYTHON_PATHS
from blazingtext_sandbox.sagemaker.processing.opt_ml_paths.sitecustomize import in_base


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("/opt/ml", "/base"),
        ("/opt/ml/processing/input", "/base/processing/input"),
        ("--input=/opt/ml/x,/opt/ml/y", "--input=/base/x,/base/y"),
        ("file:///opt/ml/x", "file:///base/x"),
        ("s3://bucket/opt/ml/x", "s3://bucket/opt/ml/x"),
        ("/home/opt/ml", "/home/opt/ml"),
        ("/opt/mlflow", "/opt/mlflow"),
        ("/opt/ml-data", "/opt/ml-data"),
        ("./opt/ml", "./opt/ml"),
    ],
)
def test_only_paths_below_opt_ml_are_moved(text: str, moved: str) -> None:
    assert in_base(text, "/base") == moved


def run(base: Path, script: str, **variables: str) -> list[str]:
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": str(PYTHON_PATHS), **variables}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], env=environment, capture_output=True, text=True, check=False, cwd=base
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_files_and_folders_are_made_found_and_removed_by_every_usual_way(tmp_path: Path) -> None:
    script = """
        import glob, gzip, io, os, pathlib, shutil
        os.makedirs("/opt/ml/a/b")
        pathlib.Path("/opt/ml/a/c").mkdir()
        with gzip.open("/opt/ml/a/b/packed", "wt") as file:
            file.write("text")
        print(gzip.open(b"/opt/ml/a/b/packed").read(), io.open("/opt/ml/a/b/packed", "rb").read(2))
        print(sorted(os.listdir("/opt/ml/a")), glob.glob("/opt/ml/a/*/*"), [name for *_, names in os.walk("/opt/ml/a") for name in names])
        print(os.path.exists("/opt/ml/a/b"), pathlib.Path("/opt/ml/a/b/packed").stat().st_size > 0, os.path.isdir("/opt/ml/none"))
        os.rename("/opt/ml/a/b/packed", "/opt/ml/a/c/moved")
        os.symlink("/opt/ml/a/c", dst="/opt/ml/a/link")
        shutil.copy("/opt/ml/a/link/moved", "/opt/ml/a/copy")
        shutil.rmtree(path="/opt/ml/a/b")
        os.remove(pathlib.Path("/opt/ml/a/copy"))
        os.chdir("/opt/ml/a")
        print(sorted(os.listdir()), os.access("/opt/ml/a/c/moved", os.R_OK), os.open in os.supports_dir_fd)
    """
    assert run(tmp_path, script) == [
        "b'text' b'\\x1f\\x8b'",
        "['b', 'c'] ['/opt/ml/a/b/packed'] ['packed']",
        "True True False",
        "['c', 'link'] True True",
    ]
    assert (tmp_path / "a" / "c" / "moved").is_file()


def test_what_is_not_below_opt_ml_is_as_ever(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("here")

    assert run(
        tmp_path, 'import os; print(open("x").read(), os.fstat(os.open("x", os.O_RDONLY)).st_size, open(1, "w", closefd=False).name)'
    ) == ["here 4 1"]


def test_modules_are_imported_from_below_opt_ml(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "helper_of_mine.py").write_text("WORD = 'imported'")

    assert run(tmp_path, 'import sys; sys.path.append("/opt/ml/code"); import helper_of_mine; print(helper_of_mine.WORD)') == ["imported"]


def test_child_processes_get_paths_that_exist_whatever_they_are_written_in(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("found")
    script = """
        import pathlib, subprocess, sys
        def said(*words, **options): return subprocess.run(*words, capture_output=True, text=True, **options).stdout.strip()
        print(said(["cat", pathlib.Path("/opt/ml/x")]), said("cat /opt/ml/x", shell=True), said(["cat", "x"], cwd="/opt/ml"))
        print(said([sys.executable, "-c", "print(open('/opt/ml/x').read())"]))
    """
    assert run(tmp_path, script) == ["found found found", "found"]


def test_pyspark_hands_java_paths_that_exist(tmp_path: Path) -> None:
    (tmp_path / "libraries" / "py4j").mkdir(parents=True)
    (tmp_path / "libraries" / "py4j" / "__init__.py").touch()
    (tmp_path / "libraries" / "py4j" / "protocol.py").write_text("def get_command_part(parameter, pool=None): return parameter, pool")
    script = "from py4j.protocol import get_command_part; print(get_command_part('/opt/ml/x', 1), get_command_part(3))"
    paths = f"{PYTHON_PATHS}:{tmp_path / 'libraries'}"

    assert run(tmp_path, script, PYTHONPATH=paths, PYSPARK_GATEWAY_PORT="1") == [f"('{tmp_path}/x', 1) (3, None)"]
    assert run(tmp_path, script, PYTHONPATH=paths) == ["('/opt/ml/x', 1) (3, None)"]


def test_the_environments_own_sitecustomize_runs_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("print('its own')")

    assert run(tmp_path, "print(open('/opt/ml/site/sitecustomize.py').name)", PYTHONPATH=f"{PYTHON_PATHS}:{tmp_path / 'site'}") == [
        "its own",
        str(tmp_path / "site" / "sitecustomize.py"),
    ]


def test_without_a_base_folder_nothing_is_moved(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SAGEMAKER_BASE_DIR"} | {"PYTHONPATH": str(PYTHON_PATHS)}
    command = [sys.executable, "-c", "import os; print(os.stat.__name__, hasattr(os.stat, '__wrapped__'))"]

    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=tmp_path).stdout == "stat False\n"
