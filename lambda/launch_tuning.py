"""A request becomes a SageMaker tuning job, after everything that can be checked was checked.

Event: see ``lambda/README.md``, "launch_tuning": a launch event with a section ``tuning``. Answer: the tuning job's name, ARN and status,
warnings, and what all its training jobs may cost. Environment: `lifecycle.environments.LaunchEnvironment`.

The same request over the same data always has the same tuning job name, so a repeat finds the running or finished one instead of paying
twice.
"""

import logging
import os
from collections.abc import Mapping
from typing import Any

from blazingtext_lifecycle import corpus_lookup, job_kinds, launching, tuning_jobs, tuning_lookup, tuning_requests
from blazingtext_lifecycle.deadline import Context
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.launching import Clients
from blazingtext_lifecycle.tuning_jobs import TuningJob

log = logging.getLogger(__name__)


def handler(event: object, context: Context) -> dict[str, Any]:
    """Lambda's entry: translate, decide, act."""
    log.setLevel(logging.INFO)
    return launch(event, LaunchEnvironment.read(os.environ), Clients.connect(context))


def launch(event: object, environment: LaunchEnvironment, clients: Clients) -> dict[str, Any]:
    """The tuning job that an event asks for, started or found.

    Args:
        event: a tuning event; whatever else JSON can be is refused.
        environment: the stack's settings.
        clients: the AWS services.

    Returns:
        ``tuningJobName``, ``tuningJobArn``, ``status``, ``created``, ``objective``, ``warnings``, ``cost``.

    Raises:
        UserError: the request was refused, by us or by AWS, before anything was paid.
        NotReady: AWS asks to slow down, or did not answer in time.
        CloudError: AWS failed.
    """
    request, problems = tuning_requests.read(event, environment)
    corpus, _ = corpus_lookup.look_up(clients.s3, request.training, environment)
    parents = [tuning_lookup.parent(name, clients.sagemaker) for name in (() if problems else request.parents)]
    job = tuning_jobs.decide(request, corpus, environment, parents, problems)
    description, created = launching.start(job, job_kinds.TUNING, clients.sagemaker)
    answer = _answer(job, description, objective=request.objective, created=created)
    log.info("%s %s (%s)", "started" if created else "found", answer["tuningJobName"], answer["status"] or "not started")
    return answer


def _answer(job: TuningJob, description: Mapping[str, Any], *, objective: str, created: bool) -> dict[str, Any]:
    found = launching.answer(job, description, job_kinds.TUNING, created=created, runs=job.several.jobs)
    return {
        **found,
        "objective": objective,
        "cost": {**found["cost"], "maxJobs": job.several.jobs, "parallelJobs": job.several.parallel},
    }
