"""As each role: what is not its part is refused."""

import json

import pytest

from tests.faults.attempts import ALL, LAUNCHER, NAMES, NOTEBOOK
from tests.faults.calls import Scene
from tests.faults.grants import Held, grants
from tests.faults.scene import refusal
from tests.faults.stage import Stage
from tests.template.matrix import Synthesis


def test_every_role_is_asked(synthesis: Synthesis) -> None:
    assert set(NAMES) == {grant.role for grant in grants(synthesis)}, "name it in tests/faults/attempts.py"


@pytest.mark.parametrize("role", NAMES)
def test_a_role_is_refused_all_that_is_not_its_part_and_nothing_that_is(scene: Scene, held: Held, role: str) -> None:
    holder = held(role)

    wrong = [each.what for each in ALL if bool(refusal(lambda: each.call(holder.client, scene))) == (role in each.may)]  # noqa: B023 - at once

    assert wrong == []


@pytest.mark.parametrize("role", [LAUNCHER, NOTEBOOK])
def test_the_jobs_role_is_handed_to_no_other_service(stage: Stage, held: Held, role: str) -> None:
    """With every right on functions added, so that `iam:PassRole` alone decides."""
    holder = held(role)
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
