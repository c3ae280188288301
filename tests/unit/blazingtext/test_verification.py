import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from blazingtext.serving import repair, verification
from blazingtext_lifecycle import live_model
from blazingtext_lifecycle.errors import CloudError, NotReady, RequestError
from tests.unit.blazingtext.cloud_fakes import NOON, FakeBucket, FakeClient, FakeEndpoint, FakeJobs, FakeStacks, artifact, cloud
from tests.unit.blazingtext.conftest import Typed

NEW, OLD = "blazingtext-dev-wiki-skipgram-0123456789", "blazingtext-dev-wiki-skipgram-9876543210"


class Stage:
    """A stage whose stack says that NEW is live and OLD was before, and whose endpoint serves it."""

    def __init__(self, **serving: str) -> None:
        self.stacks = FakeStacks(**{"ModelDataUrl": artifact(NEW), "PreviousModelDataUrl": artifact(OLD), **serving})
        self.stacks.configuration = "config"
        self.jobs = FakeJobs().serve()
        self.jobs.model = artifact(NEW)
        self.bucket, self.runtime = FakeBucket(), FakeEndpoint({"the": [3.0, 4.0]})
        for job in (NEW, OLD):
            self.bucket.put(artifact(job).removeprefix("s3://").partition("/")[2], b"model")
        self.stacks.on_update = self._updated

    def _updated(self, parameters: dict[str, str]) -> None:
        """CloudFormation removes and creates the endpoint; nobody could update it."""
        if not parameters["ModelDataUrl"]:
            self.jobs.endpoint = None
        else:
            assert self.jobs.endpoint is None
            if parameters["EndpointState"] == "running":
                self.jobs.serve()
            self.jobs.looks_without_configuration, self.jobs.model = 0, parameters["ModelDataUrl"]

    def roll_back_silently(self) -> None:
        """SageMaker has gone back; CloudFormation has deleted configuration and model of OLD, which answers."""
        self.jobs.serve(configuration="former")
        self.jobs.looks_without_configuration, self.jobs.model = 1000, ""

    @property
    def clients(self) -> dict[str, Any]:
        return {"cloudformation": self.stacks, "sagemaker": self.jobs, "s3": self.bucket, "sagemaker_runtime": self.runtime}

    def verify(self) -> verification.Verification:
        return verification.verify(cloud(**self.clients))


def test_a_stage_that_serves_what_its_stack_says_has_no_problem_and_answers() -> None:
    stage = Stage()

    found = stage.verify()

    assert found.problems == ()
    assert (found.live, found.configuration, found.model, found.artifact) == (NEW, "config", "model", artifact(NEW))
    assert stage.runtime.bodies == [{"instances": ["the"]}]


def test_a_rollback_that_cloudformation_did_not_notice_is_a_problem() -> None:
    stage = Stage()
    stage.roll_back_silently()

    found = stage.verify()

    assert len(found.problems) == 1
    assert "CloudFormation did not notice" in found.problems[0]
    assert (found.configuration, found.model, found.artifact) == ("former", "", "")


def lose_configuration(stage: Stage) -> None:
    stage.jobs.looks_without_configuration = 1000


def lose_model(stage: Stage) -> None:
    stage.jobs.model = ""


def exchange_model(stage: Stage) -> None:
    stage.jobs.model = artifact("another")


BELOW = [
    (lose_configuration, "serves the configuration config, which somebody has deleted"),
    (lose_model, "serves the model model, which somebody has deleted"),
    (exchange_model, "runs/another/output/model.tar.gz, but blazingtext-dev-serving says"),
]


@pytest.mark.parametrize(("spoil", "words"), BELOW)
def test_what_is_missing_or_strange_below_an_endpoint_is_told_and_repaired(spoil: Callable[[Stage], None], words: str) -> None:
    stage = Stage()
    spoil(stage)

    found = stage.verify()
    done = repair.repair(cloud(**stage.clients))

    (problem,) = found.problems
    assert words in problem
    assert found.repairable
    assert (done.changed, done.live, done.previous) == (True, NEW, OLD)
    assert stage.verify().problems == ()


def test_of_what_is_there_nothing_is_said() -> None:
    stage = Stage()
    account = cloud(**stage.clients)
    stack = live_model.describe(account.cloudformation, "dev")

    assert verification.missing_artifact(account, artifact(NEW)) == ""
    assert verification.lost_shadow(account, stack) == ""


def test_an_artifact_that_is_gone_is_a_problem_before_an_instance_needs_it() -> None:
    stage = Stage()
    stage.bucket.heads.clear()

    (problem,) = stage.verify().problems

    assert "is gone from the bucket" in problem


@pytest.mark.parametrize(("spoil", "words"), [(lose_configuration, "No endpoint can be created with it"), BELOW[1]])
def test_what_a_paused_stage_could_not_be_resumed_with_is_told_and_repaired(
    spoil: Callable[[Stage], None], words: str, typed: Typed
) -> None:
    stage = Stage(EndpointState="paused")
    stage.jobs.endpoint = None
    spoil(stage)

    found = stage.verify()
    code, _, err = typed("verify", "--repair", **stage.clients)

    assert words in found.problems[0]
    assert code == 0
    assert f"{NEW} is live again, and still paused" in err
    assert (stage.stacks.parameters["EndpointState"], stage.jobs.endpoint) == ("paused", None)
    assert len(stage.stacks.updates) == 2


def test_nothing_is_repaired_while_the_artifact_is_gone_since_the_endpoint_could_not_be_created_again(typed: Typed) -> None:
    stage = Stage()
    lose_model(stage)
    stage.bucket.heads.clear()

    code, _, err = typed("verify", **stage.clients)
    refused, _, why = typed("verify", "--repair", **stage.clients)

    assert (code, refused) == (1, 2)
    assert "next: blazingtext verify --repair" not in err
    assert "next: blazingtext promote <job>" in err
    assert "is gone from the bucket" in why
    assert stage.stacks.updates == []


def test_a_rollback_that_nobody_noticed_is_not_repaired_with_a_former_model_that_is_gone() -> None:
    stage = Stage()
    stage.roll_back_silently()
    del stage.bucket.heads[artifact(OLD).removeprefix("s3://").partition("/")[2]]

    with pytest.raises(RequestError, match=f"{OLD}.*is gone from the bucket.*Nothing was changed"):
        repair.repair(cloud(**stage.clients))

    assert stage.stacks.updates == []


@pytest.mark.parametrize("number", [float("nan"), float("inf"), None])
def test_an_answer_that_is_not_finite_fails_the_verification_and_names_the_way_back(number: Any, typed: Typed) -> None:
    stage = Stage()
    stage.runtime = FakeEndpoint({"the": [number, 1.0]})

    code, _, err = typed("verify", **stage.clients)

    assert code == 1
    assert "not finite. Its model is damaged" in err
    assert "blazingtext rollback" in err


def test_interrupting_a_repair_says_what_is_left_to_do(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(repair, "wait_until_stable", interrupted)
    stage = Stage()
    stage.roll_back_silently()

    code, _, err = typed("verify", "--repair", **stage.clients)

    assert (code, stage.stacks.parameters["ModelDataUrl"]) == (130, "")
    assert "goes on by itself" in err
    assert "blazingtext rollback" in err
    assert typed("rollback", "--no-wait", **stage.clients)[0] == 0
    assert stage.stacks.parameters["ModelDataUrl"] == artifact(OLD)


def test_a_repair_whose_first_update_is_rolled_back_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    lose_model(stage)

    def roll_back(parameters: dict[str, str]) -> None:
        parameters["ModelDataUrl"], parameters["PreviousModelDataUrl"] = artifact(NEW), artifact(OLD)
        stage.stacks.roll_back(NOON, "The alarm is not permitted.")

    monkeypatch.setattr(stage.stacks, "on_update", roll_back)

    with pytest.raises(CloudError, match=r"was not removed.*UPDATE_ROLLBACK_COMPLETE. Cause: Endpoint: The alarm is not permitted"):
        repair.repair(cloud(**stage.clients))


def test_a_repair_does_not_undo_what_was_promoted_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    lose_model(stage)
    updated = stage.stacks.on_update

    def promote(parameters: dict[str, str]) -> None:
        updated(parameters)
        parameters["ModelDataUrl"] = artifact("newest")
        stage.stacks.on_update = updated
        updated(parameters)

    monkeypatch.setattr(stage.stacks, "on_update", promote)

    assert repair.repair(cloud(**stage.clients)).live == "newest"


def test_an_endpoint_that_does_not_answer_fails_the_verification() -> None:
    stage = Stage()
    broken = FakeClient(invoke_endpoint=lambda **_: {"Body": io.BytesIO(json.dumps([]).encode())})

    with pytest.raises(CloudError, match="answered 0 of 1"):
        verification.verify(cloud(**stage.clients | {"sagemaker_runtime": broken}))


def test_a_paused_stage_agrees_and_nobody_is_asked() -> None:
    stage = Stage(EndpointState="paused")
    stage.jobs.endpoint = None

    found = stage.verify()

    assert (found.problems, found.status, found.answered) == ((), "", "")


def test_while_the_stack_is_busy_or_without_a_model_there_is_nothing_to_verify() -> None:
    busy, without = Stage(), Stage(ModelDataUrl="")
    busy.stacks.statuses["serving"] = "UPDATE_IN_PROGRESS"

    with pytest.raises(NotReady, match="is busy"):
        busy.verify()
    with pytest.raises(NotReady, match="No model of stage dev is live"):
        without.verify()


def test_repair_makes_the_model_that_answers_the_live_one() -> None:
    stage = Stage()
    stage.roll_back_silently()

    done = repair.repair(cloud(**stage.clients))

    assert (done.changed, done.live, done.previous, done.state) == (True, OLD, NEW, "running")
    assert len(stage.stacks.updates) == 2
    assert stage.stacks.parameters["AutoRollback"] == "on"
    assert stage.verify().problems == ()


def test_repair_brings_back_the_stacks_model_when_the_endpoint_was_deleted() -> None:
    stage = Stage()
    stage.jobs.endpoint = None

    assert repair.repair(cloud(**stage.clients)).live == NEW
    assert stage.verify().problems == ()


def test_repair_brings_back_the_stacks_model_when_the_endpoint_serves_a_strange_one() -> None:
    stage = Stage()
    stage.jobs.serve(configuration="by hand")
    stage.jobs.model = artifact("another")

    assert repair.repair(cloud(**stage.clients)).live == NEW


def test_repair_changes_nothing_when_everything_agrees() -> None:
    stage = Stage()

    assert not repair.repair(cloud(**stage.clients)).changed
    assert not stage.stacks.updates


def test_repair_leaves_an_endpoint_of_a_paused_stage_to_a_person() -> None:
    stage = Stage(EndpointState="paused")

    with pytest.raises(RequestError, match="aws sagemaker delete-endpoint --endpoint-name blazingtext-dev"):
        repair.repair(cloud(**stage.clients))


def test_verify_exits_with_one_and_names_the_command_that_mends(typed: Typed) -> None:
    stage = Stage()
    stage.roll_back_silently()

    code, out, err = typed("verify", **stage.clients)
    document, found, _ = typed("verify", "--json", **stage.clients)

    assert (code, document) == (1, 1)
    assert "former" in out
    assert "blazingtext verify --repair" in err
    assert json.loads(found)["problems"][0].startswith("blazingtext-dev-serving says")


def test_verify_repairs_and_verifies(typed: Typed) -> None:
    stage = Stage()
    stage.roll_back_silently()

    code, out, err = typed("verify", "--repair", **stage.clients)
    again, _, told = typed("verify", "--repair", **stage.clients)

    assert (code, again) == (0, 0)
    assert f"{OLD}, running" in out
    assert f"{OLD} is live" in err
    assert "Nothing to repair" in told


def test_status_says_that_the_endpoint_differs_and_what_to_type(typed: Typed) -> None:
    stage = Stage()
    stage.roll_back_silently()

    code, _, err = typed("status", **stage.clients)
    _, document, _ = typed("status", "--json", **stage.clients)

    assert code == 0
    assert "CloudFormation did not notice" in err
    assert "blazingtext verify --repair" in err
    assert "CloudFormation did not notice" in json.loads(document)["difference"]
