"""The steps of the life of a stage whose models a person approves."""

import json

from tests.faults.stage import Stage
from tests.faults.steps import CLEANER, DONE, TUNER, deletion, event_of, event_of_tuning, rest, tuned, tuning_request, work_on


def registers(stage: Stage) -> str:
    """The end of a good job becomes a version that waits for a person, who is told."""
    job = stage.candidate()
    heard = work_on(stage, event_of(job))
    return f"{heard}\n{DONE if stage.is_registered(job) else ''}"


def registers_tuned(stage: Stage) -> str:
    """The end of a tuning job makes a version of its best model."""
    name = stage.invoke(TUNER, tuning_request(stage)).payload["tuningJobName"]
    best = tuned(stage, name)
    heard = work_on(stage, event_of_tuning(name))
    stage.forget_candidate()
    return f"{heard}\n{DONE if best in stage.versions() else ''}"


def approves(stage: Stage) -> str:
    """An approval updates the serving stack."""
    job = stage.candidate(registered=True)
    registered = work_on(stage, event_of(job))
    version = stage.versions()[job["TrainingJobName"]]
    stage.client("sagemaker").update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved")
    detail = {"ModelPackageGroupName": stage.group, "ModelPackageArn": version, "ModelApprovalStatus": "Approved"}
    event = {"source": "aws.sagemaker", "detail-type": "SageMaker Model Package State Change", "detail": detail}
    heard = work_on(stage, json.dumps(event))
    rest(stage)
    return f"{registered}\n{heard}\n{DONE if stage.is_live(job) else ''}"


def deletes_versions(stage: Stage) -> str:
    """The versions are deleted, so that their group can be."""
    if not stage.versions():
        registers(stage)
    return deletion(stage, CLEANER, Group=stage.group)
