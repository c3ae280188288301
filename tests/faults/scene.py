"""What there is in a stage for people to ask about, and whether they were refused."""

import dataclasses
import json
from collections.abc import Callable

from botocore.exceptions import ClientError

from tests.faults.calls import Scene
from tests.faults.stage import Stage

# The codes by which AWS's services say that IAM refuses.
REFUSED = ("AccessDenied", "AuthorizationError", "UnauthorizedOperation", "NotAuthorized")


def refusal(request: Callable[[], object]) -> str:
    """IAM's words when it refuses a request; empty when it does not, whatever else is wrong with the request."""
    try:
        request()
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        return str(error) if any(each in code for each in REFUSED) else ""
    return ""


def make(stage: Stage) -> Scene:
    """A stage whose model is live, with a finished job, a tuning job, and an endpoint of somebody's own in the making."""
    sagemaker = stage.client("sagemaker")
    job = stage.train()
    stage.promote(job)
    tuning, own = stage.fresh(), stage.fresh()
    machine = stage.output("training", "ServingUpdateArn")
    execution = stage.client("stepfunctions").start_execution(stateMachineArn=machine, input='{"Parameters": []}')["executionArn"]
    scene = Scene(stage, job["TrainingJobName"], tuning, own, execution)
    stage.client("s3").create_bucket(Bucket=scene.elsewhere)
    for role in (scene.administrator, *(scene.bootstrap_role(kind) for kind in ("lookup", "file-publishing", "deploy"))):
        _trusting_role(stage, role.rpartition("/")[2])
    sagemaker.create_hyper_parameter_tuning_job(**scene.tuning_request(tuning))
    sagemaker.create_model(**scene.model_request(own))
    sagemaker.create_endpoint_config(**scene.config_request(own))
    sagemaker.create_endpoint(EndpointName=own, EndpointConfigName=own)
    transform = stage.fresh()
    sagemaker.create_transform_job(**scene.transform_request(transform))
    processing = stage.fresh()
    sagemaker.create_processing_job(**scene.processing_request(processing))
    return dataclasses.replace(scene, transform=transform, processing=processing)


def make_approval(stage: Stage) -> Scene:
    """A stage whose models a person approves, with a finished job; nothing else is there, and whoever may ask for it is told so."""
    job = stage.train()["TrainingJobName"]
    machine = stage.output("training", "ServingUpdateArn")
    return Scene(stage, job, "none", "none", f"{machine.replace(':stateMachine:', ':execution:')}:none")


def _trusting_role(stage: Stage, name: str) -> None:
    """A role that SageMaker and everybody here may assume, and that may do everything."""
    iam, trusted = stage.client("iam"), {"AWS": "000000000000", "Service": "sagemaker.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=json.dumps(everything))
