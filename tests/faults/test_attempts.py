"""As each role: what is not its part is refused."""

import json

import pytest

from tests.faults.attempts import ALL, CLEANER, LAUNCHER, NAMES, NOTEBOOK, PROMOTER, REGISTRY, Attempt
from tests.faults.conftest import Deployed, Stages
from tests.faults.needs import SERVICES
from tests.faults.people import PEOPLE, PIPELINES
from tests.faults.scene import refusal
from tests.faults.stage import APPROVED, EVERYTHING

# Of a stage whose models a person approves; its other services are those of the other stage.
APPROVING = (PROMOTER, CLEANER)
ROLES = [role for role in NAMES if role != CLEANER]


def test_every_role_is_asked(stages: Stages) -> None:
    assert {*SERVICES, *PEOPLE, *PIPELINES} == set(ROLES) == {grant.role for grant in stages(EVERYTHING).grants}, "name it in attempts.py"
    assert {grant.role for grant in stages(APPROVED).grants} - set(ROLES) == {CLEANER}


def wrong(deployed: Deployed, role: str, attempts: tuple[Attempt, ...]) -> list[str]:
    """What is refused to those who may do it, and not to those who may not."""
    holder, scene = deployed.held(role), deployed.scene
    return [each.what for each in attempts if bool(refusal(lambda: each.call(holder.client, scene))) == (role in each.may)]  # noqa: B023 - at once


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_refused_all_that_is_not_its_part_and_nothing_that_is(stages: Stages, role: str) -> None:
    assert wrong(stages(EVERYTHING), role, ALL) == []


@pytest.mark.parametrize("role", APPROVING)
def test_nor_does_approval_give_a_role_more_than_its_part(stages: Stages, role: str) -> None:
    assert wrong(stages(APPROVED), role, ALL) == []


def test_in_the_model_registry_every_role_has_its_part_and_no_more(stages: Stages) -> None:
    roles = dict.fromkeys(grant.role for grant in stages(APPROVED).grants)

    assert {role: found for role in roles if (found := wrong(stages(APPROVED), role, REGISTRY))} == {}


@pytest.mark.parametrize("role", [LAUNCHER, NOTEBOOK])
def test_the_jobs_role_is_handed_to_no_other_service(stages: Stages, role: str) -> None:
    """With every right on functions added, so that `iam:PassRole` alone decides."""
    stage, holder = stages(EVERYTHING).stage, stages(EVERYTHING).held(role)
    every_function = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}]}
    policy = {"RoleName": holder.stand_in, "PolicyName": "functions"}
    stage.client("iam").put_role_policy(**policy, PolicyDocument=json.dumps(every_function))

    said = refusal(
        lambda: holder.client("lambda").create_function(
            FunctionName="mine",
            Runtime="python3.12",
            Handler="mine.handler",
            Role=stage.output("training", "TrainingRoleArn"),
            Code={"S3Bucket": stage.bucket, "S3Key": "corpora/wiki/train/wiki.txt"},
        )
    )
    stage.client("iam").delete_role_policy(**policy)

    assert "not authorized to perform: iam:PassRole" in said
