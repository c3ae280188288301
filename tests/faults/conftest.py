"""One sandbox with two stages that have every permission between them, and a container in BlazingText's place that takes milliseconds."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.faults.calls import Scene
from tests.faults.deployed_stacks import bootstrap
from tests.faults.grants import Grant, Holder, grants
from tests.faults.needs import NEEDS, Need
from tests.faults.people import need_of
from tests.faults.scene import make, make_approval
from tests.faults.stage import APPROVED, EVERYTHING, OWN_REPOSITORY, REPOSITORY, Stage, all_permissions, approval_permissions
from tests.spark_stand_in import spark_stand_in
from tests.template.matrix import Synthesis

CONTAINER = Path(__file__).with_name("container.py")
SETTINGS = {EVERYTHING: all_permissions, APPROVED: approval_permissions}
SCENES = {EVERYTHING: make, APPROVED: make_approval}


@dataclass(frozen=True)
class Deployed:
    """A stage as it stands, and what its roles may do."""

    stage: Stage

    @cached_property
    def synthesis(self) -> Synthesis:
        return Synthesis(self.stage.settings, self.stage.assembly)

    @cached_property
    def grants(self) -> list[Grant]:
        return list(grants(self.synthesis))

    @cached_property
    def scene(self) -> Scene:
        return SCENES[self.stage.name](self.stage)

    @property
    def needs(self) -> dict[str, dict[str, Need]]:
        """What its services need, by role."""
        return NEEDS[self.stage.name]

    @cached_property
    def held(self) -> Callable[[str], Holder]:
        """Its roles and policies by name, each with its stand-in."""
        return cache(lambda role: Holder(self.stage, role))

    def granted(self, role: str, *actions: str) -> list[Grant]:
        """The grants of some actions, or of all, to a role."""
        return [grant for grant in self.grants if grant.role == role and (not actions or grant.action in actions)]

    def need_of(self, grant: Grant) -> Need | None:
        return need_of(grant, self.stage.name)


#: Gives one of the two stages.
Stages = Callable[[str], Deployed]


@pytest.fixture(scope="session")
def control(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder by which the container is told what to do."""
    return tmp_path_factory.mktemp("control")


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory, control: Path) -> Iterator[Sandbox]:
    images = dict.fromkeys((REPOSITORY, OWN_REPOSITORY), (sys.executable, str(CONTAINER), str(control)))
    home = tmp_path_factory.mktemp("faults")
    with spark_stand_in(tmp_path_factory.mktemp("spark")) as spark, Sandbox(home=home, images={**images, **spark}) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def stages(account: Sandbox, control: Path, tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """Deploys a stage the first time it is asked for."""
    role = bootstrap(account)

    @cache
    def deployed(name: str) -> Deployed:
        made = Stage(account, SETTINGS[name](), tmp_path_factory.mktemp(name) / "cdk.out", control)
        made.deploy(role)
        made.upload()
        made.stop_deliveries()
        return Deployed(made)

    return deployed
