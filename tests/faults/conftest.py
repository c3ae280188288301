"""One sandbox, in which a stage with every permission stands, and a container in BlazingText's place that takes milliseconds."""

import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.faults.calls import Scene
from tests.faults.grants import Held, Holder
from tests.faults.scene import make
from tests.faults.stage import OWN_REPOSITORY, REPOSITORY, Stage, all_permissions
from tests.template.matrix import Synthesis

CONTAINER = Path(__file__).with_name("container.py")


@pytest.fixture(scope="session")
def control(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder by which the container is told what to do."""
    return tmp_path_factory.mktemp("control")


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory, control: Path) -> Iterator[Sandbox]:
    images = dict.fromkeys((REPOSITORY, OWN_REPOSITORY), (sys.executable, str(CONTAINER), str(control)))
    with Sandbox(home=tmp_path_factory.mktemp("faults"), images=images) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def stage(account: Sandbox, control: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    made = Stage(account, all_permissions("all"), tmp_path_factory.mktemp("all") / "cdk.out", control)
    made.deploy()
    made.upload()
    # Messages reach the promoter only when a test hands them over.
    (mapping,) = account.boto3("lambda").list_event_source_mappings()["EventSourceMappings"]
    account.boto3("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    return made


@pytest.fixture(scope="session")
def synthesis(stage: Stage) -> Synthesis:
    return Synthesis(stage.settings, stage.assembly)


@pytest.fixture(scope="session")
def held(stage: Stage) -> Held:
    """The roles and policies by name, each with its stand-in."""
    return cache(partial(Holder, stage))


@pytest.fixture(scope="session")
def scene(stage: Stage) -> Scene:
    return make(stage)
