"""A request becomes a SageMaker training job, after everything that can be checked was checked.

Event: see ``lambda/README.md``, "launch_training". Answer: the job's name, ARN, status, artifact and warnings.
Environment: `lifecycle.environments.LaunchEnvironment`.

The same request over the same data always has the same job name, so a repeat finds the running or finished job instead of
paying twice.
"""

import logging
import os
from typing import Any

from blazingtext_lifecycle import corpus_lookup, corpus_manifest, job_kinds, launching, naming, requests, training_jobs
from blazingtext_lifecycle.deadline import Context
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.launching import Clients
from blazingtext_lifecycle.training_jobs import TrainingJob

log = logging.getLogger(__name__)


def handler(event: object, context: Context) -> dict[str, Any]:
    """Lambda's entry: translate, decide, act."""
    log.setLevel(logging.INFO)
    return launch(event, LaunchEnvironment.read(os.environ), Clients.connect(context))


def launch(event: object, environment: LaunchEnvironment, clients: Clients) -> dict[str, Any]:
    """The job that an event asks for, started or found.

    Args:
        event: a launch event or an upload event; whatever else JSON can be is refused.
        environment: the stack's settings.
        clients: the AWS services.

    Returns:
        ``jobName``, ``jobArn``, ``status``, ``created``, ``artifact``, ``warnings``, ``cost``.

    Raises:
        UserError: the request was refused, by us or by AWS, before anything was paid.
        NotReady: AWS asks to slow down, or did not answer in time.
        CloudError: AWS failed.
    """
    request, problems = requests.read(event, environment)
    uploaded = requests.is_upload(event)
    corpus, manifest = corpus_lookup.look_up(clients.s3, request, environment, uploaded=uploaded)
    if uploaded:
        problems += corpus_manifest.problems(manifest, corpus, environment.stage)
        request = requests.named(request, manifest.name, environment.stage, problems)
    job = training_jobs.decide(request, corpus, environment, problems)
    answer = start(job, clients)
    log.info("%s %s (%s)", "started" if answer["created"] else "found", answer["jobName"], answer["status"] or "not started")
    return answer


def start(job: TrainingJob, clients: Clients) -> dict[str, Any]:
    """The answer about the job of a request, started or found."""
    description, created = launching.start(job, job_kinds.TRAINING, clients.sagemaker)
    answer = launching.answer(job, description, job_kinds.TRAINING, created=created)
    return {**answer, "artifact": naming.artifact_uri(job.artifact_bucket, answer["jobName"])}
