"""An /opt/ml for tests: what SageMaker lays out before it starts a training."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from blazingtext_engine.container.opt_ml import Container


def lay_out(
    base: Path, hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, bytes]], hosts: tuple[str, list[str]] | None = None
) -> Container:
    """Write the request and the channels' files."""
    config = base / "input" / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    settings = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    (config / "inputdataconfig.json").write_text(json.dumps(dict.fromkeys(channels, settings)))
    if hosts is not None:
        (config / "resourceconfig.json").write_text(
            json.dumps({"current_host": hosts[0], "hosts": hosts[1], "network_interface_name": "lo"})
        )
    for channel, files in channels.items():
        folder = base / "input" / "data" / channel
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    return Container(base)


def sentences(lines: int, seed: int = 1) -> bytes:
    """Text in which words of one topic stand together."""
    generator = np.random.default_rng(seed)
    topics = generator.integers(5, size=lines)
    return b"".join(b" ".join(b"t%dw%d" % (topic, word) for word in generator.integers(20, size=12)) + b"\n" for topic in topics)


def labelled(lines: int, seed: int = 1) -> bytes:
    """Sentences with their topic as the label."""
    return b"".join(b"__label__topic%s %s\n" % (line[1:2], line) for line in sentences(lines, seed).splitlines())
