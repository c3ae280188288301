"""The /opt/ml folder: reading what SageMaker lays out, and leaving the reason of a failure."""

import json
from pathlib import Path

import pytest

from blazingtext_engine.container.opt_ml import Container, Hosts, job_name
from blazingtext_engine.errors import ChannelError, PlatformError, UserError


def layout(base: Path, *, channels: dict[str, dict[str, str]], files: dict[str, bytes]) -> Container:
    config = base / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text('{"mode": "cbow"}')
    (config / "inputdataconfig.json").write_text(json.dumps(channels))
    for name, content in files.items():
        path = base / "input" / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Container(base)


def test_the_base_folder_comes_from_option_environment_or_sagemaker(tmp_path: Path) -> None:
    assert Container.from_environment({}).base == Path("/opt/ml")
    assert Container.from_environment({"SAGEMAKER_BASE_DIR": "/elsewhere"}).base == Path("/elsewhere")
    assert Container.from_environment({"SAGEMAKER_BASE_DIR": "/elsewhere"}, str(tmp_path)).base == tmp_path


def test_paths_are_named_as_the_container_sees_them(tmp_path: Path) -> None:
    container = Container(tmp_path)

    assert container.container_path(container.model / "vectors.txt") == "/opt/ml/model/vectors.txt"


def test_a_channels_files_come_in_name_order_from_all_its_folders(tmp_path: Path) -> None:
    container = layout(tmp_path, channels={"train": {}}, files={"train/b.txt": b"b", "train/a.txt": b"a", "train/more/c.txt": b"c"})

    train = container.channels()["train"]

    assert [path.name for path in train.files] == ["a.txt", "b.txt", "c.txt"]


def test_a_channel_without_files_is_refused(tmp_path: Path) -> None:
    container = layout(tmp_path, channels={"train": {}}, files={})

    with pytest.raises(ChannelError, match=r"holds no file.*/opt/ml/input/data/train.*S3Uri"):
        container.channels()


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"TrainingInputMode": "Pipe"}, r"^The channel 'train' is sent as a pipe\."),
        ({"TrainingInputMode": "Pipe", "RecordWrapperType": "RecordIO"}, "is sent as a pipe"),
        ({"RecordWrapperType": "RecordIO"}, r"is sent as an augmented manifest \(RecordIO\)"),
        ({"ContentType": "application/jsonlines"}, "has the content type application/jsonlines, an augmented manifest"),
    ],
)
def test_a_pipe_or_a_manifest_is_refused_clearly(tmp_path: Path, configuration: dict[str, str], words: str) -> None:
    container = layout(tmp_path, channels={"train": configuration}, files={"train/a.txt": b"a"})

    with pytest.raises(ChannelError, match=words):
        container.channels()


def test_a_compressed_file_is_refused_rather_than_trained_on(tmp_path: Path) -> None:
    container = layout(tmp_path, channels={"train": {}}, files={"train/a.gz": b"\x1f\x8b\x08\x00"})

    with pytest.raises(ChannelError, match="gzip"):
        container.channels()


def test_one_host_needs_no_resource_configuration(tmp_path: Path) -> None:
    assert layout(tmp_path, channels={}, files={}).hosts() == Hosts("algo-1", ("algo-1",))


def test_hosts_know_their_rank(tmp_path: Path) -> None:
    container = layout(tmp_path, channels={}, files={})
    (tmp_path / "input/config/resourceconfig.json").write_text('{"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]}')

    hosts = container.hosts()

    assert (hosts.rank, hosts.is_master) == (1, False)


@pytest.mark.parametrize(
    "content",
    [
        '{"current_host": "algo-3", "hosts": ["algo-1", "algo-2"]}',
        '{"current_host": "algo-1", "hosts": "algo-1"}',
        '{"current_host": 1, "hosts": [1]}',
        '{"hosts": ["algo-1"]}',
        '{"current_host": "algo-1"}',
    ],
)
def test_a_host_that_is_none_of_the_hosts_is_the_platforms_failure(tmp_path: Path, content: str) -> None:
    container = layout(tmp_path, channels={}, files={})
    (tmp_path / "input/config/resourceconfig.json").write_text(content)

    with pytest.raises(PlatformError, match=r"^resourceconfig\.json names the host .* Write both fields as SageMaker does"):
        container.hosts()


def test_the_first_host_is_the_master(tmp_path: Path) -> None:
    container = layout(tmp_path, channels={}, files={})
    (tmp_path / "input/config/resourceconfig.json").write_text(
        '{"current_host": "algo-1", "hosts": ["algo-1", "algo-2"], "current_instance_type": "ml.c5.xlarge"}'
    )

    assert container.hosts() == Hosts("algo-1", ("algo-1", "algo-2"))
    assert (container.hosts().rank, container.hosts().is_master) == (0, True)
    assert container.instance_type() == "ml.c5.xlarge"


def test_the_instance_type_may_not_be_told(tmp_path: Path) -> None:
    container = layout(tmp_path, channels={}, files={})

    assert container.instance_type() == ""
    (tmp_path / "input/config/resourceconfig.json").write_text('{"current_host": "algo-1", "hosts": ["algo-1"]}')
    assert container.instance_type() == ""


def test_the_request_is_read_as_it_was_written(tmp_path: Path) -> None:
    settings = {
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
        "ContentType": "text/plain",
    }
    container = layout(tmp_path, channels={"train": settings}, files={"train/a.txt": b"a", "validation/b.txt": b"b"})

    assert container.hyperparameters() == {"mode": "cbow"}
    (train,) = container.channels().values()
    assert (train.name, train.configuration) == ("train", settings)
    assert train.files == (tmp_path / "input/data/train/a.txt",)


def test_a_failure_that_is_no_unicode_is_left_all_the_same(tmp_path: Path) -> None:
    container = Container(tmp_path / "new")

    container.write_failure(UserError("\udcff"))

    container.write_failure(UserError("\udcff"))

    assert container.failure_file == tmp_path / "new/output/failure"
    assert container.failure_file.read_text() == "Customer Error: ?"


def test_the_jobs_name_is_the_one_sagemaker_gives() -> None:
    assert job_name({"TRAINING_JOB_NAME": "blazingtext-dev"}) == "blazingtext-dev"
    assert job_name({}) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '"text"', pytest.param("[" * 100_000, id="deep")])
def test_a_broken_configuration_is_the_platforms_failure(tmp_path: Path, text: str) -> None:
    container = layout(tmp_path, channels={}, files={})
    (tmp_path / "input/config/hyperparameters.json").write_text(text)

    with pytest.raises(PlatformError, match=r"/opt/ml/input/config/hyperparameters\.json"):
        container.hyperparameters()


def test_a_failure_leaves_its_first_1024_characters(tmp_path: Path) -> None:
    container = Container(tmp_path)

    container.write_failure(UserError("\u00fc" * 2000))

    text = container.failure_file.read_text(encoding="utf-8")
    assert text.startswith("Customer Error: \u00fc")
    assert len(text) == 1024


def test_files_are_utf_8_whatever_the_machine_is_set_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    container = layout(tmp_path, channels={}, files={})
    (tmp_path / "input/config/hyperparameters.json").write_bytes('{"mode": "\u00fc"}'.encode())
    # What `open` asks for the encoding of the machine.
    monkeypatch.setattr("io.text_encoding", lambda encoding, _level=2: encoding or "latin-1")

    container.write_failure(UserError("\u00fc"))

    assert container.hyperparameters() == {"mode": "\u00fc"}
    assert container.failure_file.read_bytes() == "Customer Error: \u00fc".encode()


def test_our_own_failures_have_another_first_word(tmp_path: Path) -> None:
    container = Container(tmp_path)

    container.write_failure(PlatformError("disk full"))

    assert container.failure_file.read_text() == "Platform Error: disk full"
