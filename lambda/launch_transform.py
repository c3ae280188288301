"""A request becomes a SageMaker transform job, after everything that can be checked was checked; its end removes its model.

Event: see ``lambda/README.md``, "launch_transform"; or EventBridge's ``SageMaker Transform Job State Change`` of a job that has ended.
Answer: the job's name, ARN and status, where its results will be, warnings, and what it may cost. Environment:
`lifecycle.environments.LaunchEnvironment`, with the role of transform jobs.

The same request over the same data always has the same job name, so a repeat finds the running or finished job instead of paying twice.
"""

import logging
import os
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import job_kinds, launching, naming, promotion_events, transform_data, transform_jobs, transform_models
from blazingtext_lifecycle import transform_requests as requests
from blazingtext_lifecycle.aws_errors import is_missing, translating_aws_errors
from blazingtext_lifecycle.deadline import Context
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.launching import Clients
from blazingtext_lifecycle.training_jobs import TERMINAL
from blazingtext_lifecycle.transform_data import TransformData

log = logging.getLogger(__name__)


def handler(event: object, context: Context) -> dict[str, Any]:
    """Lambda's entry: translate, decide, act."""
    log.setLevel(logging.INFO)
    environment, clients = LaunchEnvironment.read(os.environ), Clients.connect(context)
    ended = ended_job(event, environment.stage)
    return finish(ended, clients) if ended else launch(event, environment, clients)


def ended_job(event: object, stage: str) -> str:
    """The transform job of the stage whose end an event tells; ``""`` when it tells none."""
    if not isinstance(event, Mapping) or event.get("detail-type") != promotion_events.TRANSFORM_JOB:
        return ""
    name, status = promotion_events.job_in(event, job_kinds.TRANSFORM)
    return name if status in TERMINAL and name.startswith(naming.job_prefix(stage)) else ""


def finish(job: str, clients: Clients) -> dict[str, Any]:
    """Removes the model of a job that has ended.

    Raises:
        NotReady: AWS asks to slow down, or did not answer in time.
        CloudError: AWS failed.
    """
    transform_models.remove(job, clients.sagemaker)
    log.info("%s has ended, and its model is removed", job)
    return {"removedModel": job}


def launch(event: object, environment: LaunchEnvironment, clients: Clients) -> dict[str, Any]:
    """The job that an event asks for, started or found.

    Args:
        event: a transform event; whatever else JSON can be is refused.
        environment: the stack's settings.
        clients: the AWS services.

    Returns:
        ``jobName``, ``jobArn``, ``status``, ``created``, ``output``, ``warnings``, ``cost``.

    Raises:
        UserError: the request was refused, by us or by AWS, before anything was paid.
        NotReady: AWS asks to slow down, or did not answer in time.
        CloudError: AWS failed.
    """
    request, problems = requests.read(event, environment)
    data = TransformData(request.data)
    if request.data:
        data = transform_data.inspect(clients.s3, environment.bucket, request.data, environment.stage)
    has_model = bool(request.run) and _has_model(request.run, environment.bucket, clients)
    job = transform_jobs.decide(request, data, has_model, environment, problems)
    description, created = launching.start(
        job, job_kinds.TRANSFORM, clients.sagemaker, lambda name: transform_models.made(job.model, name, clients.sagemaker)
    )
    answer = launching.answer(job, description, job_kinds.TRANSFORM, created=created)
    answer["output"] = job.output(answer["jobName"])
    log.info("%s %s (%s)", "started" if created else "found", answer["jobName"], answer["status"] or "not started")
    return answer


def _has_model(run: str, bucket: str, clients: Clients) -> bool:
    with translating_aws_errors(f"look for the model of {run}"):
        try:
            clients.s3.head_object(Bucket=bucket, Key=naming.artifact_key(run))
        except ClientError as error:
            if is_missing(error):
                return False
            raise
    return True
